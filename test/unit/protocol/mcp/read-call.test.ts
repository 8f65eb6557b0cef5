import { expect, test } from 'vitest'
import type { Inbound } from '../../../../src/protocol/http.ts'
import { readMcpCall } from '../../../../src/protocol/mcp/read-call.ts'
import { mintHopId } from '../../../../src/domain/mint-ids.ts'
import { dice } from '../../../support/hop.ts'

const meta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
}
const modern = { 'mcp-protocol-version': '2026-07-28' }

interface Sent {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}

function read(body: unknown, { method = 'POST', headers = {} }: Sent = {}) {
  const inbound: Inbound = {
    method,
    path: '/mcp/s/files',
    query: '',
    headers: new Map(Object.entries(headers)),
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    receivedAt: 0,
    startedAt: 0,
    peer: '127.0.0.1',
    clientCert: null,
  }
  const openSession = (sealed: string) => (sealed === 'ours' ? { id: 'theirs' } : null)
  return readMcpCall(inbound, { server: 'files', id: mintHopId(dice), openSession })
}

function seen(read: ReturnType<typeof readMcpCall>): unknown {
  if (read.kind === 'malformed') return [read.status, (JSON.parse(read.body) as { error: { code: number } }).error.code]
  return [read.era, read.call.dialect, read.call.form, read.call.operation, read.call.target.id]
}

const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
const call = { jsonrpc: '2.0', id: 'a', method: 'tools/call', params: { name: 'x/y', arguments: { n: 1 } } }
const begin = { jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2024-11-05' } }

test.each<[string, unknown, Sent, unknown]>([
  ['initialize', begin, {}, ['legacy', 'mcp-2024-11-05', 'request', 'pass', 'files']],
  [
    'initialize with a modern claim',
    { ...begin, params: { _meta: meta } },
    {},
    ['modern', 'mcp-2026-07-28', 'request', 'pass', 'files'],
  ],
  [
    'a session of ours',
    list,
    { headers: { 'mcp-session-id': 'ours' } },
    ['legacy', 'mcp-2025-03-26', 'request', 'pass', 'files'],
  ],
  [
    'a session of ours that says more',
    list,
    { headers: { 'mcp-session-id': 'ours', 'mcp-protocol-version': '2025-06-18' } },
    ['legacy', 'mcp-2025-06-18', 'request', 'pass', 'files'],
  ],
  ['a modern version', list, { headers: modern }, ['modern', 'mcp-2026-07-28', 'request', 'pass', 'files']],
  [
    'a version after ours',
    list,
    { headers: { 'mcp-protocol-version': '2027-01-01' } },
    ['modern', 'mcp-2026-07-28', 'request', 'pass', 'files'],
  ],
  ['a probe', { ...list, method: 'server/discover' }, {}, ['modern', 'mcp-2026-07-28', 'request', 'pass', 'files']],
  ['a call of a tool', call, { headers: modern }, ['modern', 'mcp-2026-07-28', 'request', 'call_tool', 'files/x/y']],
  [
    'a notification',
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    {},
    ['legacy', 'mcp-2025-03-26', 'notification', 'pass', 'files'],
  ],
  ['a response', { jsonrpc: '2.0', id: 3, result: {} }, {}, ['legacy', 'mcp-2025-03-26', 'response', 'pass', 'files']],
  [
    'the stream of a session',
    '',
    { method: 'GET', headers: { 'mcp-session-id': 'ours' } },
    ['legacy', 'mcp-2025-03-26', 'listen', 'pass', 'files'],
  ],
  ['a session of nobody', list, { headers: { 'mcp-session-id': 'x' } }, [404, -32001]],
  [
    'a session of nobody in the modern era',
    list,
    { headers: { ...modern, 'mcp-session-id': 'x' } },
    ['modern', 'mcp-2026-07-28', 'request', 'pass', 'files'],
  ],
  ['a stream of nobody', '', { method: 'GET', headers: { 'mcp-session-id': 'x' } }, [404, -32001]],
  ['a stream without a session', '', { method: 'GET' }, [405, -32600]],
  [
    'a stream in the modern era',
    '',
    { method: 'GET', headers: { ...modern, 'mcp-session-id': 'ours' } },
    [405, -32600],
  ],
  ['another body', list, { headers: { 'content-type': 'text/html' } }, [415, -32600]],
  ['no JSON', '{', {}, [400, -32700]],
  ['a batch', [list], {}, [400, -32600]],
  [
    'a second name of a tool',
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","Name":"b"}}',
    {},
    [400, -32600],
  ],
  ['a tool without a name', { ...call, params: {} }, {}, [200, -32602]],
  ['a call of a tool that wants no answer', { ...call, id: undefined }, {}, [200, -32602]],
  ['a null id', { ...list, id: null }, {}, [400, -32600]],
  ['neither request nor response', { jsonrpc: '2.0', id: 1 }, {}, [400, -32600]],
  ['a header that names another tool', call, { headers: { ...modern, 'mcp-name': 'z' } }, [400, -32020]],
  [
    'a header that spells its tool',
    call,
    { headers: { ...modern, 'mcp-name': '=?base64?eC95?=' } },
    ['modern', 'mcp-2026-07-28', 'request', 'call_tool', 'files/x/y'],
  ],
  [
    'a header that spells it in two ways',
    call,
    { headers: { ...modern, 'mcp-name': '=?base64?eC95=?=' } },
    [400, -32020],
  ],
  ['a header that names another method', call, { headers: { ...modern, 'mcp-method': 'Tools/call' } }, [400, -32020]],
])('%s', (_what, body, sent, wanted) => {
  expect(seen(read(body, sent))).toEqual(wanted)
})

test('ids and arguments stay as they were written', () => {
  const body = '{"jsonrpc":"2.0","id":1.0,"method":"tools/call","params":{"name":"a","arguments":{"n": 1e3}}}'
  expect(read(body)).toMatchObject({ call: { rpcId: '1.0', args: '{"n": 1e3}' } })
})
