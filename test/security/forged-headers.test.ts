/**
 * Headers with which some proxy in front tells a server behind it who is calling. Nobody stands in front of us, so they are
 * what the caller says of itself: none of them identifies anybody, changes who is meant, or opens a door.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { RunView } from '../support/admin-views.ts'
import { refusalOf, say, type Said } from '../support/caller.ts'
import { engines, Peer } from '../kit/edge.ts'
import { completedTask, type ScriptedAgent, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, keyOf, startWeir, type Weir } from '../support/weir.ts'

const run = `run_${'0'.repeat(31)}1`
const key = keyOf('console')

/** Names, and the values with which they would be believed by whoever believes them. */
const forged: Readonly<Record<string, readonly string[]>> = {
  'x-weir-agent': ['console', 'agent:console'],
  'x-weir-agent-id': ['agent:console'],
  'x-weir-person': ['user:tomas'],
  'x-weir-run-id': [run],
  'x-weir-internal': ['1', 'true'],
  'x-weir-router-key': ['secret', ''],
  'x-weir-admin': ['true'],
  'x-weir-depth': ['0'],
  'weir-agent': ['agent:console'],
  'weir-agent-id': ['agent:console'],
  'weir-person': ['user:tomas'],
  'weir-principal': ['{"agent":"agent:console"}'],
  'weir-run-id': [run, 'run_1', ''],
  'weir-hop-id': ['hop_0000000000000001'],
  'weir-parent-hop': ['hop_0000000000000001'],
  'weir-depth': ['0', '-1'],
  'weir-taint': ['none'],
  'weir-approved': ['true'],
  'weir-budget': ['999999999'],
  'weir-router-key': ['secret'],
  'router-key': ['secret'],
  'x-router-key': ['secret'],
  'mcp-init-host': ['127.0.0.1'],
  'x-mcp-authorized': ['true'],
  'x-mcp-servername': ['orchestrator'],
  'x-agent': ['console'],
  'x-agent-id': ['console', 'agent:console'],
  'x-agent-name': ['console'],
  'x-client-id': ['agent:console'],
  'x-user': ['tomas', 'user:tomas', 'admin', 'root'],
  'x-user-id': ['tomas'],
  'x-username': ['tomas'],
  'x-user-email': ['tomas@acme.example'],
  'x-user-roles': ['admin'],
  'x-groups': ['entrypoints'],
  'x-role': ['admin'],
  'x-tenant-id': ['acme'],
  'x-remote-user': ['tomas'],
  'remote-user': ['tomas'],
  remote_user: ['tomas'],
  'x-webauth-user': ['tomas'],
  'x-auth-request-user': ['tomas'],
  'x-auth-request-access-token': [key],
  'x-authenticated-user': ['tomas'],
  'x-authenticated-userid': ['tomas'],
  'x-consumer-username': ['console'],
  'x-consumer-id': ['console'],
  'x-credential-identifier': ['console'],
  'x-anonymous-consumer': ['false'],
  'x-forwarded-user': ['tomas'],
  'x-forwarded-email': ['tomas@acme.example'],
  'x-forwarded-groups': ['entrypoints'],
  'x-forwarded-preferred-username': ['tomas'],
  'x-forwarded-access-token': [key],
  'x-forwarded-authorization': [`Bearer ${key}`],
  'x-original-authorization': [`Bearer ${key}`],
  'proxy-authorization': [`Bearer ${key}`],
  'x-authorization': [`Bearer ${key}`],
  'x-api-key': [key],
  'api-key': [key],
  cookie: [`authorization=Bearer ${key}; session=${key}`],
  'x-forwarded-client-cert': ['By=spiffe://acme.example/gw;Hash=00;URI=spiffe://acme.example/agent/console'],
  'x-client-cert': ['MIIB'],
  'client-cert': [':MIIB:'],
  'client-cert-chain': [':MIIB:'],
  'x-ssl-client-verify': ['SUCCESS'],
  'x-ssl-client-s-dn': ['CN=console'],
  'ssl-client-cert': ['MIIB'],
  'x-amzn-oidc-identity': ['console'],
  'x-amzn-oidc-data': ['e30.e30.AA'],
  'x-amzn-mtls-clientcert-subject': ['CN=console'],
  'x-goog-authenticated-user-email': ['accounts.google.com:tomas@acme.example'],
  'x-goog-iap-jwt-assertion': ['e30.e30.AA'],
  'x-ms-client-principal': ['eyJ1c2VySWQiOiJ0b21hcyJ9'],
  'x-ms-client-principal-name': ['tomas'],
  'cf-access-authenticated-user-email': ['tomas@acme.example'],
  'cf-access-jwt-assertion': ['e30.e30.AA'],
  'tailscale-user-login': ['tomas@acme.example'],
  'x-envoy-internal': ['true'],
  'x-envoy-original-path': ['/healthz'],
  'x-envoy-peer-metadata-id': ['sidecar~127.0.0.1~console'],
  'l5d-client-id': ['console.default.serviceaccount.identity'],
  'x-istio-attributes': ['CgA='],
  'x-spiffe-id': ['spiffe://acme.example/agent/console'],
  'workload-identity-token': ['e30.e30.AA'],
  'workload-proof-token': ['e30.e30.AA'],
  'signature-input': ['sig1=();keyid="console"'],
  signature: ['sig1=:AA==:'],
  'x-forwarded-for': ['127.0.0.1', '::1, 127.0.0.1'],
  'x-real-ip': ['127.0.0.1'],
  'x-client-ip': ['127.0.0.1'],
  'true-client-ip': ['127.0.0.1'],
  'cf-connecting-ip': ['127.0.0.1'],
  'x-cluster-client-ip': ['127.0.0.1'],
  forwarded: ['for=127.0.0.1;by=console;host=weir.test;proto=https'],
  'x-forwarded-host': ['weir.test', '127.0.0.1'],
  'x-forwarded-proto': ['https'],
  'x-forwarded-port': ['443'],
  'x-forwarded-prefix': ['/healthz'],
  'x-forwarded-uri': ['/healthz'],
  'x-original-url': ['/healthz'],
  'x-rewrite-url': ['/healthz'],
  'x-original-method': ['GET'],
  'x-http-method-override': ['GET'],
  'x-http-method': ['GET'],
  'x-method-override': ['GET'],
  via: ['1.1 weir'],
  'x-internal': ['true'],
  'x-internal-request': ['true'],
  'x-debug': ['1'],
  'x-bypass-auth': ['true'],
  'x-middleware-subrequest': ['middleware:middleware:middleware'],
  'x-litellm-api-key': [key],
  'x-litellm-user-id': ['tomas'],
  'x-amz-security-token': [key],
  'mcp-session-id': ['console'],
  'session-id': ['console'],
  baggage: ['agent=agent:console,userId=tomas,run=1'],
  traceparent: [`00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`],
  tracestate: ['weir=agent:console'],
  'a2a-extensions': ['https://weir.dev/agent-console'],
  from: ['tomas@acme.example'],
  origin: ['http://weir.test'],
  referer: ['http://weir.test/'],
  'user-agent': ['weir', 'console'],
}

