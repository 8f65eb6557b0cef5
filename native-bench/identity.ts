/**
 * What it costs to know who calls: a token that is known beside one that is not, a proof worked off by the pool beside
 * one verified on the main thread, and the delivery token of a hop, signed beside lent out again. Ratios of the same
 * run with their spreads.
 */
import { generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { cryptoDice } from '../src/base/dice.ts'
import { systemClock } from '../src/base/clock.ts'
import { anything } from '../src/domain/authority.ts'
import { type AgentId, isAgentId } from '../src/domain/ids.ts'
import { mintHopId, mintRunId } from '../src/domain/mint-ids.ts'
import type { Proof } from '../src/domain/principal.ts'
import { isDenial } from '../src/domain/verdict.ts'
import type { DeliveryFacts } from '../src/identity/tokens/delivery.ts'
import type { Keyring } from '../src/identity/keys/keyring.ts'
import { type Identity, openIdentity } from '../src/identity/open.ts'
import { openProver } from '../src/identity/proofs/prover.ts'
import { openProofRunner } from '../src/identity/proofs/verify-batch.ts'
import { Deliveries } from '../src/pipeline/deliveries.ts'
import { openProofPool } from '../src/threads/pool.ts'
import { openBenchKeys } from './bench-keys.ts'
import { showSpread, type Spread, spreadOf } from './statistics.ts'

const rounds = 9
const perRound = 512
/** Of the prover. */
const batch = 32
const offloadedPerRound = 64 * batch
const gateway = 'http://127.0.0.1:8080'
const issuer = 'https://bench.invalid'
/** A known token is cheap, and an offloaded proof leaves the main thread alone, on this machine as on every other. */
const most = { cached_of_cold: 1 / 20, offloaded_of_inline: 1 / 10 }

const clock = systemClock
const dice = cryptoDice()
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'bench' }
const keyText = JSON.stringify({ kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y })

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

