/** A small world of issuers, agents and forged tokens for the tests of identity. */
import { createPrivateKey, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, ManualClock } from '../../src/base/clock.ts'
import { countingDice } from '../../src/base/dice.ts'
import { anything } from '../../src/domain/authority.ts'
import {
  type AgentId,
  type HopId,
  isAgentId,
  isHopId,
  isPersonId,
  isRunId,
  type PersonId,
} from '../../src/domain/ids.ts'
import type { Delegation, Principal } from '../../src/domain/principal.ts'
import { type Denial, isDenial } from '../../src/domain/verdict.ts'
import type { CallFacts } from '../../src/identity/tokens/call-token.ts'
import { sha256 } from '../../src/identity/digest.ts'
import { type DeliveryFacts, deliveryOf } from '../../src/identity/tokens/delivery.ts'
import { Keyring, openKeyring } from '../../src/identity/keys/keyring.ts'
import { type Identity, type IdentityParts, openIdentity } from '../../src/identity/open.ts'
import type { CallToken, Minting } from '../../src/identity/tokens/mint.ts'
import type { IdentitySettings } from '../../src/identity/settings.ts'
import { openProofRunner } from '../../src/identity/proofs/verify-batch.ts'
import type { HeaderMap } from '../../src/protocol/http.ts'
import { proofOf } from './principals.ts'

export const gatewayUrl = 'http://127.0.0.1:8080'
export const idp = 'https://idp.example'
export const partner = 'https://partner.example'

export const rotation = { rotate_after_s: 2_592_000, publish_before_s: 86_400, delivery_ttl_s: 600 }

/** A keyring of the gateway and, for forgeries, the private part of the key it signed tokens with at first. */
export interface OwnKeys {
  readonly ring: Keyring
  readonly stateDir: string
  readonly kid: string
  readonly privateJwk: JsonWebKey
  readonly jwks: { readonly keys: readonly JsonWebKey[] }
}

export function ownKeys(clock: Clock = new ManualClock()): OwnKeys {
  return keysIn(mkdtempSync(join(tmpdir(), 'weir-keys-')), clock)
}

/** The keys of a state directory, made if there are none. */
export function keysIn(stateDir: string, clock: Clock = new ManualClock()): OwnKeys {
  const ring = openKeyring({ stateDir, credentials_dir: null, rotation, clock })
  if (!(ring instanceof Keyring)) throw new Error(ring.sentence)
  const { kid } = ring.signer('token')
  const privateJwk = JSON.parse(readFileSync(join(stateDir, 'keys', `token-${kid}.jwk`), 'utf8')) as JsonWebKey
  const jwks = { keys: [{ ...ring.publicKey(kid), kid, alg: 'ES256', use: 'sig' }] }
  return { ring, stateDir, kid, privateJwk, jwks }
}

/** An issuer's key: what it publishes and what it signs with. */
export interface IssuerKey {
  readonly kid: string
  readonly privateKey: KeyObject
  readonly jwk: JsonWebKey & { readonly kid: string }
}

export function issuerKey(kid: string): IssuerKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { kid, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid } }
}

export function privateKeyOf(keys: Pick<OwnKeys, 'privateJwk'>): KeyObject {
  return createPrivateKey({ key: keys.privateJwk, format: 'jwk' })
}

export const encode = (part: unknown): string =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')

