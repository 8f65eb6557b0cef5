/**
 * Txn-Tokens over real sockets, judged by a validator that is written here from the rules of the draft
 * (draft-ietf-oauth-transaction-tokens-10) with jose, and shares nothing with the gateway's own reader.
 */
import { createRemoteJWKSet, decodeJwt, type JWTPayload, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sendMessage } from '../support/caller.ts'
import { completedTask, type ScriptedAgent, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, keyOf, startWeir, type Weir } from '../support/weir.ts'

const origin = 'http://weir.test'
const trustDomain = 'services.acme.example'
const typeOf = (name: string): string => `urn:ietf:params:oauth:token-type:${name}`
const txnType = typeOf('txn_token')
const details = [{ type: 'agent_invoke', targets: ['archive', 'desk'] }]

let agent: ScriptedAgent
let weir: Weir
/** The delivery token of a call that is under way. */
let delivery: string
let release: () => void = () => undefined

beforeAll(async () => {
  let arrived: (token: string) => void = () => undefined
  const came = new Promise<string>((resolve) => (arrived = resolve))
  const open = new Promise<void>((resolve) => (release = resolve))
  agent = await startScriptedAgent(async ({ headers }) => {
    arrived(String(headers['txn-token']))
    await open
    return completedTask('done')
  })
  weir = await startWeir({
    identity: {
      api_keys: [apiKey('console', 'tomas'), apiKey('orchestrator'), apiKey('research')],
      tokens: { trust_domain: trustDomain },
    },
    agents: {
      console: { groups: ['entrypoints'], may_start_runs: true },
      orchestrator: { url: agent.url, client: { authorization_details: details } },
      research: { url: agent.url },
    },
  })
  void call('console').catch(() => undefined)
  delivery = await came
}, 60_000)

afterAll(async () => {
  release()
  await weir.stop()
  await agent.stop()
})

async function call(from: string): Promise<Response> {
  const headers = { 'content-type': 'application/json', 'a2a-version': '1.0', authorization: `Bearer ${keyOf(from)}` }
  return await fetch(`${weir.url}/a2a/orchestrator/`, { method: 'POST', headers, body: sendMessage('work') })
}

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

async function ask(from: string, change: Readonly<Record<string, string | undefined>> = {}): Promise<Answer> {
  const form = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    requested_token_type: txnType,
    subject_token: delivery,
    subject_token_type: typeOf('jwt'),
    audience: trustDomain,
    scope: 'ledger.read ledger.write',
    ...change,
  }
  const body = new URLSearchParams(
    Object.entries(form).flatMap(([k, v]) => (v === undefined ? [] : [[k, v] as [string, string]])),
  )
  const headers = { authorization: `Bearer ${keyOf(from)}` }
  const answer = await fetch(`${weir.url}/oauth/token`, { method: 'POST', headers, body })
  return { status: answer.status, body: (await answer.json()) as Answer['body'] }
}

function rawOf({ status, body }: Answer): string {
  expect([status, body['error'], typeof body['access_token']]).toEqual([200, undefined, 'string'])
  return String(body['access_token'])
}

/** Everything the draft asks of a Txn-Token and of those who receive one. */
async function validated(raw: string): Promise<JWTPayload> {
  const keys = createRemoteJWKSet(new URL(`${weir.url}/.well-known/jwks.json`))
  const required = ['iat', 'aud', 'exp', 'txn', 'sub', 'scope', 'req_wl']
  const { payload } = await jwtVerify(raw, keys, {
    typ: 'txntoken+jwt',
    algorithms: ['ES256'],
    issuer: origin,
    audience: trustDomain,
    requiredClaims: required,
  })
  for (const name of ['txn', 'sub', 'scope', 'req_wl']) expect(typeof payload[name]).toBe('string')
  expect(payload.aud).toBe(trustDomain)
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBeGreaterThan(0)
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBeLessThanOrEqual(300)
  for (const name of ['tctx', 'rctx'])
    if (payload[name] !== undefined) expect(Object.getPrototypeOf(payload[name])).toBe(Object.prototype)
  // What was received at the door is not in it, and nothing that would bind it or let it act.
  for (const name of ['act', 'may_act', 'cnf', 'client_id', 'azd', 'purp']) expect(payload).not.toHaveProperty(name)
  expect(JSON.stringify(payload)).not.toContain(delivery.split('.')[1])
  return payload
}

