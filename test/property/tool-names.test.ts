/** The names under which tools of many servers stand beside each other. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exposedName } from '../../src/catalogue/names.ts'

const slug = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/)
const name = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 140 }),
  fc.stringMatching(/^[A-Za-z0-9_.-]{1,60}$/),
  fc.stringMatching(/^[a-z]{0,12}_[0-9a-f]{12}$/),
)

test('ten thousand tools have ten thousand names of at most forty plain letters', () => {
  const pairs = fc.sample(fc.tuple(slug, name), 10_000)
  const byName = new Map<string, string>()
  for (const [slug, name] of pairs) {
    const exposed = exposedName(slug, name)
    expect(exposed).toMatch(/^[A-Za-z0-9_-]{1,40}$/)
    const whose = `${slug}/${name}`
    expect(byName.get(exposed) ?? whose).toBe(whose)
    byName.set(exposed, whose)
  }
})

test('a tool that is named like the long name of another one does not get it', () => {
  fc.assert(
    fc.property(slug, name, (slug, name) => {
      const exposed = exposedName(slug, name)
      const posing = exposed.slice(exposed.indexOf('_') + 1)
      const server = exposed.slice(0, exposed.indexOf('_'))
      fc.pre(server !== slug || posing !== name)
      expect(exposedName(server, posing)).not.toBe(exposed)
    }),
  )
})

test('short plain names stay readable', () => {
  expect(exposedName('files', 'read_file')).toBe('files_read_file')
  expect(exposedName('files', 'create_deployment')).toBe('files_create_deployment')
})
