/**
 * The tool server of the benchmarks: uWebSockets.js, the revision of 2026-07-28, fifty tools that all answer the same 700
 * characters. It answers for all servers of the bench, which differ by their path alone.
 */
import { type Asked, serveBare } from './bare-server.ts'

const tools = Array.from({ length: 50 }, (_, n) => ({
  name: `tool_${String(n).padStart(2, '0')}`,
  description: `Does the thing of number ${n}, and nothing else.`,
  inputSchema: { type: 'object', properties: { query: { type: 'string', maxLength: 1000 } }, required: ['query'] },
}))
const common = { resultType: 'complete', ttlMs: 0, cacheScope: 'private' }
const answers: Readonly<Record<string, object>> = {
  'server/discover': {
    ...common,
    supportedVersions: ['2026-07-28'],
    capabilities: { tools: {} },
    serverInfo: { name: 'mock', version: '1.0.0' },
  },
  'tools/list': { ...common, tools },
  'tools/call': { resultType: 'complete', content: [{ type: 'text', text: 'x'.repeat(700) }] },
}
const written = new Map(
  Object.entries(answers).map(([method, result]) => [method, `,"result":${JSON.stringify(result)}}`] as const),
)

function serve({ body, answer }: Asked): void {
  const { id, method } = JSON.parse(body.toString()) as { readonly id: unknown; readonly method: string }
  const rest = written.get(method) ?? ',"error":{"code":-32601,"message":"Method not found"}}'
  const status = written.has(method) ? '200 OK' : '404 Not Found'
  answer(status, Buffer.from(`{"jsonrpc":"2.0","id":${JSON.stringify(id)}${rest}`))
}

serveBare('the mock tool server', serve)
