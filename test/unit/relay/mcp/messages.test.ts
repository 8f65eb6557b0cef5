import { expect, it } from 'vitest'
import { fieldsOf } from '../../../../src/relay/mcp/event-fields.ts'
import {
  messagesIn,
  readHeard,
  writeNotification,
  writeRequest,
  writeResponse,
} from '../../../../src/relay/mcp/heard.ts'
import { isHeard, isMoreVerbose } from '../../../../src/relay/mcp/levels.ts'
import { whyUnasked } from '../../../../src/relay/mcp/questions.ts'

const heard = (message: unknown): unknown => {
  const read = readHeard(Buffer.from(typeof message === 'string' ? message : JSON.stringify(message)))
  return read === null ? null : JSON.parse(JSON.stringify(read, (_, value: unknown) => textOf(value)))
}
const textOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'data' in value && Array.isArray(value.data)
    ? Buffer.from(value.data as number[]).toString()
    : value

it.each([
  [
    { id: 1, result: { a: 1 } },
    { form: 'result', id: '1', result: '{"a":1}' },
  ],
  [
    { id: '1', error: { code: 1 } },
    { form: 'error', id: '"1"', error: '{"code":1}' },
  ],
  [{ error: { code: 1 } }, { form: 'error', id: 'null', error: '{"code":1}' }],
  [
    { id: 1, method: 'a' },
    { form: 'request', id: '1', method: 'a', params: null },
  ],
  [
    { method: 'a', params: {} },
    { form: 'notification', method: 'a', params: '{}' },
  ],
  [
    { method: 'a', params: [] },
    { form: 'notification', method: 'a', params: null },
  ],
  [{ id: 1, result: 3 }, null],
  [{ id: 1 }, null],
  ['[]', null],
  ['7', null],
  ['{"id":1,"id":2,"result":{}}', null],
  ['{', null],
])('%o is heard as %o', (message, expected) => {
  expect(heard(message)).toEqual(expected)
})

it('a body is a message, several, or none', () => {
  const count = (text: string): number | undefined => messagesIn(Buffer.from(text))?.length
  expect(['{}', ' [{},{}]', '[]', '', '{'].map(count)).toEqual([1, 2, 0, undefined, undefined])
})

it('what is written is JSON-RPC', () => {
  const params = Buffer.from('{"a":1}')
  expect(writeRequest('7', 'm', params).toString()).toBe('{"jsonrpc":"2.0","id":7,"method":"m","params":{"a":1}}')
  expect(writeNotification('m', null).toString()).toBe('{"jsonrpc":"2.0","method":"m"}')
  expect(writeResponse('"a"', 'result', params).toString()).toBe('{"jsonrpc":"2.0","id":"a","result":{"a":1}}')
})

it.each([
  ['id: a\r\nretry: 20\r\nevent: x\r\ndata: id: no\r\n\r\n', { id: 'a', retry_ms: 20, name: 'x' }],
  ['data: {}\nid:b\n\n', { id: 'b', retry_ms: null, name: null }],
  ['id\ndata: 1\n\n', { id: null, retry_ms: null, name: null }],
  ['id:\n\n', { id: '', retry_ms: null, name: null }],
  ['id: ä\nretry: soon\n\n', { id: null, retry_ms: null, name: null }],
  [`id: ${'x'.repeat(2000)}\n\n`, { id: null, retry_ms: null, name: null }],
])('%j says %o beside its data', (event, fields) => {
  expect(fieldsOf(Buffer.from(event))).toEqual(fields)
})

it('levels are heard from the one that is wanted on', () => {
  expect(['debug', 'info', 'error', 'strange', null].map((level) => isHeard(level, 'info'))).toEqual([
    false,
    true,
    true,
    true,
    true,
  ])
  expect(isHeard('emergency', null)).toBe(false)
  expect([isMoreVerbose('debug', 'info'), isMoreVerbose('info', 'info'), isMoreVerbose('strange', null)]).toEqual([
    true,
    false,
    false,
  ])
})

it.each([
  ['sampling/createMessage', {}, '{"sampling":{}}', null],
  ['sampling/createMessage', {}, '{}', -32601],
  ['roots/list', {}, '{"roots":{}}', null],
  ['elicitation/create', {}, '{"elicitation":{}}', null],
  ['elicitation/create', { mode: 'url' }, '{"elicitation":{}}', -32602],
  ['elicitation/create', { mode: 'url' }, '{"elicitation":{"url":{}}}', null],
  ['elicitation/create', {}, '{"elicitation":{"url":{}}}', -32602],
  ['tools/list', {}, '{"sampling":{}}', -32601],
])('%s %o of a client with %s', (method, params, capabilities, code) => {
  const why = whyUnasked({ method, params: Buffer.from(JSON.stringify(params)) }, Buffer.from(capabilities))
  expect(why?.[0] ?? null).toBe(code)
})
