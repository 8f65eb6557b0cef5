import { expect, test } from 'vitest'
import { withoutOurs } from '../../../../src/protocol/mcp/run-meta.ts'

const request = (meta: string): Buffer =>
  Buffer.from(
    `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","_meta":${meta},"arguments":{"n":1.0}}}`,
  )

test.each([
  ['{"dev.weir/run":{"run_id":"x"},"progressToken":7}', '{"progressToken":7}'],
  ['{"progressToken":7, "baggage":"a=b","dev.weir/more":1}', '{"progressToken":7}'],
])('of %s a server sees %s', (said, seen) => {
  expect(withoutOurs(request(said), 'pass').toString()).toBe(request(seen).toString())
})

test('where nothing else stands there, nothing is left of it', () => {
  const left = withoutOurs(request('{"baggage":"a=b"}'), 'pass').toString()
  expect(JSON.parse(left)).toEqual({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 't', arguments: { n: 1 } },
  })
})

test('everything else is the same bytes, also where it speaks of us elsewhere', () => {
  const same = request('{"traceparent":"x"}')
  expect(withoutOurs(same, 'pass')).toBe(same)
  const elsewhere = Buffer.from('{"params":{"arguments":{"baggage":"dev.weir/run"}}}')
  expect(withoutOurs(elsewhere, 'pass')).toBe(elsewhere)
})

test('a server that is told of no traces is told of none in the message either', () => {
  const seen = withoutOurs(request('{"traceparent":"x","tracestate":"y","progressToken":1}'), 'strip')
  expect(seen.toString()).toBe(request('{"progressToken":1}').toString())
})
