import { expect, test } from 'vitest'
import { type DenialRow, denialCodes, denials } from '../../../src/domain/denials.ts'
import type { DialectName, Operation } from '../../../src/domain/call.ts'
import { deny } from '../../../src/domain/verdict.ts'
import { writeDenial, writeDenialEvent, writeProblem, writeSentence } from '../../../src/protocol/faces.ts'
import type { Written } from '../../../src/protocol/jsonrpc.ts'
import { callOf, freshRun } from '../../support/hop.ts'

const call = callOf({})
const run = freshRun().id
const refused = { call, run, alternatives: null }

function rpcError(body: string): Record<string, unknown> {
  const text = body.startsWith('data: ') ? body.slice(6) : body
  return (JSON.parse(text) as { readonly error: Record<string, unknown> }).error
}

test.each(denialCodes)('%s has a sentence of at most 400 ASCII characters that ends with its ref', (code) => {
  const many = Array.from({ length: 200 }, (_, i) => `agent:worker-${i}`)
  for (const alternatives of [null, [], ['agent:critic'], many]) {
    const sentence = writeSentence(code, call.id, alternatives)
    expect(sentence).toMatch(/^[\x20-\x7e]{1,400}$/)
    expect(sentence.startsWith(`[weir:${code}] ${denials[code].sentence}. `)).toBe(true)
    expect(sentence.endsWith(`. ref ${call.id}`)).toBe(true)
  }
})

test('alternatives stand between what was refused and what to do, cut to what fits', () => {
  expect(writeSentence('policy_denied', call.id, ['agent:critic', 'agent:writer'])).toBe(
    '[weir:policy_denied] This call is not allowed by policy. You may call: agent:critic, agent:writer. ' +
      `Do not retry; return your partial result to your caller. ref ${call.id}`,
  )
  expect(writeSentence('policy_denied', call.id, [])).toContain('You may call: none. ')
  expect(writeSentence('policy_denied', call.id, Array(99).fill('agent:critic') as string[])).toMatch(/and \d+ more\. /)
})

test.each(denialCodes)('%s has one face for a unary call, as its row says', (code) => {
  const row: DenialRow = denials[code]
  const { status, headers, body } = writeDenial(deny(code, 'secret detail', { rule: 'run.depth_max' }), refused)
  const names = new Map(headers)
  expect(status).toBe(row.http === 401 ? 401 : 200)
  expect(names.get('content-type')).toBe('application/json')
  expect(names.get('x-should-retry')).toBe(['never', 'after_approval'].includes(row.retry) ? 'false' : undefined)
  expect(names.has('retry-after')).toBe(row.retry === 'after_wait')
  expect(body).not.toContain('secret detail')
  expect(rpcError(body)).toMatchObject({
    code: row.jsonrpc || 1401,
    data: [
      {
        reason: code.toUpperCase(),
        domain: 'weir.dev',
        metadata: { hopId: call.id, retryable: String(row.retry !== 'never') },
      },
    ],
  })
})

const streamed = denialCodes.flatMap((code) =>
  (['stream', 'subscribe'] as const).map((operation) => [code, operation] as const),
)

test.each(streamed)('%s has the same error as the only event of a refused %s', (code, operation) => {
  const unary = writeDenial(deny(code, ''), refused)
  const stream = writeDenial(deny(code, ''), { ...refused, call: { ...call, operation } })
  expect(rpcError(stream.body)).toEqual(rpcError(unary.body))
  if (unary.status === 401) expect(stream).toEqual(unary)
  else expect(stream.body).toBe(`data: ${unary.body}\n\n`)
})

test.each(denialCodes)('%s over REST has the status of its row and says the same', (code) => {
  const row: DenialRow = denials[code]
  const unary = JSON.parse(writeDenial(deny(code, ''), refused).body) as { error: { message: string; data: unknown } }
  const of = (dialect: DialectName, operation: Operation = 'send'): Written =>
    writeDenial(deny(code, 'secret detail'), { ...refused, call: { ...call, dialect, operation } })
  for (const operation of ['send', 'stream', 'get', 'subscribe'] as const) {
    const { status, headers, body } = of('a2a-1.0-rest', operation)
    expect([status, headers[0]]).toEqual([row.http, ['content-type', 'application/json']])
    const { message, data } = unary.error
    expect(JSON.parse(body)).toMatchObject({ error: { code: row.http, message, details: data } })
    expect(JSON.parse(of('a2a-0.3-rest', operation).body)).toEqual({ code: row.jsonrpc || 1401, message })
    expect(headers.slice(2)).toEqual(writeDenial(deny(code, ''), refused).headers.slice(2))
  }
})

