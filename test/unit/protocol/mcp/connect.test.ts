import { expect, test } from 'vitest'
import type { McpCall } from '../../../../src/domain/call.ts'
import { askToConnect, withoutConnect } from '../../../../src/protocol/mcp/connect.ts'

const connect = { id: 'e1', server: 'files', url: 'https://weir.test/connect/files?ask=1' }
const prefix = 'io.modelcontextprotocol/'

function ask(params: object, change: Partial<Pick<McpCall, 'method' | 'dialect'>> = {}): unknown {
  const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call', params }))
  const call = { method: 'tools/call', rpcId: '7', dialect: 'mcp-2026-07-28', body, ...change } as const
  const text = askToConnect(connect, call)
  return text === null ? null : (JSON.parse(text) as unknown)
}

const able = { _meta: { [`${prefix}clientCapabilities`]: { elicitation: { url: {} } } } }
const answered = { inputResponses: { 'dev.weir/connect': { action: 'accept' } } }

test('a client that can open links is asked once', () => {
  expect(ask(able)).toEqual({
    jsonrpc: '2.0',
    id: 7,
    result: {
      resultType: 'input_required',
      inputRequests: {
        'dev.weir/connect': {
          method: 'elicitation/create',
          params: { mode: 'url', elicitationId: 'e1', url: connect.url, message: expect.any(String) as string },
        },
      },
    },
  })
  expect(ask({ ...able, ...answered })).toBeNull()
})

test.each([
  ['a client that opens no links', { _meta: { [`${prefix}clientCapabilities`]: { elicitation: { form: {} } } } }, {}],
  ['a client that says nothing', {}, {}],
  ['a list', able, { method: 'tools/list' }],
  ['an earlier revision', able, { dialect: 'mcp-2025-11-25' }],
] as const)('%s is refused in words', (_name, params, change) => {
  expect(ask(params, change)).toBeNull()
})

test.each([
  ['{"params":{"a":1.0,"inputResponses":{"dev.weir/connect":{}},"b":2}}', '{"params":{"a":1.0,"b":2}}'],
  ['{"params":{"inputResponses":{"x":{},"dev.weir/connect":{}}}}', '{"params":{"inputResponses":{"x":{}}}}'],
  ['{"params":{"arguments":{"dev.weir/connect":1}}}', '{"params":{"arguments":{"dev.weir/connect":1}}}'],
  ['{"params":{}}', '{"params":{}}'],
])('%s reaches the server as %s', (sent, seen) => {
  expect(Buffer.from(withoutConnect(Buffer.from(sent))).toString()).toBe(seen)
})
