import { expect, it } from 'vitest'
import { progressTokenOf, textAt, withMeta } from '../../../../src/relay/mcp/params.ts'

const json = (text: string): Buffer => Buffer.from(text)
const said = (
  params: string | null,
  ...more: Parameters<typeof withMeta> extends [unknown, ...infer Rest] ? Rest : never
) => withMeta(params === null ? null : json(params), ...more)?.toString() ?? null

it('what is not about the hop keeps its bytes', () => {
  const params = '{"n":1.0e2,"name":"a","_meta":{"x":12345678901234567890,"progressToken":7}}'
  expect(said(params, [['progressToken', '3']])).toBe(
    '{"n":1.0e2,"name":"a","_meta":{"x":12345678901234567890,"progressToken":3}}',
  )
})

it('a progress token of another hop never goes on', () => {
  expect(said('{"_meta":{"progressToken":"mine"}}', [])).toBe('{}')
})

it('what the modern era says there is taken out', () => {
  const meta = ['protocolVersion', 'clientCapabilities', 'clientInfo', 'logLevel'].map(
    (name) => `"io.modelcontextprotocol/${name}":{}`,
  )
  expect(said(`{"a":1,"_meta":{${meta.join(',')},"k":1}}`, [])).toBe('{"a":1,"_meta":{"k":1}}')
})

it('nothing to say is said with nothing', () => {
  expect(said(null, [])).toBe(null)
  expect(said(null, [['k', '1']])).toBe('{"_meta":{"k":1}}')
})

it('members beside replace those of the client', () => {
  expect(said('{"requestState":"forged","a":1}', [], [['requestState', '"true"']])).toBe(
    '{"a":1,"requestState":"true"}',
  )
})

it('a progress token is a string or a number', () => {
  const token = (value: string): string | undefined =>
    progressTokenOf(json(`{"_meta":{"progressToken":${value}}}`))?.toString()
  expect(['"a"', '-1', '{}', 'null', 'true'].map(token)).toEqual(['"a"', '-1', undefined, undefined, undefined])
})

it('a text is one only if it is a string', () => {
  expect(textAt(json('{"a":{"b":"\\u00e4"}}'), ['a', 'b'])).toBe('ä')
  expect(textAt(json('{"a":1}'), ['a'])).toBe(null)
  expect(textAt(null, ['a'])).toBe(null)
})
