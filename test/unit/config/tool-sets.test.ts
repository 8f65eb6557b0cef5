import { expect, test } from 'vitest'
import { loadedOf, problemsOf } from '../../support/temp-config.ts'

const servers = 'servers: { files: { url: "http://a/" }, maps: { url: "http://b/" }, web: { url: "http://c/" } }'
const withSets = (sets: string): string => `tools:\n  ${servers}\n  sets: ${sets}`

test('a set names whole servers, and single tools of others', async () => {
  const { settings } = await loadedOf(
    withSets('{ desk: { servers: [files], tools: [maps/route, maps/a/b, web/*, web/x], instructions: Ask first } }'),
  )
  const desk = settings.tools.sets.get('desk')
  expect(desk).toMatchObject({ id: 'desk', instructions: 'Ask first', description: 'A set of tools.' })
  expect(desk?.parts.get('files')).toBe('whole')
  expect(desk?.parts.get('maps')).toEqual({ tools: new Set(['route', 'a/b']) })
  expect(desk?.parts.get('web')).toEqual({ tools: null })
  expect(settings.tools.servers.get('files')?.definitions_max_age_ms).toBe(5000)
})

test.each([
  ['{ desk: { servers: [filse] } }', /sets\.desk\.servers\[0\]: found "filse".*did you mean "files"/],
  ['{ desk: { tools: [mapps/route] } }', /sets\.desk\.tools\[0\]: found "mapps".*did you mean "maps"/],
  ['{ desk: { tools: [maps] } }', /sets\.desk\.tools\[0\]: found "maps", expected a tool as <server>\/<name>/],
  [
    '{ desk: { servers: [maps], tools: [maps/route] } }',
    /sets\.desk\.tools\[0\]: .*all of which is in the set already/,
  ],
  ['{ desk: {} }', /sets\.desk: a set of nothing/],
  ['{ s: { servers: [maps] } }', /sets\.s: key "s".*\/mcp\/s leads to servers/],
  ['{ Desk: { servers: [maps] } }', /sets\.Desk: key "Desk"/],
  ['{ desk: { servers: 7 } }', /sets\.desk\.servers/],
])('%s is a mistake', async (sets, problem) => {
  expect((await problemsOf(withSets(sets))).join('\n')).toMatch(problem)
})