/** What one may become by replacement. */
function replaces(next: JWTPayload, before: JWTPayload, client: string): void {
  for (const name of ['txn', 'sub', 'aud', 'iss']) expect(next[name]).toEqual(before[name])
  expect(next['req_wl']).toBe(`${String(before['req_wl'])},${client}`)
  const held = String(before['scope']).split(' ')
  expect(
    String(next['scope'])
      .split(' ')
      .filter((scope) => !held.includes(scope)),
  ).toEqual([])
  expect(next.exp).toBeLessThanOrEqual(before.exp ?? 0)
}

describe('a Txn-Token', () => {
  test('says the run, the person and the client, as every service of the trust domain can check', async () => {
    const answer = await ask('orchestrator')
    expect(answer.body).toMatchObject({ issued_token_type: txnType, token_type: 'N_A', expires_in: 120 })
    expect(answer.body).not.toHaveProperty('refresh_token')
    const payload = await validated(rawOf(answer))
    const chain = decodeJwt(delivery)
    expect(payload).toMatchObject({
      txn: chain['txn'],
      sub: 'user:tomas',
      req_wl: 'agent:orchestrator',
      scope: 'ledger.read ledger.write',
      tctx: { authorization_details: details },
      rctx: { agent: 'agent:orchestrator', depth: 1, dlg_head: (chain['dlg'] as { head: string }).head },
    })
  })

  test('lets nobody in at Weir: not as a credential, not as a delivery, not as a subject of another token', async () => {
    const raw = rawOf(await ask('orchestrator'))
    const bearer = { authorization: `Bearer ${raw}`, 'content-type': 'application/json', 'a2a-version': '1.0' }
    const shown = await fetch(`${weir.url}/a2a/orchestrator/`, { method: 'POST', headers: bearer, body: '{}' })
    expect(shown.status).toBe(401)
    const carried = { ...bearer, authorization: `Bearer ${keyOf('orchestrator')}`, 'txn-token': raw }
    const body = sendMessage('onward')
    expect((await fetch(`${weir.url}/a2a/research/`, { method: 'POST', headers: carried, body })).status).toBe(401)
    const access = {
      requested_token_type: typeOf('access_token'),
      audience: `${origin}/a2a/research`,
      scope: undefined,
    }
    for (const subject_token_type of [txnType, typeOf('jwt'), typeOf('access_token')]) {
      const answer = await ask('orchestrator', { ...access, subject_token: raw, subject_token_type })
      expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_request'])
    }
  })

  test.each([
    ['without a scope', { scope: undefined }, 'invalid_request'],
    ['for another audience', { audience: 'elsewhere' }, 'invalid_target'],
    ['for one of our resources', { audience: `${origin}/a2a/research` }, 'invalid_target'],
    ['for a resource beside it', { resource: `${origin}/a2a/research` }, 'invalid_target'],
    ['by another grant', { grant_type: 'client_credentials' }, 'invalid_request'],
    ['with half an actor', { actor_token: 'x' }, 'invalid_request'],
    ['for more than is held', { authorization_details: '[{"type":"agent_invoke"}]' }, 'invalid_authorization_details'],
    ['with a forged subject', { subject_token: 'e30.e30.e30' }, 'invalid_request'],
    ['in another run', { run_id: `run_${'0'.repeat(32)}` }, 'invalid_request'],
  ])('%s is refused', async (_what, change, error) => {
    const { status, body } = await ask('orchestrator', change)
    expect([status, body['error']]).toEqual([400, error])
  })

  test('is not made of what was delivered to somebody else', async () => {
    expect((await ask('research')).body['error']).toBe('invalid_request')
  })
})