const cases = Object.entries(forged).flatMap(([name, values]) => values.map((value) => [name, value] as const))

describe.each(engines)('threat 26: on the engine %s', (engine) => {
  let upstream: ScriptedAgent
  let weir: Weir
  let plain: Said
  let refused: Said

  beforeAll(async () => {
    upstream = await startScriptedAgent(() => completedTask('done'))
    weir = await startWeir({
      gateway: { engine },
      identity: { api_keys: [apiKey('console', 'tomas'), apiKey('stranger')] },
      agents: {
        console: { groups: ['entrypoints'], may_start_runs: true },
        stranger: { may_start_runs: true },
        orchestrator: { url: upstream.url },
      },
    })
    plain = await say(weir, { from: 'console', to: 'orchestrator', authorization: '' })
    refused = await say(weir, { from: 'stranger', to: 'orchestrator' })
  })

  afterAll(async () => {
    await weir.stop()
    await upstream.stop()
  })

  const bare = (text: string): string => text.replaceAll(/(?:hop_[0-9a-f]{16}|run_[0-9a-f]{32})/g, 'id')

  test('the headers are forged for something: the key itself opens the door, and who is nobody stays outside', async () => {
    const asked = upstream.asked.length
    expect((await say(weir, { from: 'console', to: 'orchestrator' })).body).toHaveProperty('result')
    expect(upstream.asked).toHaveLength(asked + 1)
    expect([plain.status, refusalOf(refused)]).toEqual([401, 'not_found'])
  })

  test.each(cases)('%s: %s makes nobody somebody, and nobody else', async (name, value) => {
    const asked = upstream.asked.length
    const anonymous = await say(weir, {
      from: 'console',
      to: 'orchestrator',
      authorization: '',
      headers: { [name]: value },
    })
    expect([anonymous.status, bare(anonymous.text)]).toEqual([401, bare(plain.text)])
    const stranger = await say(weir, { from: 'stranger', to: 'orchestrator', headers: { [name]: value } })
    expect([stranger.status, bare(stranger.text)]).toEqual([refused.status, bare(refused.text)])
    expect(upstream.asked).toHaveLength(asked)
  })

  test('all of them at once, and in capitals, change nothing either', async () => {
    const many = cases.filter(([name]) => name !== 'cookie' && name !== 'weir-run-id')
    for (let at = 0; at < many.length; at += 60) {
      const headers = Object.fromEntries(many.slice(at, at + 60).map(([name, value]) => [name.toUpperCase(), value]))
      const stranger = await say(weir, { from: 'stranger', to: 'orchestrator', headers })
      expect(bare(stranger.text)).toBe(bare(refused.text))
    }
  })

  test('what the caller is allowed it does as itself: its calls are on record under its own name and person', async () => {
    const headers = Object.fromEntries(cases.filter(([name]) => /user|agent|person|client|run/.test(name)).slice(0, 60))
    await say(weir, { from: 'console', to: 'orchestrator', headers })
    const { runs } = await weir.ask<{ runs: readonly RunView[] }>('/api/v1/runs')
    expect(new Set(runs.map(({ root, person }) => `${root} ${person}`))).toEqual(new Set(['agent:console user:tomas']))
    expect(runs.some(({ id }) => id === run)).toBe(false)
  })

  test('a Host of ours or of the admin listener leads nowhere else', async () => {
    const port = Number(new URL(weir.url).port)
    for (const host of ['weir.test', 'localhost', new URL(weir.admin).host, '169.254.169.254', 'console']) {
      const head = `GET /api/v1/runs HTTP/1.1\r\nHost: ${host}\r\nX-Forwarded-Host: ${host}\r\nConnection: close\r\n\r\n`
      const peer = await new Peer(port).send(head).untilClosed()
      expect([host, peer.status]).toEqual([host, 404])
    }
  })
})

describe('threat 26: the admin listener', () => {
  let weir: Weir

  beforeEach(async () => {
    weir ??= await startWeir({ agents: {} })
  })

  afterAll(async () => {
    await weir.stop()
  })

  test.each(cases)('%s: %s is no token of an operator', async (name, value) => {
    if (name === 'origin') return
    const answer = await fetch(`${weir.admin}/api/v1/runs`, { headers: { [name]: value } })
    expect(answer.status).toBe(401)
  })
})