test('a refusal in a stream that is open is its last event', () => {
  const of = (dialect: DialectName): string =>
    writeDenialEvent(deny('run_halted', ''), { ...refused, call: { ...call, dialect, operation: 'subscribe' } })
  expect(of('a2a-1.0-jsonrpc')).toMatch(/^data: \{"jsonrpc":"2\.0","id":1,"error":.*\}\n\n$/)
  expect(of('a2a-1.0-rest')).toMatch(/^event: error\ndata: \{"error":\{"code":403,.*\}\n\n$/)
  expect(of('a2a-0.3-rest')).toMatch(/^event: error\ndata: \{"code":1403,.*\}\n\n$/)
})

test('a 401 says how to come back (RFC 6750)', () => {
  const challenge = new Map(writeDenial(deny('token_expired', ''), refused).headers).get('www-authenticate')
  expect(challenge).toBe('Bearer realm="weir", error="invalid_token", error_description="The token has expired"')
  expect(new Map(writeDenial(deny('scope_missing', ''), refused).headers).get('www-authenticate')).toContain(
    'insufficient_scope',
  )
})

test('a 401 names the scheme, what was wrong and where to learn more (RFC 9449, RFC 9728)', () => {
  const resource_metadata = 'https://gw.example/.well-known/oauth-protected-resource/a2a/b'
  const dpop = { scheme: 'DPoP', error: 'use_dpop_nonce', algs: 'ES256 EdDSA', nonce: 'n1', resource_metadata } as const
  const asked = new Map(writeDenial(deny('unauthenticated', '', { challenge: dpop }), refused).headers)
  expect(asked.get('dpop-nonce')).toBe('n1')
  expect(asked.get('www-authenticate')).toBe(
    `DPoP realm="weir", error="use_dpop_nonce", algs="ES256 EdDSA", resource_metadata="${resource_metadata}"`,
  )
  const bearer = { scheme: 'Bearer', error: 'invalid_token', algs: null, nonce: null, resource_metadata } as const
  const expired = new Map(writeDenial(deny('token_expired', '', { challenge: bearer }), refused).headers)
  expect(expired.has('dpop-nonce')).toBe(false)
  expect(expired.get('www-authenticate')).toBe(
    `Bearer realm="weir", error="invalid_token", error_description="The token has expired", resource_metadata="${resource_metadata}"`,
  )
  const busy = new Map(writeDenial(deny('busy', '', { challenge: dpop }), refused).headers)
  expect(busy.has('www-authenticate')).toBe(false)
})

test('a hidden target and a missing one get the same bytes', () => {
  const hidden = writeDenial(deny('not_found', 'hidden by policy p7', { rule: 'p7' }), refused)
  const missing = writeDenial(deny('not_found', 'no such agent'), { ...refused, run: null })
  expect(missing).toEqual(hidden)
})

test('a wait is said in both units and never longer than thirty seconds', () => {
  const { headers, body } = writeDenial(deny('rate_limited', '', { retryAfter_ms: 3_600_000 }), refused)
  expect(new Map(headers).get('retry-after')).toBe('30')
  expect(rpcError(body)).toMatchObject({ data: [{ metadata: { retry_after_ms: '30000', runId: run } }] })
  const soon = writeDenial(deny('rate_limited', '', { retryAfter_ms: 1200 }), refused)
  expect(new Map(soon.headers).get('retry-after')).toBe('2')
})

test('a problem outside JSON-RPC is problem+json (RFC 9457)', () => {
  const { status, headers, body } = writeProblem(404, 'not_found', 'Not found', 'There is nothing here.')
  expect(status).toBe(404)
  expect(new Map(headers).get('content-type')).toBe('application/problem+json')
  expect(JSON.parse(body)).toEqual({
    type: 'https://weir.dev/e/not_found',
    title: 'Not found',
    status: 404,
    detail: 'There is nothing here.',
    code: 'not_found',
  })
})