describe('the replacement of a Txn-Token', () => {
  const again = { subject_token_type: txnType }

  test('keeps txn, sub and aud, adds its client, holds less and lives no longer', async () => {
    const first = rawOf(await ask('orchestrator'))
    const second = rawOf(await ask('research', { ...again, subject_token: first, scope: 'ledger.read' }))
    const [before, next] = [await validated(first), await validated(second)]
    replaces(next, before, 'agent:research')
    expect(next['rctx']).toEqual(before['rctx'])
    expect(next['tctx']).toEqual(before['tctx'])
    const third = rawOf(await ask('orchestrator', { ...again, subject_token: second, scope: 'ledger.read' }))
    replaces(await validated(third), next, 'agent:orchestrator')
  })

  test('never widens', async () => {
    const scope = 'ledger.read'
    const subject_token = rawOf(await ask('orchestrator', { scope }))
    const wider = await ask('research', { ...again, subject_token, scope: 'ledger.read ledger.write' })
    expect(wider.body['error']).toBe('invalid_scope')
    const authorization_details = '[{"type":"agent_invoke","targets":["archive","desk","vault"]}]'
    const more = await ask('research', { ...again, subject_token, scope, authorization_details })
    expect(more.body['error']).toBe('invalid_authorization_details')
  })

  test('is never made of one that has expired', async () => {
    const short = await startWeir({
      identity: {
        api_keys: [apiKey('console', 'tomas'), apiKey('orchestrator')],
        tokens: { trust_domain: trustDomain, call_ttl_s: 10 },
      },
      agents: { console: { groups: ['entrypoints'], may_start_runs: true }, orchestrator: { url: agent.url } },
    })
    const kept = { weir, delivery }
    try {
      weir = short
      void call('console').catch(() => undefined)
      await expect.poll(() => agent.asked.length, { timeout: 20_000 }).toBeGreaterThan(1)
      delivery = String(agent.asked.at(-1)?.headers['txn-token'])
      const subject_token = rawOf(await ask('orchestrator'))
      // A second later it could live longer than the first.
      await new Promise((resolve) => setTimeout(resolve, 1500))
      const next = decodeJwt(rawOf(await ask('orchestrator', { ...again, subject_token })))
      expect(next.exp).toBeLessThanOrEqual(decodeJwt(subject_token).exp ?? 0)
      const left_ms = (decodeJwt(subject_token).exp ?? 0) * 1000 - Date.now()
      await new Promise((resolve) => setTimeout(resolve, left_ms + 50))
      expect((await ask('orchestrator', { ...again, subject_token })).body['error']).toBe('invalid_request')
    } finally {
      ;({ weir, delivery } = kept)
      await short.kill('SIGKILL')
      await short.stop()
    }
  }, 60_000)

  test('is refused while whoever began the run is contained, though no Txn-Token names it', async () => {
    const subject_token = rawOf(await ask('orchestrator'))
    await weir.ask('/api/v1/agents/console/contain', { reason: 'stolen' })
    expect((await ask('research', { ...again, subject_token })).body['error']).toBe('invalid_request')
    await weir.ask('/api/v1/agents/console/release', { reason: 'found' })
    rawOf(await ask('research', { ...again, subject_token }))
  })

  test('ends with the run', async () => {
    const subject_token = rawOf(await ask('orchestrator'))
    const { txn } = decodeJwt(subject_token)
    await weir.ask(`/api/v1/runs/${String(txn)}/halt`, { reason: 'enough', actor: 'ana' })
    expect((await ask('research', { ...again, subject_token })).body['error']).toBe('invalid_request')
    expect((await ask('orchestrator')).body['error']).toBe('invalid_request')
  })
})