function tokenOf(key: KeyObject, jti: string): string {
  const iat = Math.floor(clock.now() / 1000)
  const claims = { iss: issuer, aud: gateway, sub: 'workload-7', jti, iat, exp: iat + 3600 }
  const input = `${encode({ alg: 'ES256', typ: 'JWT', kid: 'bench' })}.${encode(claims)}`
  return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

function agent(id: string): AgentId {
  if (!isAgentId(id)) throw new Error(id)
  return id
}

const [console_, orchestrator] = [agent('agent:console'), agent('agent:orchestrator')]

function identityWith(keys: Keyring, runProofs: ReturnType<typeof openProofRunner>): Identity {
  const trusted = { issuer, jwks: 'bench:keys', audience: gateway, algorithms: ['ES256'], lifetime_max_s: 3600 }
  const mapped = {
    profile: 'jwt',
    agent_claim: 'sub',
    for_tools: false,
    agents: { 'workload-7': console_ },
    workloads: [],
  } as const
  return openIdentity(
    {
      public_url: gateway,
      issuers: [{ ...trusted, ...mapped, person_claim: null }],
      people: [],
      partners: [],
      api_keys: [],
      clients: new Map(),
      tokens: { call_ttl_s: 120, delivery_ttl_s: 600, bearer: 'allow', trust_domain: null },
      dpop: { window_s: 30, nonce: 'after_start' },
      maximums: { proofs: 20_000, proof_queue: 4096, chain: 64 },
    },
    {
      keys,
      runProofs,
      clock,
      dice,
      fetchText: async () => JSON.stringify({ keys: [jwk] }),
      budget: { tokens_per_second: 1e6, burst: 1e6 },
    },
  )
}

/** Microseconds a call takes when each is awaited before the next. */
async function perCall_us(count: number, call: (n: number) => unknown): Promise<number> {
  const started = performance.now()
  for (let n = 0; n < count; n++) await call(n)
  return ((performance.now() - started) * 1000) / count
}

/** Microseconds of CPU the main thread spends on one of `count`. */
async function mainCpu_us(count: number, work: () => unknown): Promise<number> {
  const before = process.threadCpuUsage()
  await work()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / count
}

/** Cold and known proofs of whole tokens, signatures checked in this thread. */
async function proofs(identity: Identity, round: number): Promise<{ cold_us: number; cached_us: number }> {
  const tokens = Array.from({ length: perRound }, (_, n) => tokenOf(privateKey, `${round}-${n}`))
  const show = async (n: number): Promise<void> => {
    const headers = new Map([['authorization', `Bearer ${tokens[n]}`]])
    const presented = { method: 'POST', path: '/a2a/orchestrator', headers, peer: '127.0.0.1', clientCert: null }
    const known = identity.authenticate(presented, `${gateway}/a2a/orchestrator`)
    const principal = known instanceof Promise ? await known : known
    if (isDenial(principal)) throw new Error(principal.detail)
  }
  const cold_us = await perCall_us(perRound, show)
  return { cold_us, cached_us: await perCall_us(perRound, show) }
}

/** CPU of the main thread for a proof that is worked off by the pool in batches of 32, and for one checked right here. */
async function offloading(
  prover: ReturnType<typeof openProver>,
  raw: string,
): Promise<{ offloaded_us: number; inline_us: number }> {
  const offloaded_us = await mainCpu_us(offloadedPerRound, async () => {
    const flight = Array.from({ length: offloadedPerRound }, () => prover.verify({ raw, alg: 'ES256', key: keyText }))
    for (const held of await Promise.all(flight)) if (held !== true) throw new Error('a good proof was refused')
  })
  const [header = '', claims = '', signature = ''] = raw.split('.')
  const input = Buffer.from(`${header}.${claims}`)
  const given = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const
  const inline_us = await mainCpu_us(perRound, () => {
    for (let n = 0; n < perRound; n++) {
      if (!verify('sha256', input, given, Buffer.from(signature, 'base64url'))) throw new Error('it is good')
    }
  })
  return { offloaded_us, inline_us }
}

function factsOf(): DeliveryFacts {
  const now = clock.now()
  const run = { id: mintRunId(now, dice), person: null, endsAt: now + 600_000, taint: 'none' as const }
  const unsigned = { credentialId: 'k1', issuer: 'weir', keyId: null, issuedAt: 0, expiresAt: Infinity }
  const wide = { person: null, audience: null, boundTo: null, authority: anything, delegation: null }
  const proof: Proof = { kind: 'api_key', agent: console_, ...unsigned, ...wide }
  const place = {
    depth: 1,
    depthMax: null,
    chain: [console_, orchestrator],
    delegation: null,
    authority: anything,
    budget: [],
  }
  return { id: mintHopId(dice), run, principal: { proof, delegation: null }, ...place }
}

/** The delivery token of a hop: minted and signed in this thread, and lent out again. */
async function deliveries(identity: Identity): Promise<{ signed_us: number; lent_us: number }> {
  const facts = Array.from({ length: perRound }, factsOf)
  const signed_us = await perCall_us(perRound, async (n) => {
    const minting = facts[n] && identity.mintDelivery(facts[n])
    if (!minting || isDenial(minting) || isDenial(await minting.raw)) throw new Error('it can be signed')
  })
  const [one] = facts
  const minting = one && identity.mintDelivery(one)
  if (!minting || isDenial(minting)) throw new Error('it can be signed')
  const { delegation } = minting
  const home = new Deliveries()
  const wide = { authority: null, depthMax: null, taint: 'none' as const, budget: [] }
  const at = { run: delegation.run, parent: null, credential: 'k1', callee: orchestrator, ...wide }
  home.giveBack({ place: Deliveries.place(at), raw: 'raw', delegation })
  const lent_us = await perCall_us(perRound, () => {
    const lent = home.take(delegation.run, Deliveries.place(at), clock.now())
    if (!lent) throw new Error('it is at home')
    home.giveBack(lent)
  })
  return { signed_us, lent_us }
}

async function measure(): Promise<Readonly<Record<string, readonly number[]>>> {
  const seen: Record<string, number[]> = {}
  const { keys, done } = openBenchKeys(clock)
  const pool = openProofPool({ keySlot: keys.slot, threads_max: 1 })
  try {
    const here = identityWith(keys, openProofRunner(keys.slot))
    const prover = openProver(pool.runProofs, { queue_max: 4096 })
    const raw = tokenOf(privateKey, 'offloaded')
    for (let round = 0; round <= rounds; round++) {
      const all = {
        ...(await proofs(here, round)),
        ...(await offloading(prover, raw)),
        ...(await deliveries(here)),
      }
      // The first round warms up.
      if (round > 0) for (const [name, us] of Object.entries(all)) (seen[name] ??= []).push(us)
    }
  } finally {
    await pool.close()
    done()
  }
  return seen
}

interface IdentityReport {
  readonly schema: 'weir.bench.identity/v1'
  /** Microseconds. */
  readonly costs: Readonly<Record<string, Spread>>
  readonly ratios: Readonly<Record<'cached_of_cold' | 'offloaded_of_inline' | 'lent_of_signed', Spread>>
}

export async function benchIdentity(): Promise<IdentityReport> {
  const seen = await measure()
  const ratio = (a: string, b: string): Spread =>
    spreadOf((seen[a] ?? []).map((us, round) => us / (seen[b]?.[round] ?? Number.NaN)))
  return {
    schema: 'weir.bench.identity/v1',
    costs: Object.fromEntries(Object.entries(seen).map(([name, us]) => [name, spreadOf(us)])),
    ratios: {
      cached_of_cold: ratio('cached_us', 'cold_us'),
      offloaded_of_inline: ratio('offloaded_us', 'inline_us'),
      lent_of_signed: ratio('lent_us', 'signed_us'),
    },
  }
}

/** What must hold on every machine, and what was seen. */
export function checksOf({ ratios }: IdentityReport): readonly { name: string; holds: boolean; seen: string }[] {
  const names = {
    cached_of_cold: 'a known token / a new one',
    offloaded_of_inline: 'a proof by the pool / one right here',
  }
  return (['cached_of_cold', 'offloaded_of_inline'] as const).map((name) => ({
    name: `${names[name]}, of the main thread, is at most ${most[name]}`,
    holds: ratios[name].median <= most[name],
    seen: showSpread(ratios[name], 3),
  }))
}

export function showIdentity({ costs, ratios }: IdentityReport): string {
  const us = (name: string): string => `${showSpread(costs[name] ?? spreadOf([]), 1)} us`
  return [
    `a proof of a new token  ${us('cold_us')}, of a known one ${us('cached_us')}: ${showSpread(ratios.cached_of_cold, 3)}`,
    `a proof on this thread  ${us('inline_us')}, by the pool in batches of ${batch} ${us('offloaded_us')} of it: ${showSpread(ratios.offloaded_of_inline, 3)}`,
    `a delivery token        ${us('signed_us')} signed, ${us('lent_us')} lent out again: ${showSpread(ratios.lent_of_signed, 3)}`,
  ].join('\n')
}
