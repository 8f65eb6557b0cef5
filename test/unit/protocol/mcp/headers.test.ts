import { expect, test } from 'vitest'
import { mcpHeadersUpwards } from '../../../../src/protocol/mcp/headers.ts'

const shown = new Map([
  ['authorization', 'Bearer x'],
  ['cookie', 'a=b'],
  ['txn-token', 't'],
  ['origin', 'http://o'],
  ['mcp-session-id', 'sealed'],
  ['mcp-protocol-version', '2025-11-25'],
  ['mcp-method', 'tools/call'],
  ['mcp-name', 'a'],
  ['mcp-param-region', 'eu'],
  ['last-event-id', '7'],
  ['traceparent', '00-1'],
])

test.each([
  ['legacy', ['accept', 'accept-encoding', 'content-type', 'mcp-protocol-version', 'last-event-id']],
  [
    'modern',
    ['accept', 'accept-encoding', 'content-type', 'mcp-protocol-version', 'mcp-method', 'mcp-name', 'mcp-param-region'],
  ],
] as const)('only what belongs to the %s era goes on, and nothing the caller proves itself with', (era, names) => {
  expect(mcpHeadersUpwards(shown, { form: 'request' }, era).map(([name]) => name)).toEqual(names)
})

test('what is asked for is exactly what the protocol says, whatever the caller accepts', () => {
  const accept = (form: 'request' | 'listen') => mcpHeadersUpwards(new Map(), { form }, 'legacy')[0]
  expect(accept('request')).toEqual(['accept', 'application/json, text/event-stream'])
  expect(accept('listen')).toEqual(['accept', 'text/event-stream'])
})
