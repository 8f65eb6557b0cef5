import { expect, it } from 'vitest'
import { modernHeaders } from '../../../../src/relay/mcp/mirrors.ts'

function headers(method: string, params: object, mirrors: [string, string[]][] = []): Record<string, string> {
  const all = mirrors.map(([header, path]) => ({ header, path }))
  return Object.fromEntries(modernHeaders(method, Buffer.from(JSON.stringify(params)), all))
}

it.each([
  ['tools/call', { name: 'n' }, 'n'],
  ['prompts/get', { name: 'n' }, 'n'],
  ['resources/read', { uri: 'a://b' }, 'a://b'],
  ['tasks/get', { taskId: 't' }, 't'],
  ['tools/list', { name: 'n' }, undefined],
  ['tools/call', {}, undefined],
])('%s of %o is named %s', (method, params, name) => {
  const said = headers(method, params)
  expect(said['mcp-name']).toBe(name)
  expect([said['mcp-method'], said['mcp-protocol-version']]).toEqual([method, '2026-07-28'])
})

it.each([
  ['plain', 'plain'],
  ['', '=?base64??='],
  [' a', '=?base64?IGE=?='],
  ['ä', '=?base64?w6Q=?='],
  ['a\nb', '=?base64?YQpi?='],
  ['=?base64?YQ==?=', '=?base64?PT9iYXNlNjQ/WVE9PT89?='],
])('%j stands in a header as %s', (name, value) => {
  expect(headers('tools/call', { name })['mcp-name']).toBe(value)
})

it('arguments are mirrored where they are plain', () => {
  const args = { s: 'x', n: 1.5, t: true, z: null, o: {}, big: 2 ** 60, deep: { er: 'y' } }
  const paths: [string, string[]][] = Object.keys(args).map((key) => [key, [key]])
  const said = headers('tools/call', { name: 'a', arguments: args }, [
    ...paths,
    ['Deep', ['deep', 'er']],
    ['no', ['no']],
  ])
  const mirrored = Object.entries(said).filter(([name]) => name.startsWith('mcp-param-'))
  expect(Object.fromEntries(mirrored)).toEqual({
    'mcp-param-s': 'x',
    'mcp-param-n': '1.5',
    'mcp-param-t': 'true',
    'mcp-param-deep': 'y',
  })
})

it('what is no name of a header is mirrored nowhere', () => {
  expect(Object.keys(headers('tools/call', { arguments: { a: 'x' } }, [['a b', ['a']]]))).toHaveLength(2)
})