/** Signs any header and claims with ES256, however wrong they are; texts are taken as they stand. */
export function forge(key: KeyObject, header: unknown, claims: unknown): string {
  const input = `${encode(header)}.${encode(claims)}`
  return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

export function agent(slug: string): AgentId {
  const id = `agent:${slug}`
  if (!isAgentId(id)) throw new Error(id)
  return id
}

export function person(name: string): PersonId {
  const id = `user:${name}`
  if (!isPersonId(id)) throw new Error(id)
  return id
}

function hopId(n: number): HopId {
  const id = `hop_${n.toString(16).padStart(16, '0')}`
  if (!isHopId(id)) throw new Error(id)
  return id
}

export const apiKey = 'wk_k1_0123456789abcdef'

function settingsWith(change: Partial<IdentitySettings> = {}): IdentitySettings {
  const issuer = {
    profile: 'jwt',
    audience: gatewayUrl,
    algorithms: ['ES256'],
    agent_claim: 'sub',
    for_tools: false,
    workloads: [],
    person_claim: 'act_for',
    lifetime_max_s: 3600,
  } as const
  return {
    public_url: gatewayUrl,
    issuers: [
      { issuer: idp, jwks: 'test:idp', agents: { 'workload-7': agent('orchestrator') }, ...issuer },
      { issuer: partner, jwks: 'test:partner', agents: { 'workload-7': agent('research') }, ...issuer },
    ],
    api_keys: [
      {
        id: 'k1',
        agent: agent('orchestrator'),
        sha256: '495544a62f96a0f4c8cdd7d140a6159ee6fe2fa577603c55071caeaf82fc33bc',
        person: person('tomas'),
      },
    ],
    people: [],
    partners: [],
    clients: new Map(),
    tokens: { call_ttl_s: 120, delivery_ttl_s: 600, bearer: 'allow', trust_domain: null },
    dpop: { window_s: 30, nonce: 'after_start' },
    maximums: { proofs: 1000, proof_queue: 64, chain: 64 },
    ...change,
  }
}

/** An identity over an issuer and a partner that publish one key each, verifying in this thread. */
export class World {
  readonly clock = new ManualClock()
  readonly keys = ownKeys(this.clock)
  readonly idpKey = issuerKey('idp-1')
  readonly partnerKey = issuerKey('partner-1')
  readonly fetched: string[] = []
  readonly identity: Identity

  constructor(parts: Partial<IdentityParts> = {}, change: Partial<IdentitySettings> = {}) {
    const documents = new Map([
      ['test:idp', [this.idpKey.jwk]],
      ['test:partner', [this.partnerKey.jwk]],
    ])
    this.identity = openIdentity(settingsWith(change), {
      keys: this.keys.ring,
      runProofs: openProofRunner(this.keys.ring.slot),
      clock: this.clock,
      dice: countingDice(),
      fetchText: async (url) => {
        this.fetched.push(url)
        return JSON.stringify({ keys: documents.get(url) ?? [] })
      },
      ...parts,
    })
  }

  get now_s(): number {
    return this.clock.now() / 1000
  }

  idpHeader(change: object = {}): object {
    return { alg: 'ES256', typ: 'JWT', kid: 'idp-1', ...change }
  }

  idpClaims(change: object = {}): object {
    const times = { iat: this.now_s, exp: this.now_s + 600 }
    return { iss: idp, aud: gatewayUrl, sub: 'workload-7', jti: 'j1', ...times, ...change }
  }

  /** A good token of the issuer, or one changed in a member or two. */
  idpToken(claims: object = {}, header: object = {}): string {
    return forge(this.idpKey.privateKey, this.idpHeader(header), this.idpClaims(claims))
  }

  /** A call to the orchestrator with these headers. */
  show(headers: HeaderMap, peer = '127.0.0.1'): Principal | Denial | Promise<Principal | Denial> {
    const path = '/a2a/orchestrator'
    const presented = { method: 'POST', path, headers, peer, clientCert: null }
    return this.identity.authenticate(presented, `${gatewayUrl}${path}`)
  }

  authenticate(raw: string, txn?: string, peer = '127.0.0.1'): Principal | Denial | Promise<Principal | Denial> {
    return this.show(headersOf(raw, txn), peer)
  }
}

export function headersOf(raw: string, txn?: string): HeaderMap {
  return new Map([['authorization', `Bearer ${raw}`], ...(txn === undefined ? [] : [['txn-token', txn] as const])])
}

/** `ok` or the code of the denial: what the caller can tell apart. */
export function codeOf(outcome: Principal | Denial): string {
  return isDenial(outcome) ? outcome.code : 'ok'
}

/** The delivery of hop `n` to the last agent of the chain; without `delegation`, after deliveries to all before it. */
export function deliveryFacts(chain: readonly AgentId[], n = 1, delegation: Delegation | null = null): DeliveryFacts {
  const id = `run_${'0'.repeat(31)}1`
  if (!isRunId(id)) throw new Error(id)
  const run = { id, person: person('tomas'), endsAt: Number.POSITIVE_INFINITY, taint: 'none' as const }
  const before = delegation ?? (chain.length > 2 ? delegationOf(deliveryFacts(chain.slice(0, -1), n + 1000)) : null)
  const principal = { proof: proofOf(chain.at(-2) ?? agent('orchestrator')), delegation: before }
  const place = {
    depth: chain.length - 1,
    depthMax: null,
    delegation: before,
    authority: anything,
    budget: before?.budget ?? [],
  }
  return { id: hopId(n), chain, principal, run, ...place }
}

/** What a delivery says, as if it had been written. */
export function delegationOf(facts: DeliveryFacts, change: Partial<Delegation> = {}): Delegation {
  const said = deliveryOf(facts, 1)
  if (!said) throw new Error('the chain before a delivery is known')
  const written = { keyId: 'key', inputHash: sha256(said.tokenId), issuedAt: 1000, expiresAt: Number.POSITIVE_INFINITY }
  return { ...said, ...written, ...change }
}

/** A call token of an agent for the whole gateway, or changed in a member or two. */
export function callFacts(slug: string, change: Partial<CallFacts> = {}): CallFacts {
  const narrow = { audience: gatewayUrl, delegation: null, run: null, authority: anything, boundTo: null }
  return { agent: agent(slug), person: null, ...narrow, ...change }
}

/** The compact token of what was minted. */
export async function rawOf(minted: Minting | Denial | Promise<CallToken | Denial>): Promise<string> {
  const token = await minted
  const raw = isDenial(token) ? token : await token.raw
  if (typeof raw !== 'string') throw new Error(raw.detail)
  return raw
}
