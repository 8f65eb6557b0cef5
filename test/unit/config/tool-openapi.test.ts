/** An API among the tool servers: its description is a file that is there, and its place is said. */
import { expect, test } from 'vitest'
import { join } from 'node:path'
import { mustLoad, problemsOf, tempConfig } from '../../support/temp-config.ts'

const listening = 'gateway: {listen: 127.0.0.1:0}\n'
const rows = (openapi: string, url = 'url: https://api.example/v1, '): string =>
  `${listening}tools: {servers: {pets: {${url}openapi: ${openapi}}}}\n`

test('a description is found beside the configuration, and has its usual limits', async () => {
  await using config = await tempConfig(rows('{document: api/pets.yaml, exclude: {methods: [DELETE]}}'))
  await config.put('api/pets.yaml', 'openapi: 3.1.0\n')
  const { settings } = await mustLoad(config.path)
  expect(settings.tools.servers.get('pets')?.place).toMatchObject({
    kind: 'openapi',
    url: 'https://api.example/v1',
    openapi: {
      document: join(config.dir, 'api/pets.yaml'),
      include: { operations: [], tags: [], methods: [] },
      exclude: { methods: ['DELETE'] },
      tool_bytes: 32_768,
    },
  })
})

test.each([
  ['a file that is not there', rows('{document: none.yaml}'), 'tools.servers.pets.openapi.document'],
  ['a digest that is none', rows('{document: weir.yaml, sha256: abc}'), 'tools.servers.pets.openapi.sha256'],
  ['no place of the API', rows('{document: weir.yaml}', ''), 'url, where the API is'],
])('%s is a problem with its place', async (_what, text, expected) => {
  expect(await problemsOf(text)).toEqual([expect.stringContaining(expected)])
})
