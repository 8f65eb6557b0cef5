/**
 * Unmodified OAuth clients before a real gateway: an agent that serves a call exchanges its delivery token (RFC 8693) and
 * calls on with DPoP (RFC 9449). Right after its start the gateway asks for nonces, so each client has to come again.
 */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { say, sendMessage } from '../support/caller.ts'
import { onlyKey, type RegisteredClient, registerClient } from '../support/registered-client.ts'
import { completedTask, type ScriptedAgent, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, startWeir, type Weir } from '../support/weir.ts'

const directory = mkdtempSync(join(tmpdir(), 'weir-stock-'))
const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'
const a2a = { 'content-type': 'application/json', 'a2a-version': '1.0' }
const insecure = { [oauth.allowInsecureRequests]: true }
const algs = ['ES256', 'Ed25519', 'PS256', 'RS256']

let weir: Weir
let me: RegisteredClient
let orchestrator: ScriptedAgent
let research: ScriptedAgent
/** What the orchestrator does with the delivery token of the call it serves. */
let serve: (delivery: string) => Promise<string>

beforeAll(async () => {
  me = await registerClient('orchestrator', directory, algs)
  orchestrator = await startScriptedAgent(async ({ headers }) =>
    completedTask(await serve(String(headers['txn-token']))),
  )
  research = await startScriptedAgent(() => completedTask('the price of copper'))
  weir = await startWeir(
    {
      gateway: { public_url: undefined },
      identity: { api_keys: [apiKey('console', 'tomas')], tokens: { bearer: 'refuse' }, dpop: { nonce: 'always' } },
      agents: {
        console: { groups: ['entrypoints'], may_start_runs: true },
        orchestrator: { url: orchestrator.url, client: { ...me.row, autonomous: true }, may_start_runs: true },
        research: { url: research.url, groups: ['subagents'] },
      },
    },
    directory,
  )
})

afterAll(async () => {
  await Promise.all([weir.stop(), orchestrator.stop(), research.stop()])
})

const resource = (): URL => new URL(`${weir.url}/a2a/research`)

const asked = (delivery: string): Record<string, string> => ({
  subject_token: delivery,
  subject_token_type: accessTokenType,
  resource: resource().href,
})

/** Has the orchestrator serve one call of the console; what it throws ends the test. */
async function served<T>(act: (delivery: string) => Promise<T>): Promise<T> {
  const done = Promise.withResolvers<T>()
  serve = async (delivery) => {
    await act(delivery).then(done.resolve, done.reject)
    return 'served'
  }
  const said = await say(weir, { from: 'console', to: 'orchestrator' })
  expect(said.text).toContain('served')
  return await done.promise
}

async function openidClient(key: RegisteredClient['keys'][number]): Promise<client.Configuration> {
  const auth = client.PrivateKeyJwt(key)
  const how: client.DiscoveryRequestOptions = { algorithm: 'oauth2', execute: [client.allowInsecureRequests] }
  return await client.discovery(new URL(weir.url), me.id, undefined, auth, how)
}

test.each(algs)('openid-client exchanges a delivery token and calls on with DPoP, all with %s', async (alg) => {
  const config = await openidClient(me.keys[algs.indexOf(alg)] ?? onlyKey(me))
  const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair(alg))
  const { token, answer } = await served(async (delivery) => {
    const got = await client.genericGrantRequest(config, exchange, asked(delivery), { DPoP })
    const [headers, body] = [new Headers(a2a), sendMessage('copper?')]
    const options = { DPoP }
    const said = await client.fetchProtectedResource(
      config,
      got.access_token,
      resource(),
      'POST',
      body,
      headers,
      options,
    )
    return { token: got, answer: await said.text() }
  })
  expect(answer).toContain('the price of copper')
  expect(token).toMatchObject({ token_type: 'dpop', issued_token_type: accessTokenType })
  const jkt = await DPoP.calculateThumbprint()
  const actors = { sub: 'agent:orchestrator', act: { sub: 'agent:console' } }
  expect(decodeJwt(token.access_token)).toMatchObject({ sub: 'user:tomas', act: actors, cnf: { jkt } })
  const delivered = decodeJwt(String(research.asked.at(-1)?.headers['txn-token']))
  expect(delivered).toMatchObject({ sub: 'user:tomas', act: actors, may_act: { sub: 'agent:research' } })
})

