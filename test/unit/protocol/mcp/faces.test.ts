import { expect, test } from 'vitest'
import type { DenialCode } from '../../../../src/domain/denials.ts'
import { deny } from '../../../../src/domain/verdict.ts'
import { type McpRefused, writeMcpDenial } from '../../../../src/protocol/mcp/faces.ts'
import { mintHopId } from '../../../../src/domain/mint-ids.ts'
import { dice } from '../../../support/hop.ts'

const id = mintHopId(dice)
const tool = {
  id,
  rpcId: '"x"',
  form: 'request',
  operation: 'call_tool',
  method: 'tools/call',
  dialect: 'mcp-2025-11-25',
} as const
const pass = { ...tool, operation: 'pass' } as const

function face(code: DenialCode, call: Omit<McpRefused['call'], 'target'>): unknown {
  const target =
    call.operation === 'call_tool'
      ? ({ kind: 'tool', id: 'files/a' } as const)
      : ({ kind: 'server', id: 'files' } as const)
  const { status, body } = writeMcpDenial(deny(code, 'why'), { call: { ...call, target }, run: null })
  const said = JSON.parse(body) as { id: unknown; error?: { code: number }; result?: { isError: boolean } }
  return [status, said.id, said.error?.code ?? said.result?.isError]
}

test.each<[DenialCode, Omit<McpRefused['call'], 'target'>, unknown]>([
  ['policy_denied', tool, [200, 'x', true]],
  ['run_budget_exhausted', tool, [200, 'x', true]],
  ['rate_limited', tool, [200, 'x', true]],
  ['upstream_unavailable', tool, [200, 'x', true]],
  ['not_found', tool, [200, 'x', -32602]],
  ['unauthenticated', tool, [401, 'x', 1401]],
  ['scope_missing', tool, [200, 'x', true]],
  ['busy', tool, [503, 'x', 1503]],
  ['not_found', pass, [404, 'x', 1404]],
  ['rate_limited', pass, [200, 'x', 1429]],
  ['rate_limited', { ...pass, form: 'notification', rpcId: 'null' }, [429, null, 1429]],
  ['upstream_unavailable', { ...pass, form: 'listen', rpcId: 'null' }, [502, null, 1502]],
])('%s of %o', (code, call, wanted) => {
  expect(face(code, call)).toEqual(wanted)
})

test('what only the modern era knows is said to it alone', () => {
  const write = (dialect: 'mcp-2025-11-25' | 'mcp-2026-07-28'): string =>
    writeMcpDenial(deny('policy_denied', 'why', { rule: 'r' }), {
      call: { ...tool, dialect, target: { kind: 'tool', id: 'files/a' } },
      run: null,
    }).body
  expect(write('mcp-2026-07-28')).toContain('"resultType":"complete"')
  expect(write('mcp-2025-11-25')).not.toContain('resultType')
  expect(write('mcp-2025-11-25')).not.toContain('structuredContent')
})

test('a step-up names the scopes and where to get a token with them, and is an answer of HTTP', () => {
  const call = { ...tool, target: { kind: 'tool', id: 'files/a' } } as const
  const resource_metadata = 'https://gw.example/.well-known/oauth-protected-resource/mcp/s/files'
  const says = { algs: null, nonce: null, resource_metadata, scope: 'files:erase tool:call' }
  const challenge = { scheme: 'Bearer', error: 'insufficient_scope', ...says } as const
  const { status, headers } = writeMcpDenial(deny('scope_missing', 'why', { challenge }), { call, run: null })
  expect(status).toBe(403)
  const challenges = headers.filter(([name]) => name === 'www-authenticate').map(([, value]) => value)
  expect(challenges).toEqual([
    `Bearer realm="weir", error="insufficient_scope", scope="files:erase tool:call", resource_metadata="${resource_metadata}"`,
  ])
})
