/** Agents that own nothing but a certificate: they call, they get tokens, and both end with it. In prod, on both engines. */
import { hash, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { CallRecord } from '../../src/domain/record.ts'
import { readLedger } from '../../src/ledger/read.ts'
import { engines } from '../kit/edge.ts'
import { completedTask, type ScriptedAgent, startScriptedAgent } from '../support/scripted-agent.ts'
import { type Pair, TestCa } from '../support/test-ca.ts'
import { TlsCaller } from '../support/tls-caller.ts'
import { namesIn } from '../support/names.ts'
import { startWeir, type Weir, type WeirConfig } from '../support/weir.ts'

const origin = 'https://weir.test'
const reason = 'a test'
const idOf = (slug: string): string => `spiffe://acme.test/agent/${slug}`
const ca = new TestCa()
const server = ca.server()
const console_cert = ca.issue('console', `URI:${idOf('console')}`)
const orchestrator_cert = ca.issue('orchestrator', `URI:${idOf('orchestrator')}`)
const thumbprint = (der: Buffer): string => hash('sha256', der, 'base64url')

/** Of our CA and good for TLS, but no agent's. */
const strangers: Readonly<Record<string, Pair>> = {
  'an ID nobody registered': ca.issue('nobody', `URI:${idOf('nobody')}`),
  'no ID': ca.issue('plain', 'DNS:console'),
  'two IDs': ca.issue('twofold', `URI:${idOf('console')},URI:${idOf('orchestrator')}`),
}

afterAll(() => ca.remove())

const bodyOf = { grant_type: 'client_credentials', resource: `${origin}/a2a/research` }
const nobodyIsTold = `Bearer realm="weir", error="invalid_token", resource_metadata="${origin}/.well-known/oauth-protected-resource/a2a/orchestrator"`

/** An exchange of the delivery token an agent was handed. */
const exchangeOf = (token: string): Readonly<Record<string, string>> => ({
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token: token,
  subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  resource: `${origin}/a2a/research`,
})

function configOf(engine: string, client_cert: string, urls: Readonly<Record<string, string>>): WeirConfig {
  const tls = { cert: server.cert, key: server.key, client_ca: ca.path, client_cert }
  return {
    gateway: { engine, tls, public_url: origin, environment: 'prod' },
    agents: {
      console: { groups: ['entrypoints'], may_start_runs: true, client: { spiffe_id: idOf('console') } },
      orchestrator: {
        url: urls['orchestrator'],
        may_start_runs: true,
        client: { autonomous: true, cert_sha256: [hash('sha256', orchestrator_cert.der, 'hex')] },
      },
      research: { url: urls['research'], groups: ['subagents'] },
    },
  }
}

describe.each(engines)('on the engine %s', (engine) => {
  let weir: Weir
  let caller: TlsCaller
  let orchestrator: ScriptedAgent
  let research: ScriptedAgent
  /** What the orchestrator got while it served its last call. */
  let exchanged: Readonly<Record<string, unknown>> = {}

  beforeAll(async () => {
    research = await startScriptedAgent(() => completedTask('copper is dear'))
    orchestrator = await startScriptedAgent(async ({ headers }) => {
      const txn = String(headers['txn-token'])
      exchanged = await caller.token(orchestrator_cert, exchangeOf(txn))
      const by = { authorization: `Bearer ${String(exchanged['access_token'])}` }
      const byToken = await caller.call('research', orchestrator_cert, by)
      const beside = await caller.call('research', orchestrator_cert, { 'txn-token': txn })
      return completedTask([byToken, beside].map(({ status, text }) => `${status} ${text}`).join('\n'))
    })
    weir = await startWeir(configOf(engine, 'optional', { orchestrator: orchestrator.url, research: research.url }))
    caller = new TlsCaller(weir.url, ca)
  })

  afterAll(async () => {
    await Promise.all([weir.stop(), orchestrator.stop(), research.stop()])
  })

  test('an X.509-SVID is its agent, also in prod; and that agent calls on by its own certificate, in the same run', async () => {
    const said = await caller.call('orchestrator', console_cert)
    expect(said.status).toBe(200)
    expect(said.text.match(/200 /g)).toHaveLength(2)
    expect(said.text.match(/copper is dear/g)).toHaveLength(2)
    // A delivery token is exchanged by the agent it was delivered to, and the token knows the whole chain.
    expect(exchanged).toMatchObject({ token_type: 'Bearer', access_token: expect.any(String) as string })
    expect(decodeJwt(String(exchanged['access_token']))).toMatchObject({
      aud: `${origin}/a2a/research`,
      client_id: 'agent:orchestrator',
      cnf: { 'x5t#S256': thumbprint(orchestrator_cert.der) },
    })
    const runs = [...orchestrator.asked.slice(-1), ...research.asked.slice(-2)].map(
      ({ headers }) => decodeJwt(String(headers['txn-token']))['txn'],
    )
    expect([runs.length, new Set(runs).size]).toEqual([3, 1])
    const stolen = String(orchestrator.asked.at(-1)?.headers['txn-token'])
    expect(await caller.token(console_cert, exchangeOf(stolen))).toMatchObject({ error: 'invalid_request' })
  })

  test('a token got with a certificate is good over that certificate and over no other', async () => {
    const { access_token, token_type } = await caller.token(orchestrator_cert, bodyOf)
    expect([token_type, decodeJwt(String(access_token))]).toMatchObject([
      'Bearer',
      { cnf: { 'x5t#S256': thumbprint(orchestrator_cert.der) } },
    ])
    const by = { authorization: `Bearer ${String(access_token)}` }
    expect((await caller.call('research', orchestrator_cert, by)).status).toBe(200)
    for (const other of [console_cert, ...Object.values(strangers), null])
      expect((await caller.call('research', other, by)).status).toBe(401)
    expect(await caller.token(null, bodyOf)).toMatchObject({ error: 'invalid_client' })
  })

  test.each(Object.keys(strangers))(
    'a certificate with %s is told what a caller with nothing is told',
    async (what) => {
      const stranger = strangers[what] ?? null
      expect(stranger).not.toBeNull()
      for (const shown of [stranger, null])
        expect(await caller.call('orchestrator', shown)).toMatchObject({ status: 401, challenge: nobodyIsTold })
      expect(await caller.token(stranger, bodyOf)).toMatchObject({ error: 'invalid_client' })
    },
  )

  test('a header that does not count is not made good by the certificate', async () => {
    const authorization = `Bearer wk_console_${randomUUID()}`
    expect((await caller.call('orchestrator', console_cert, { authorization })).status).toBe(401)
  })

  test('the certificate of a revoked agent is out until it is given back, and its successor is in at once', async () => {
    const calls = async (pair: Pair): Promise<number> => (await caller.call('orchestrator', pair)).status
    await weir.ask('/api/v1/agents/console/revoke', { reason })
    const revokedAt = Date.now()
    expect(await calls(console_cert)).toBe(401)
    await new Promise((resolve) => setTimeout(resolve, 2000 - (revokedAt % 1000)))
    expect(await calls(ca.issue(`renewed-${engine}`, `URI:${idOf('console')}`))).toBe(200)
    expect(await calls(console_cert)).toBe(401)
    await weir.ask('/api/v1/agents/console/release', { reason })
    expect(await calls(console_cert)).toBe(200)
  })

  test('one certificate is revoked by its thumbprint, for calls and for tokens', async () => {
    const order = { reason, jti: thumbprint(orchestrator_cert.der) }
    await weir.ask('/api/v1/tokens/revoke', order)
    expect(await caller.token(orchestrator_cert, bodyOf)).toMatchObject({ error: 'invalid_client' })
    expect((await caller.call('research', orchestrator_cert)).status).toBe(401)
    await weir.ask('/api/v1/tokens/restore', order)
    expect((await caller.call('research', orchestrator_cert)).status).toBe(200)
    expect(await caller.token(orchestrator_cert, bodyOf)).toMatchObject({ token_type: 'Bearer' })
  })
})

test.each(engines)('where a certificate is required, nobody comes in without one on %s', async (engine) => {
  const orchestrator = await startScriptedAgent(() => completedTask('done'))
  const weir = await startWeir(configOf(engine, 'required', { orchestrator: orchestrator.url }))
  onTestFinished(async () => {
    await Promise.all([weir.stop(), orchestrator.stop()])
  })
  const caller = new TlsCaller(weir.url, ca)
  expect((await caller.call('orchestrator', console_cert)).status).toBe(200)
  expect(await caller.call('orchestrator', null)).toMatchObject({
    status: 401,
    text: expect.stringContaining('certificate_required') as string,
  })
  await weir.kill('SIGTERM')

  // The record says by which certificate the one call came.
  const records: CallRecord[] = []
  for await (const item of readLedger(
    join(weir.directory, 'state', 'ledger'),
    0,
    namesIn(join(weir.directory, 'state')),
  ))
    if (item.kind === 'entry' && item.entry.kind === 'call') records.push(item.entry)
  expect(records).toMatchObject([{ cred_type: 'client_cert', cred_id: thumbprint(console_cert.der) }])
})
