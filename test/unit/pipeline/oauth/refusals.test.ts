import { describe, expect, test } from 'vitest'
import { oauthErrors } from '../../../../src/protocol/oauth/refusal.ts'
import { accessTokenType } from '../../../../src/protocol/oauth/words.ts'
import { agentId } from '../../../support/hop.ts'
import {
  assertion,
  audienceOf,
  credentials,
  exchange,
  openTokenTrial,
  type Params,
  subjectOf,
  type TokenTrial,
} from '../../../support/token-endpoint.ts'

const orchestrator = agentId('agent:orchestrator')
const good = credentials('orchestrator', 'research')
const shown = (more: Params): Params => exchange('orchestrator', 'x', 'research', more)
const idJag = 'urn:ietf:params:oauth:token-type:id-jag'
const twice = '[{"type":"mcp_tool","type":"model_use"}]'
const two = [audienceOf('research'), audienceOf('writer')]

type Case = [error: keyof typeof oauthErrors, why: string, params: Params, change?: (trial: TokenTrial) => void]

/** Every code by the plainest requests that get it. */
const cases: readonly Case[] = [
  ['invalid_request', 'no grant_type', { ...good, grant_type: undefined }],
  ['invalid_request', 'a repeated parameter', { ...good, scope: ['a', 'b'] }],
  ['invalid_request', 'no subject_token', shown({ subject_token: '', subject_token_type: '' })],
  ['invalid_request', 'a subject_token without a type', shown({ subject_token_type: '' })],
  ['invalid_request', 'a subject_token_type without a token', shown({ subject_token: '' })],
  ['invalid_request', 'a subject token that does not verify', shown({})],
  ['invalid_request', 'an actor_token without a type', shown({ actor_token: 'x' })],
  ['invalid_request', 'an actor_token_type without a token', shown({ actor_token_type: accessTokenType })],
  ['invalid_request', 'another requested_token_type', { ...good, requested_token_type: idJag }],
  ['invalid_request', 'a run_id for a new root', { ...good, run_id: `run_${'0'.repeat(32)}` }],
  ['invalid_request', 'no assertion', assertion('orchestrator', '', 'research')],
  ['invalid_request', 'a budget that is no number', { ...good, budget_tokens: '1e3' }],
  ['invalid_request', 'a budget beyond every number', { ...good, budget_usd_u: '9999999999999999' }],
  ['invalid_client', 'no proof', { ...good, client_assertion: undefined }],
  ['invalid_client', 'a revoked client', good, (trial) => trial.withdraw('agent', orchestrator)],
  ['invalid_grant', 'an assertion that does not verify', assertion('orchestrator', 'forged', 'research')],
  ['unauthorized_client', 'a client that may not act for itself', credentials('console', 'orchestrator')],
  ['unsupported_grant_type', 'an unknown grant', { ...good, grant_type: 'password' }],
  ['invalid_scope', 'a scope that is none', { ...good, scope: 'a"b' }],
  ['invalid_target', 'no audience', { ...good, audience: undefined }],
  ['invalid_target', 'two audiences', { ...good, audience: two }],
  ['invalid_target', 'audience and resource that differ', { ...good, resource: audienceOf('writer') }],
  ['invalid_target', 'an audience elsewhere', { ...good, audience: 'https://else.test/a2a/research' }],
  ['invalid_authorization_details', 'no JSON', { ...good, authorization_details: '[{' }],
  ['invalid_authorization_details', 'a member twice', { ...good, authorization_details: twice }],
  ['invalid_authorization_details', 'an unknown type', { ...good, authorization_details: '[{"type":"all"}]' }],
  ['temporarily_unavailable', 'a peer that sends too much', good, (trial) => void (trial.peerWait_ms = 2500)],
]