test('openid-client gets a token of its own by client credentials, asks about it, and gives it back', async () => {
  const config = await openidClient(onlyKey(me))
  const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))
  const token = await client.clientCredentialsGrant(config, { resource: resource().href }, { DPoP })
  const seen = await client.tokenIntrospection(config, token.access_token)
  expect(seen).toMatchObject({ active: true, sub: me.id, sub_profile: 'service', aud: resource().href })
  await client.tokenRevocation(config, token.access_token)
  expect(await client.tokenIntrospection(config, token.access_token)).toEqual({ active: false })
})

test('openid-client sees in a refusal which error it is', async () => {
  const config = await openidClient(onlyKey(me))
  const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))
  const elsewhere = { resource: `${weir.url}/a2a/console` }
  await expect(client.clientCredentialsGrant(config, elsewhere, { DPoP })).rejects.toMatchObject({
    code: 'OAUTH_RESPONSE_BODY_ERROR',
    error: 'invalid_target',
    status: 400,
  })
  const stranger = client.PrivateKeyJwt({ key: (await oauth.generateKeyPair('ES256')).privateKey, kid: 'no-such-key' })
  const unknown = new client.Configuration(config.serverMetadata(), me.id, undefined, stranger)
  client.allowInsecureRequests(unknown)
  // Every 401 has a challenge (RFC 9110 section 15.5.2), and the library reports that rather than the body.
  await expect(client.clientCredentialsGrant(unknown, elsewhere)).rejects.toMatchObject({
    code: 'OAUTH_WWW_AUTHENTICATE_CHALLENGE',
    cause: [{ scheme: 'bearer', parameters: { error: 'invalid_client' } }],
  })
})

test('oauth4webapi finds its way from a refused call to a token, and calls on', async () => {
  const { authorization_servers } = await metadataOf(await challenged())
  const issuer = new URL(authorization_servers?.[0] ?? '')
  expect(issuer.origin).toBe(weir.url)
  const found = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure })
  const as = await oauth.processDiscoveryResponse(issuer, found)
  const who: oauth.Client = { client_id: me.id }
  const DPoP = oauth.DPoP(who, await oauth.generateKeyPair('ES256'))
  const auth = oauth.PrivateKeyJwt(onlyKey(me))
  let asks = 0
  const answer = await served(async (delivery) => {
    const { access_token } = await withNonce(async () => {
      asks += 1
      const form = new URLSearchParams(asked(delivery))
      const got = await oauth.genericTokenEndpointRequest(as, who, auth, exchange, form, { DPoP, ...insecure })
      return await oauth.processGenericTokenEndpointResponse(as, who, got)
    })
    return await withNonce(async () => {
      const [headers, body] = [new Headers(a2a), sendMessage('copper?')]
      const options = { DPoP, ...insecure }
      return await oauth.protectedResourceRequest(access_token, 'POST', resource(), headers, body, options)
    })
  })
  expect(await answer.text()).toContain('the price of copper')
  expect(asks).toBe(2)
})

/** The challenge to somebody who calls with a token that is none. */
async function challenged(): Promise<string> {
  const refused = await oauth
    .protectedResourceRequest('no.such.token', 'POST', resource(), new Headers(a2a), sendMessage('x'), insecure)
    .catch((error: unknown) => error)
  if (!(refused instanceof oauth.WWWAuthenticateChallengeError)) throw new Error(String(refused))
  const [challenge] = refused.cause
  expect(challenge).toMatchObject({ scheme: 'bearer', parameters: { error: 'invalid_token' } })
  return challenge?.parameters.resource_metadata ?? ''
}

/** RFC 9728 section 3: where the challenge says is where the client looks by itself. */
async function metadataOf(place: string): Promise<oauth.ResourceServer> {
  const answer = await oauth.resourceDiscoveryRequest(resource(), insecure)
  expect(place).toBe(answer.url)
  return await oauth.processResourceDiscoveryResponse(resource(), answer)
}

/** RFC 9449 section 8 as the documentation of the client has it: its handle keeps the nonce, the caller comes again. */
async function withNonce<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error
    return await ask()
  }
}
