/** A caller with a bound token and a real gateway: it is asked for a nonce, comes back with it, and gets in once. */
import { createPrivateKey } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { sendMessage } from '../support/caller.ts'
import { holder, prove } from '../support/dpop-kit.ts'
import { forge, keysIn } from '../support/identity-kit.ts'
import { startWeir, type Weir } from '../support/weir.ts'

const origin = 'http://weir.test'
const directory = mkdtempSync(join(tmpdir(), 'weir-dpop-'))
let weir: Weir

beforeAll(async () => {
  const gateway = { environment: 'prod' }
  const agents = {
    console: { groups: ['entrypoints'], may_start_runs: true },
    orchestrator: { url: 'http://127.0.0.1:9/' },
  }
  weir = await startWeir({ gateway, agents }, directory)
})

afterAll(async () => {
  await weir.stop()
})

const metadata = `resource_metadata="${origin}/.well-known/oauth-protected-resource/a2a/orchestrator"`

/** A call token of the gateway itself, for the console. */
function tokenWith(cnf: object | undefined): string {
  const keys = keysIn(join(directory, 'state'), systemClock)
  const now_s = Math.floor(Date.now() / 1000)
  const who = { client_id: 'agent:console', sub: 'agent:console', sub_profile: 'service', jti: 'wire' }
  const claims = { iss: origin, aud: origin, ...who, iat: now_s, exp: now_s + 120, cnf }
  const key = createPrivateKey({ key: keys.privateJwk, format: 'jwk' })
  return forge(key, { alg: 'ES256', typ: 'at+jwt', kid: keys.kid }, claims)
}

async function call(authorization: string, dpop?: string): Promise<Response> {
  const headers = {
    authorization,
    'content-type': 'application/json',
    'a2a-version': '1.0',
    ...(dpop === undefined ? {} : { dpop }),
  }
  return await fetch(`${weir.url}/a2a/orchestrator`, { method: 'POST', headers, body: sendMessage('hello') })
}

test('a bound token needs its key and a fresh nonce, and each proof serves once', async () => {
  const by = await holder()
  const token = tokenWith({ jkt: by.jkt })
  const shown = { htu: `${origin}/a2a/orchestrator`, at: Date.now(), token }
  const bearer = await call(`Bearer ${token}`)
  expect([bearer.status, bearer.headers.get('www-authenticate')]).toEqual([
    401,
    `DPoP realm="weir", error="invalid_token", algs="ES256 ES384 EdDSA Ed25519 RS256 PS256", ${metadata}`,
  ])
  const asked = await call(`DPoP ${token}`, prove(by, shown))
  expect(asked.headers.get('www-authenticate')).toContain('error="use_dpop_nonce"')
  const nonce = asked.headers.get('dpop-nonce') ?? ''
  const proof = prove(by, { ...shown, at: Date.now(), nonce })
  const answers = await Promise.all(Array.from({ length: 20 }, async () => await call(`DPoP ${token}`, proof)))
  expect(answers.map(({ status }) => status).filter((status) => status !== 401)).toEqual([200])
  const again = await call(`DPoP ${token}`, proof)
  expect([again.status, again.headers.get('www-authenticate')]).toEqual([
    401,
    expect.stringContaining('invalid_dpop_proof'),
  ])
})

test('in prod a bearer token of our own is refused by policy, and a caller without any says where tokens are had', async () => {
  const refused = await call(`Bearer ${tokenWith(undefined)}`)
  expect(await refused.text()).toContain('[weir:policy_denied]')
  const nobody = await fetch(`${weir.url}/a2a/orchestrator`, { method: 'POST', body: sendMessage('hello') })
  expect([nobody.status, nobody.headers.get('www-authenticate')]).toEqual([
    401,
    `Bearer realm="weir", error="invalid_token", ${metadata}`,
  ])
})