test.each(cases)('%s: %s', async (error, _why, params, change) => {
  const trial = await openTokenTrial()
  change?.(trial)
  const answer = await trial.ask(params)
  expect(answer.body['error']).toBe(error)
  expect(answer.status).toBe(oauthErrors[error])
  expect(answer.body['error_description']).toMatch(/^[\x20-\x7e]+$/)
  expect(answer.headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' })
  expect([trial.minted, trial.road.runs.list()]).toEqual([[], []])
  expect(trial.grants()).toMatchObject([{ decision: 'deny', error, jti: null, expires_at: null }])
})

test('every code is answered somewhere, but for those reserved for approval by a person', () => {
  const answered = new Set<string>([...cases.map(([error]) => error), 'invalid_dpop_proof', 'use_dpop_nonce'])
  const rest = Object.keys(oauthErrors).filter((error) => !answered.has(error))
  expect(rest).toEqual(['authorization_pending', 'slow_down', 'access_denied'])
})

test('audience and resource may both stand there if they say the same', async () => {
  const trial = await openTokenTrial()
  expect((await trial.ask({ ...good, resource: audienceOf('research') })).status).toBe(200)
})

test('an empty parameter is as good as none', async () => {
  const trial = await openTokenTrial()
  expect((await trial.ask({ ...good, scope: '', run_id: '', requested_token_type: '' })).status).toBe(200)
})

test('a client that asks more often than it may is told when to come again', async () => {
  const trial = await openTokenTrial({ limits: { agent: { invokes_per_minute: 2 } } })
  const statuses: number[] = []
  for (let at = 0; at < 3; at += 1) statuses.push((await trial.ask(good)).status)
  const over = await trial.ask(good)
  expect([statuses, over.status, over.body['error']]).toEqual([[200, 200, 429], 429, 'temporarily_unavailable'])
  expect(Number(over.headers['retry-after'])).toBeGreaterThan(0)
  trial.clock.advance(30_000)
  expect((await trial.ask(good)).status).toBe(200)
})

describe('the key of a token', () => {
  test('is that of the DPoP proof', async () => {
    const trial = await openTokenTrial({ identity: { tokens: { bearer: 'refuse' } } })
    const answer = await trial.ask(good, { headers: { dpop: 'proof by key-1' } })
    expect([answer.status, answer.body['token_type']]).toEqual([200, 'DPoP'])
    expect(trial.minted[0]).toMatchObject({ boundTo: { kind: 'dpop', thumbprint: 'key-1' }, pop: 'hash of key-1' })
    expect(trial.grants()[0]).toMatchObject({ bound: 'dpop', pop: 'hash of key-1' })
  })

  test('is that of the certificate the client proved itself with', async () => {
    const trial = await openTokenTrial({ identity: { tokens: { bearer: 'refuse' } } })
    trial.clientCert = { kind: 'mtls', thumbprint: 'x5t' }
    const answer = await trial.ask(good)
    expect([answer.status, answer.body['token_type']]).toEqual([200, 'Bearer'])
    expect(trial.minted[0]?.boundTo).toEqual({ kind: 'mtls', thumbprint: 'x5t' })
  })

  test('must be shown where tokens without one are refused', async () => {
    const trial = await openTokenTrial({ identity: { tokens: { bearer: 'refuse' } } })
    const answer = await trial.ask(good)
    expect([answer.status, answer.body['error'], trial.minted]).toEqual([400, 'invalid_request', []])
    expect(answer.body['error_description']).toContain('bound')
  })

  test.each([
    ['forged', 400, 'invalid_dpop_proof', undefined],
    ['old', 400, 'use_dpop_nonce', 'nonce-1'],
    ['busy', 429, 'temporarily_unavailable', undefined],
  ])('is not taken from a proof that is %s', async (proof, status, error, nonce) => {
    const trial = await openTokenTrial()
    const answer = await trial.ask(good, { headers: { dpop: proof } })
    expect([answer.status, answer.body['error'], answer.headers['dpop-nonce']]).toEqual([status, error, nonce])
    expect([trial.minted, trial.grants()]).toMatchObject([[], [{ decision: 'deny', error }]])
  })
})

describe('a call token', () => {
  const audience = audienceOf('research')
  const own = { use: 'call', holder: orchestrator, audience, person: null, jti: 'call-1' } as const

  async function trialWith(boundTo: { kind: 'dpop'; thumbprint: string } | null): Promise<TokenTrial> {
    const trial = await openTokenTrial()
    const { delivery } = trial.delivered()
    const { authority, person } = delivery
    const times = { issuedAt: 0, expiresAt: delivery.expiresAt }
    trial.own.set('call', { ...own, ...times, person, boundTo, authority, delegation: delivery, keyId: 'key' })
    trial.subjects.set('call', subjectOf('call', orchestrator, { person, delegation: delivery, ...times }))
    return trial
  }

  test('is narrowed by its holder, at the same place', async () => {
    const trial = await trialWith(null)
    const answer = await trial.ask(exchange('orchestrator', 'call', 'research', { scope: 'read' }))
    expect([answer.status, answer.body['scope']]).toEqual([200, 'read'])
    expect(trial.minted[0]?.delegation).toMatchObject({ depth: 1, holder: orchestrator })
  })

  test('stays one for the same resource', async () => {
    const trial = await trialWith(null)
    const open = await openTokenTrial({}, {}, 'policy-open')
    trial.road.snapshot = { ...trial.road.snapshot, policy: open.road.snapshot.policy }
    expect((await trial.ask(exchange('orchestrator', 'call', 'research'))).status).toBe(200)
    expect((await trial.ask(exchange('orchestrator', 'call', 'vault'))).body['error']).toBe('invalid_target')
  })

  test('that is bound to a key gives none that anybody can use', async () => {
    const trial = await trialWith({ kind: 'dpop', thumbprint: 'key-1' })
    expect((await trial.ask(exchange('orchestrator', 'call', 'research'))).body['error']).toBe('invalid_request')
    const bound = await trial.ask(exchange('orchestrator', 'call', 'research'), { headers: { dpop: 'proof by key-2' } })
    expect(bound.body['token_type']).toBe('DPoP')
  })

  test('is narrowed by nobody else', async () => {
    const trial = await trialWith(null)
    expect((await trial.ask(exchange('console', 'call', 'orchestrator'))).body['error']).toBe('invalid_request')
  })
})

describe('the budget of a token', () => {
  test('is asked for, or inherited', async () => {
    const trial = await openTokenTrial()
    const { delivery } = trial.delivered()
    const budget = [{ grant: 'g1', cost_micros: 500, tokens: 50 }]
    const subject = trial.subjects.get(delivery.tokenId)
    if (!subject) throw new Error('it was delivered')
    trial.subjects.set('poor', { ...subject, delegation: { ...delivery, budget } })
    await trial.ask(exchange('orchestrator', 'poor', 'research'))
    await trial.ask(exchange('orchestrator', 'poor', 'research', { budget_usd_u: '499' }))
    const over = await trial.ask(exchange('orchestrator', 'poor', 'research', { budget_tokens: '51' }))
    expect(over.body['error']).toBe('invalid_request')
    expect(trial.minted.map((facts) => facts.budget)).toEqual([null, { cost_micros: 499 }])
  })

  test('is never more than what is left under the ceilings of its subject', async () => {
    const trial = await openTokenTrial()
    const { run, delivery } = trial.delivered()
    const subject = trial.subjects.get(delivery.tokenId)
    if (!subject) throw new Error('it was delivered')
    const budget = [{ grant: 'g1', tokens: 50 }]
    trial.subjects.set('poor', { ...subject, delegation: { ...delivery, budget } })
    trial.road.limits.grants.restore(run, 'g1', { tokens: 20, cost_micros: 0 })
    const ask = (tokens: string) => trial.ask(exchange('orchestrator', 'poor', 'research', { budget_tokens: tokens }))
    expect((await ask('31')).body['error']).toBe('invalid_request')
    expect((await ask('30')).status).toBe(200)
  })

  test('lies within three others at most', async () => {
    const trial = await openTokenTrial()
    const { delivery } = trial.delivered()
    const subject = trial.subjects.get(delivery.tokenId)
    if (!subject) throw new Error('it was delivered')
    const budget = ['g1', 'g2', 'g3', 'g4'].map((grant) => ({ grant, tokens: 50 }))
    trial.subjects.set('three', { ...subject, delegation: { ...delivery, budget: budget.slice(1) } })
    trial.subjects.set('four', { ...subject, delegation: { ...delivery, budget } })
    const ask = async (token: string, more = {}) =>
      (await trial.ask(exchange('orchestrator', token, 'research', more))).status
    expect(await ask('three', { budget_tokens: '1' })).toBe(200)
    expect(await ask('four', { budget_tokens: '1' })).toBe(400)
    expect(await ask('four')).toBe(200)
  })

  test('is never more than what is left of the run', async () => {
    const trial = await openTokenTrial({ limits: { run: { tokens_max: 100 } } })
    const { delivery } = trial.delivered()
    const ask = exchange('orchestrator', delivery.tokenId, 'research')
    expect((await trial.ask({ ...ask, budget_tokens: '101' })).body['error']).toBe('invalid_request')
    expect((await trial.ask({ ...ask, budget_tokens: '100' })).status).toBe(200)
  })
})
