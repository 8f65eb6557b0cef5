/** Every grant over a real socket, good and bad: no token, key, assertion or proof of any of them is seen anywhere after. */
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { sendMessage } from '../support/caller.ts'
import { jwtKey } from '../support/jwt-key.ts'
import { completedTask, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, keyOf, startWeir } from '../support/weir.ts'

const origin = 'http://weir.test'
const typeOf = (name: string): string => `urn:ietf:params:oauth:token-type:${name}`
const grantOf = (name: string): string => `urn:ietf:params:oauth:grant-type:${name}`
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const exchange = { grant_type: grantOf('token-exchange'), subject_token_type: typeOf('jwt') }
const forResearch = { audience: `${origin}/a2a/research` }

test('no token, key, assertion or proof shows in the log, an answer to a refusal, the ledger or the state', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'weir-test-'))
  const [login, abroad, own] = [jwtKey('RS256', 'login'), jwtKey('ES256', 'abroad'), jwtKey('ES256', 'own')]
  for (const { kid, jwk } of [login, abroad, own])
    writeFileSync(join(directory, `${kid}.json`), JSON.stringify({ keys: [jwk] }))
  const jwks = (kid: string): { jwks: string } => ({ jwks: `file:${join(directory, `${kid}.json`)}` })
  const deliveries: string[] = []
  const agent = await startScriptedAgent(({ headers }) => {
    deliveries.push(String(headers['txn-token']))
    return completedTask('done')
  })
  const issuers = { login: 'https://login.example', abroad: 'https://abroad.example' }
  const clients = { portal: 'orchestrator' }
  const weir = await startWeir(
    {
      identity: {
        api_keys: [apiKey('console', 'tomas'), apiKey('orchestrator')],
        tokens: { trust_domain: 'services.example' },
        people: [{ issuer: issuers.login, ...jwks('login'), algorithms: ['RS256'], clients }],
        partners: [
          {
            issuer: issuers.abroad,
            ...jwks('abroad'),
            algorithms: ['ES256'],
            clients,
            person_prefix: 'abroad.example',
          },
        ],
      },
      agents: {
        console: { groups: ['entrypoints'], may_start_runs: true },
        orchestrator: { url: agent.url, may_start_runs: true, client: { autonomous: true, ...jwks('own') } },
        research: { url: agent.url, groups: ['subagents'] },
      },
    },
    directory,
  )
  onTestFinished(async () => {
    await Promise.all([weir.stop(), agent.stop()])
  })
  const secrets = new Set([keyOf('console'), keyOf('orchestrator')])
  const refusals: string[] = []
  const secret = (text: string): string => {
    secrets.add(text)
    return text
  }
  const now_s = Math.floor(Date.now() / 1000)
  const times = { iat: now_s, exp: now_s + 60 }
  let made = 0
  const me = (): Readonly<Record<string, string>> => {
    const claims = { iss: 'agent:orchestrator', sub: 'agent:orchestrator', aud: origin, jti: `a${made++}`, ...times }
    return { client_assertion_type: assertionType, client_assertion: secret(own.sign({}, claims)) }
  }
  const proofKey = { ...jwtKey('ES256', 'proof').jwk, kid: undefined }
  const proof = (nonce?: string): string =>
    secret(
      jwtKey('ES256', 'proof').sign(
        { typ: 'dpop+jwt', jwk: proofKey, kid: undefined },
        { htm: 'POST', htu: `${origin}/oauth/token`, jti: `p${made++}`, iat: now_s, nonce },
      ),
    )
  const ask = async (form: object, path = '/oauth/token', nonce?: string): Promise<Record<string, unknown>> => {
    const body = new URLSearchParams({ ...me(), ...form })
    const headers: Record<string, string> = path === '/oauth/token' ? { dpop: proof(nonce) } : {}
    const answer = await fetch(weir.url + path, { method: 'POST', headers, body })
    const again = answer.headers.get('dpop-nonce')
    if (again !== null && nonce === undefined) return await ask(form, path, again)
    const read = (await answer.json()) as Record<string, unknown>
    if (answer.status !== 200) refusals.push(JSON.stringify(read), JSON.stringify([...answer.headers]))
    if (typeof read.access_token === 'string') secret(read.access_token)
    return read
  }

  const headers = {
    'content-type': 'application/json',
    'a2a-version': '1.0',
    authorization: `Bearer ${keyOf('console')}`,
  }
  await fetch(`${weir.url}/a2a/orchestrator/`, { method: 'POST', headers, body: sendMessage('work') })
  const person = { iss: issuers.login, aud: 'portal', sub: 'tomas', jti: 'l1', ...times }
  const idToken = secret(login.sign({ typ: 'JWT' }, person))
  const vouched = { iss: issuers.abroad, aud: origin, sub: 'mia', client_id: 'portal', jti: 'g1', ...times }
  const idJag = secret(abroad.sign({ typ: 'oauth-id-jag+jwt' }, vouched))
  const asks = [
    { grant_type: 'client_credentials', ...forResearch },
    { ...exchange, ...forResearch, subject_token: idToken },
    { grant_type: grantOf('jwt-bearer'), ...forResearch, assertion: idJag },
    { grant_type: grantOf('jwt-bearer'), ...forResearch, assertion: idJag },
    { ...exchange, ...forResearch, subject_token: `${idToken}x` },
    { ...exchange, ...forResearch, subject_token: deliveries[0] ?? '' },
    { ...exchange, ...forResearch, subject_token: idToken, actor_token: idToken, actor_token_type: typeOf('jwt') },
  ]
  const given: unknown[] = []
  for (const form of asks) given.push((await ask(form)).access_token)
  expect(given.slice(0, 3)).not.toContain(undefined)
  const [token] = given
  await ask({ token }, '/oauth/introspect')
  await ask({ token }, '/oauth/revoke')
  await ask({ ...exchange, ...forResearch, subject_token: token })
  expect(refusals.length).toBeGreaterThan(4)

  await weir.kill('SIGTERM')
  const state = join(directory, 'state')
  const files = readdirSync(state, { recursive: true, withFileTypes: true }).filter((each) => each.isFile())
  const kept = files.map((file) => readFileSync(join(file.parentPath, file.name), 'latin1'))
  expect(kept.join('').length).toBeGreaterThan(1000)
  const seen = [weir.log(), ...refusals, ...kept]
  // Claims and signatures, from their middle: what is kept may have been cut off, and headers are alike.
  const telling = [...secrets].flatMap((each) => {
    const parts = each.split('.')
    return parts.length === 1 ? each : parts.slice(1).map((part) => part.slice(60, 100) || part.slice(-40))
  })
  for (const piece of telling) expect(seen.some((text) => text.includes(piece))).toBe(false)
}, 60_000)
