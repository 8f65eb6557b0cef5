/** Agent cards that were changed, replayed or signed by somebody else: none passes as ours. */
import { createPrivateKey, sign } from 'node:crypto'
import { type AgentCard, verifyAgentCardSignature } from '@a2a-js/sdk'
import { flattenedVerify, importJWK } from 'jose'
import { expect, test, vi } from 'vitest'
import { canonicalJson } from '../../src/base/jcs.ts'
import type { JsonObject } from '../../src/base/json.ts'
import { isDenial } from '../../src/domain/verdict.ts'
import { verifyCard } from '../../src/identity/cards/card-signature.ts'
import type { CardSignature } from '../../src/identity/cards/card-signer.ts'
import { makeKey } from '../../src/identity/keys/key-material.ts'
import { describeAgent, schemaReading } from '../../src/protocol/a2a/card.ts'
import { encode, gatewayUrl, World } from '../support/identity-kit.ts'

const world = new World()
const { ring } = world.keys
const keys = (JSON.parse(ring.jwks().text) as { keys: JsonObject[] }).keys

async function signed(slug: string): Promise<JsonObject> {
  const capabilities = { streaming: true, pushNotifications: true, extendedAgentCard: true }
  const provenance = { upstreamDigest: 'a'.repeat(64), upstreamKid: 'k', verifiedAt: '2026-11-28T11:00:00.000Z' }
  const skills = [{ id: 's', name: 'S', description: '', tags: [], examples: ['a'], inputModes: [] }]
  const subject = { slug, name: slug, description: 'Finds things.', capabilities, provenance, skills }
  const members = describeAgent(subject, gatewayUrl)
  const card = await world.identity.signCard(members, [schemaReading(members), members])
  if (isDenial(card)) throw new Error(card.detail)
  return card
}

const signaturesOf = (card: JsonObject): readonly CardSignature[] => card['signatures'] as CardSignature[]

/** A card with a signature of any key and any protected header. */
function forged(card: JsonObject, key: ReturnType<typeof makeKey>, header: object): JsonObject {
  const { signatures: _, ...members } = card
  const head = encode(header)
  const privateKey = createPrivateKey({ key: key.privateJwk, format: 'jwk' })
  const input = Buffer.from(`${head}.${encode(canonicalJson(members))}`)
  const signature = sign('sha256', input, { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')
  return { ...members, signatures: [{ protected: head, signature }] }
}

const card = await signed('research')
const kid = ring.signer('card').kid
const stranger = makeKey('card')
const strangerJwk = { ...stranger.publicJwk, kid: stranger.kid }

test('our own card verifies, with ours and with an independent reader of JWS', async () => {
  expect(await verifyCard(card, keys)).toEqual({
    valid: true,
    reason: null,
    signatures: [
      { kid, alg: 'ES256', problem: 'it is not a signature by this key over the whole card' },
      { kid, alg: 'ES256', problem: null },
    ],
  })
  const { signatures: _, ...members } = card
  const first = signaturesOf(card)[1]
  const jws = { ...first, signature: first?.signature ?? '', payload: encode(canonicalJson(members)) }
  const key = await importJWK({ ...ring.publicKey(kid), kty: 'EC' }, 'ES256')
  const { protectedHeader } = await flattenedVerify(jws, key)
  expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'JOSE', kid, jku: `${gatewayUrl}/.well-known/jwks.json` })
})

test('the SDK of A2A finds our card signed by us, and a changed one not', async () => {
  const verify = verifyAgentCardSignature(async (kid) => importJWK({ ...ring.publicKey(kid), kty: 'EC' }, 'ES256'))
  const said = vi.spyOn(console, 'debug').mockImplementation(() => undefined)
  await verify(card as unknown as AgentCard)
  expect(said).not.toHaveBeenCalled()
  await expect(verify({ ...card, name: 'reseerch' } as unknown as AgentCard)).rejects.toThrow('No valid')
  said.mockRestore()
})

test('a signature over what the SDK reads does not vouch for the rest of a card', async () => {
  const [reading] = signaturesOf(card)
  expect(await verifyCard({ ...card, signatures: [reading] }, keys)).toMatchObject({ valid: false })
})

test('the order of members and a way over the wire change nothing', async () => {
  const turned = Object.fromEntries(Object.entries(card).toReversed())
  const wired = JSON.parse(JSON.stringify(turned, null, 2)) as JsonObject
  expect(await verifyCard(wired, keys)).toMatchObject({ valid: true })
})

const { securitySchemes: _, ...withoutSchemes } = card

test.each<readonly [string, JsonObject]>([
  ['no signatures', { ...card, signatures: undefined }],
  ['an empty list of signatures', { ...card, signatures: [] }],
  ['too many signatures', { ...card, signatures: Array.from({ length: 17 }, () => signaturesOf(card)[1]) }],
  ['another name', { ...card, name: 'reseerch' }],
  ['another address', { ...card, url: 'http://evil.example/' }],
  ['a member more', { ...card, documentationUrl: 'http://evil.example/' }],
  ['a member with its default value more', { ...card, iconUrl: '' }],
  ['null where nothing was', { ...card, provider: null }],
  ['a member with its default value less', { ...card, capabilities: { streaming: true, pushNotifications: false } }],
  ['a member less', withoutSchemes],
  ['an unprotected algorithm', { ...card, signatures: [{ ...signaturesOf(card)[1], protected: encode({ kid }) }] }],
  ['a signature cut short', { ...card, signatures: [{ ...signaturesOf(card)[1], signature: 'AAAA' }] }],
  ['the key of a stranger', forged(card, stranger, { alg: 'ES256', typ: 'JOSE', kid: stranger.kid })],
  ['the key of a stranger under our name', forged(card, stranger, { alg: 'ES256', typ: 'JOSE', kid })],
  ['a header that brings its key', forged(card, stranger, { alg: 'ES256', kid: stranger.kid, jwk: strangerJwk })],
  ['a header that names where its key is', forged(card, stranger, { alg: 'ES256', kid: 'x', jku: 'http://evil' })],
  ['no algorithm', forged(card, stranger, { alg: 'none', kid })],
  ['an algorithm with a shared secret', forged(card, stranger, { alg: 'HS256', kid })],
  ['a detached payload', forged(card, stranger, { alg: 'ES256', kid, b64: false, crit: ['b64'] })],
  [
    'two keys in one header',
    { ...card, signatures: [{ protected: encode('{"kid":"a","kid":"b"}'), signature: 'AA' }] },
  ],
  ['the key for tokens', forged(card, { ...stranger, privateJwk: world.keys.privateJwk }, { alg: 'ES256', kid })],
])('threat 39: a card with %s is refused', async (_what, changed) => {
  expect(await verifyCard(changed, keys)).toMatchObject({ valid: false, reason: expect.any(String) as string })
})

test('the signature of another card does not hold for this one', async () => {
  const other = await signed('writer')
  expect(await verifyCard(other, keys)).toMatchObject({ valid: true })
  expect(await verifyCard({ ...card, signatures: other['signatures'] }, keys)).toMatchObject({ valid: false })
})

test('a good signature beside strange ones is enough, and a kid that stands for two keys stands for none', async () => {
  const both = { ...card, signatures: [{ protected: 'AA', signature: 'AA' }, ...signaturesOf(card)] }
  expect(await verifyCard(both, keys)).toMatchObject({ valid: true })
  expect(await verifyCard(card, [...keys, { ...strangerJwk, kid }])).toMatchObject({ valid: false })
  expect(await verifyCard(card, [])).toMatchObject({ valid: false })
})
