/** Names of tools and arguments. */
import { expect, test } from 'vitest'
import { argumentName, toolNames } from '../../../../src/protocol/openapi/names.ts'

test('names are what every client takes, and hang on nothing but their operation', () => {
  const of = (
    id: string | null,
    path = '/x',
  ): { readonly id: string | null; readonly method: 'GET'; readonly path: string } => ({ id, method: 'GET', path })
  expect(toolNames([of('repos/list-for-org'), of('readCoreV1Pod'), of('get HTTPInfo#1'), of(null, '/a/{b}')])).toEqual([
    'repos_list-for-org',
    'read_core_v1_pod',
    'get_http_info_1',
    'get_a_b',
  ])
  const long = toolNames([of('a'.repeat(60)), of('twice', '/1'), of('Twice', '/2')])
  expect(long[0]).toMatch(/^a{33}_[0-9a-f]{6}$/)
  expect(new Set(long).size).toBe(3)
  expect(toolNames([of('twice', '/2'), of('twice', '/1')]).toSorted()).toEqual(long.slice(1).toSorted())
})

test('an argument is called by what providers of models take', () => {
  expect(['page_size', 'filter[name]', '$top', '[]', 'x'.repeat(70)].map(argumentName)).toEqual([
    'page_size',
    'filter_name',
    'top',
    expect.stringMatching(/^_[0-9a-f]{8}$/),
    expect.stringMatching(/^x{55}_[0-9a-f]{8}$/),
  ])
})
