import { expect, test } from 'vitest'
import { traceOf } from '../../../../src/protocol/mcp/trace.ts'

const [id, span] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7']
const good = `00-${id}-${span}-01`

function trace(meta: unknown, header?: string): ReturnType<typeof traceOf> {
  const message = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'x', params: { _meta: meta } }))
  return traceOf({ headers: new Map(header === undefined ? [] : [['traceparent', header]]) }, message)
}

test('a trace is read from the message, else from the header', () => {
  const read = { traceparent: good, traceId: id, parentId: span, sampled: true }
  expect(trace({ traceparent: good })).toEqual(read)
  expect(trace({}, good)).toEqual(read)
  expect(trace({ traceparent: good }, good.replace('4bf', 'abc'))).toEqual(read)
  expect(trace({ traceparent: `01-${id}-${span}-03-more` })).toEqual(read)
  expect(trace({ traceparent: `00-${id}-${span}-00` })).toMatchObject({ sampled: false })
})

test.each([
  '',
  'ff' + good.slice(2),
  good.toUpperCase(),
  `${good}-more`,
  `00-${'0'.repeat(32)}-${span}-01`,
  `00-${id}-${'0'.repeat(16)}-01`,
  `00-${id}-${span}`,
  `00-${id}-${span}-0g`,
  7,
  null,
])('%j is no trace, and a header does not make it one', (said) => {
  expect(trace({ traceparent: said }, good)).toBeNull()
  if (typeof said === 'string') expect(trace({}, said)).toBeNull()
})

test('two of them, or none, are no trace', () => {
  const twice = `{"params":{"_meta":{"traceparent":"${good}","traceparent":"${good}"}}}`
  expect(traceOf({ headers: new Map() }, Buffer.from(twice))).toBeNull()
  expect(trace({})).toBeNull()
  expect(traceOf({ headers: new Map([['traceparent', good]]) }, Buffer.alloc(0))).toMatchObject({ traceId: id })
})
