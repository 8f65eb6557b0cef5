import { expect, test } from 'vitest'
import type { ModelDialect } from '../../../../src/domain/call.ts'
import { denialCodes, denials } from '../../../../src/domain/denials.ts'
import type { RunId } from '../../../../src/domain/ids.ts'
import { deny } from '../../../../src/domain/verdict.ts'
import type { Written } from '../../../../src/protocol/jsonrpc.ts'
import { type ModelRefused, writeModelDenial, writeModelDenialEvents } from '../../../../src/protocol/llm/faces.ts'
import { modelHop } from '../../../support/model-inbound.ts'

const run = 'run_00000000000000000000000001' as RunId

function refused(dialect: ModelDialect, kind: 'model' | 'agent' = 'model'): ModelRefused {
  const target = kind === 'model' ? { kind, id: 'openai/gpt-5.5' } : { kind, id: 'agent:critic' as never }
  return { call: { id: modelHop, dialect, target }, run, alternatives: null }
}

function bodyOf({ body }: Written): unknown {
  return JSON.parse(body)
}

const sentence = `[weir:run_budget_exhausted] ${denials.run_budget_exhausted.sentence}. ${denials.run_budget_exhausted.advice}. ref ${modelHop}`

test('a refusal in the shape of OpenAI says code and facts beside the sentence', () => {
  const written = writeModelDenial(
    deny('run_budget_exhausted', 'secret', { rule: 'run.cost_micros' }),
    refused('openai-chat'),
  )
  expect(written.status).toBe(402)
  expect(bodyOf(written)).toEqual({
    error: {
      message: sentence,
      type: 'weir_run_budget_exhausted',
      param: null,
      code: 'run_budget_exhausted',
      weir: { code: 'run_budget_exhausted', hop_id: modelHop, run_id: run, rule: 'run.cost_micros', retryable: false },
    },
  })
  expect(written.headers).toContainEqual(['x-should-retry', 'false'])
})

test('a refusal in the shape of Anthropic is of one of its own types', () => {
  const written = writeModelDenial(deny('run_budget_exhausted', 'secret'), refused('anthropic-messages'))
  expect(written.status).toBe(402)
  expect(bodyOf(written)).toEqual({
    type: 'error',
    error: {
      type: 'billing_error',
      message: sentence,
      weir: { code: 'run_budget_exhausted', hop_id: modelHop, run_id: run, retryable: false },
    },
    request_id: modelHop,
  })
})

test('a wait is said in milliseconds too', () => {
  const written = writeModelDenial(deny('budget_held', '', { retryAfter_ms: 1500 }), refused('openai-responses'))
  expect(written.headers).toContainEqual(['retry-after', '2'])
  expect(written.headers).toContainEqual(['retry-after-ms', '1500'])
  expect(bodyOf(written)).toMatchObject({ error: { weir: { retryable: true, retry_after_ms: 1500 } } })
})

test('what may be called instead is in the sentence', () => {
  const written = writeModelDenial(deny('policy_denied', ''), {
    ...refused('openai-chat'),
    alternatives: ['openai/gpt-5.5-mini'],
  })
  expect(written.body).toContain('You may call: openai/gpt-5.5-mini. ')
})

test('a hidden model answers like a missing one', () => {
  const facts = { code: 'not_found', hop_id: modelHop, retryable: false }
  const written = writeModelDenial(deny('not_found', 'hidden', { rule: 'no-such-model' }), refused('openai-models'))
  expect(bodyOf(written)).toMatchObject({ error: { weir: facts } })
  expect(written.body).not.toContain('no-such-model')
})

test.each(denialCodes)('%s has the status of its row in both shapes, but for a provider that was too slow', (code) => {
  const isSlow = code === 'child_timeout' || code === 'stalled'
  for (const dialect of ['openai-chat', 'anthropic-messages'] as const) {
    const { status, headers, body } = writeModelDenial(deny(code, ''), refused(dialect))
    expect(status).toBe(isSlow ? 504 : denials[code].http)
    expect(body).toContain(`[weir:${code}] `)
    expect(headers.map(([name]) => name)).toContain('content-type')
    expect(writeModelDenial(deny(code, ''), refused(dialect, 'agent')).status).toBe(denials[code].http)
  }
})

test.each([
  ['token_expired', 'authentication_error'],
  ['budget_exhausted', 'billing_error'],
  ['policy_denied', 'permission_error'],
  ['not_found', 'not_found_error'],
  ['rate_limited', 'rate_limit_error'],
  ['upstream_unavailable', 'api_error'],
  ['busy', 'overloaded_error'],
  ['child_timeout', 'timeout_error'],
] as const)('Anthropic calls %s %s', (code, type) => {
  expect(bodyOf(writeModelDenial(deny(code, ''), refused('anthropic-count')))).toMatchObject({ error: { type } })
})

test('a stream that is open ends in the words of its API', () => {
  const denial = deny('run_halted', '')
  const ends = (dialect: ModelDialect): string => writeModelDenialEvents(denial, refused(dialect))
  expect(ends('openai-chat')).toMatch(/^data: \{"error":\{"message":"\[weir:run_halted\][^\n]+\n\n$/)
  expect(ends('anthropic-messages')).toMatch(/^event: error\ndata: \{"type":"error"[^\n]+\n\n$/)
  expect(ends('openai-responses')).toMatch(
    /^event: error\ndata: \{"type":"error"[^\n]+\n\nevent: response\.failed\ndata: \{"type":"response.failed"[^\n]+\n\n$/,
  )
})

test('a stream that must not be asked for again says so to SDKs that look for a status in the type', () => {
  const typeOf = (code: 'run_halted' | 'upstream_unavailable'): string | undefined =>
    /"type":"((?:weir|permission)_\w+)"/.exec(writeModelDenialEvents(deny(code, 'x'), refused('openai-chat')))?.[1]
  expect([typeOf('run_halted'), typeOf('upstream_unavailable')]).toEqual([
    'permission_error',
    'weir_upstream_unavailable',
  ])
})
