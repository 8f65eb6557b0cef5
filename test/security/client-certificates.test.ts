/** A certificate is public: what proves an agent is its connection, and nothing a request says is made good by it. */
import { hash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { ClientSettings } from '../../src/config/settings-identity.ts'
import type { Principal } from '../../src/domain/principal.ts'
import { type Denial, isDenial } from '../../src/domain/verdict.ts'
import { certificate } from '../support/certificate.ts'
import { agent, apiKey, callFacts, deliveryFacts, gatewayUrl, person, rawOf, World } from '../support/identity-kit.ts'

const path = '/a2a/orchestrator'
const domain = 'spiffe://acme.test'
const alice = certificate({ names: [['uri', `${domain}/agent/alice`]] })
const thief = certificate({ names: [['uri', `${domain}/agent/thief`]] })
const pinned = certificate()
const sha256 = (der: Uint8Array): string => hash('sha256', der, 'base64url')

const nothing = { jwks: null, spiffe_id: null, cert_sha256: [], autonomous: false, authorization_details: null }
const clients: ReadonlyMap<ReturnType<typeof agent>, ClientSettings> = new Map([
  [agent('alice'), { ...nothing, spiffe_id: `${domain}/agent/alice` }],
  [agent('thief'), { ...nothing, spiffe_id: `${domain}/agent/thief` }],
  [agent('pinned'), { ...nothing, cert_sha256: [hash('sha256', pinned, 'hex')] }],
])

const world = (): World => new World({}, { clients })

async function show(
  at: World,
  clientCert: Uint8Array | null,
  headers: Readonly<Record<string, string>> = {},
): Promise<Principal | Denial> {
  const presented = { method: 'POST', path, headers: new Map(Object.entries(headers)), peer: '10.0.0.1', clientCert }
  return await at.identity.authenticate(presented, `${gatewayUrl}${path}`)
}

/** Which agent it was taken for, or the code of the denial. */
const who = (outcome: Principal | Denial): string => (isDenial(outcome) ? outcome.code : outcome.proof.agent)

describe('a connection with a certificate', () => {
  test('is the agent of its SPIFFE ID or of its fingerprint, bound to that certificate for as long as it is good', async () => {
    const thumbprint = sha256(alice)
    const [issuedAt, expiresAt] = [Date.parse('2020-01-01'), Date.parse('2040-01-01')]
    const unsigned = { issuer: 'weir', keyId: null, issuedAt, expiresAt, person: null, audience: null }
    const at = world()
    const proved = await show(at, alice)
    expect(proved).toMatchObject({
      proof: {
        kind: 'client_cert',
        agent: agent('alice'),
        credentialId: thumbprint,
        ...unsigned,
        boundTo: { kind: 'mtls', thumbprint },
      },
      delegation: null,
    })
    expect(who(await show(at, pinned))).toBe('agent:pinned')
    // The same proof each time, so that what was judged of it is remembered.
    const again = await show(at, Buffer.from(alice))
    expect(!isDenial(again) && !isDenial(proved) && again.proof === proved.proof).toBe(true)
  })

  test('is refused like one without any, with the same challenge', async () => {
    const strangers: readonly Uint8Array[] = [
      certificate(),
      certificate({ names: [['uri', `${domain}/agent/nobody`]] }),
      certificate({ names: [['uri', `${domain}/agent/alice`]], ca: true }),
      certificate({ names: [['uri', `${domain}/agent/alice`]], until: new Date('2021-01-01') }),
      certificate({ names: [['uri', `${domain}/agent/alice`]], from: new Date('2039-01-01') }),
      certificate({
        names: [
          ['uri', `${domain}/agent/alice`],
          ['uri', `${domain}/agent/thief`],
        ],
      }),
      Buffer.from('no certificate'),
      new Uint8Array(),
    ]
    const { detail: _without, ...nobody } = (await show(world(), null)) as Denial
    expect(nobody).toMatchObject({ code: 'unauthenticated', challenge: { scheme: 'Bearer' } })
    for (const der of strangers) {
      const { detail: _with, ...refused } = (await show(world(), der)) as Denial
      expect(refused).toEqual(nobody)
    }
  })

  test('a certificate that ran out proves nothing any more, also when it was known', async () => {
    const at = world()
    const short = certificate({
      names: [['uri', `${domain}/agent/alice`]],
      until: new Date(Math.ceil(at.clock.now() / 1000) * 1000 + 60_000),
    })
    expect(who(await show(at, short))).toBe('agent:alice')
    at.clock.advance(62_000)
    expect(who(await show(at, short))).toBe('unauthenticated')
  })
})

describe('threat 5: a certificate of somebody else', () => {
  test('is worth nothing in a header, in any of the forms proxies write', async () => {
    const pem = `-----BEGIN CERTIFICATE-----\n${alice.toString('base64')}\n-----END CERTIFICATE-----\n`
    const spellings: Readonly<Record<string, string>> = {
      'x-forwarded-client-cert': `Hash=${hash('sha256', alice, 'hex')};URI=${domain}/agent/alice`,
      'client-cert': `:${alice.toString('base64')}:`,
      'x-ssl-client-cert': encodeURIComponent(pem),
      'x-client-cert': alice.toString('base64'),
    }
    for (const [name, value] of Object.entries(spellings)) {
      expect([name, who(await show(world(), null, { [name]: value }))]).toEqual([name, 'unauthenticated'])
      expect([name, who(await show(world(), thief, { [name]: value }))]).toEqual([name, 'agent:thief'])
    }
  })

  test('a credential that does not count is not made good by the certificate beside it', async () => {
    const at = world()
    const bad = ['', 'Bearer', `Bearer ${apiKey}0`, 'Bearer a.b.c', 'Basic YTpi', `Bearer ${at.idpToken({ aud: 'x' })}`]
    for (const authorization of bad)
      expect([authorization, who(await show(at, alice, { authorization }))]).toEqual([authorization, 'unauthenticated'])
    expect(who(await show(at, alice, { authorization: `Bearer ${apiKey}` }))).toBe('agent:orchestrator')
  })

  test('a token bound to one certificate, shown over another, is neither of the two agents', async () => {
    const at = world()
    const boundTo = { kind: 'mtls', thumbprint: sha256(alice) } as const
    const raw = await rawOf(at.identity.mintCallToken(callFacts('alice', { boundTo })))
    const authorization = `Bearer ${raw}`
    expect(who(await show(at, alice, { authorization }))).toBe('agent:alice')
    for (const other of [thief, pinned, null])
      expect(who(await show(at, other, { authorization }))).toBe('unauthenticated')
  })

  test('a delivery token beside a certificate is worth something to the agent it was delivered to alone', async () => {
    const at = world()
    const txn = await rawOf(at.identity.mintDelivery(deliveryFacts([agent('console'), agent('alice')])))
    const delivered = await show(at, alice, { 'txn-token': txn })
    expect(delivered).toMatchObject({ delegation: { holder: agent('alice'), person: person('tomas') } })
    expect(who(await show(at, thief, { 'txn-token': txn }))).toBe('unauthenticated')
    expect(who(await show(at, alice, { 'txn-token': `${txn}x` }))).toBe('unauthenticated')
    expect(who(await show(at, null, { 'txn-token': txn }))).toBe('unauthenticated')
  })
})
