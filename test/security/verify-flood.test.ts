/**
 * A signature costs us a thousand times what it costs to invent one. A flood of them from one peer must not take the proof
 * pool away from others. Counts and order are asserted, never times.
 */
import { expect, test } from 'vitest'
import type { Principal } from '../../src/domain/principal.ts'
import type { Denial } from '../../src/domain/verdict.ts'
import type { ProofTask, RunProofs } from '../../src/identity/proofs/proof-tasks.ts'
import { openProofRunner } from '../../src/identity/proofs/verify-batch.ts'
import { holder, prove } from '../support/dpop-kit.ts'
import { codeOf, gatewayUrl, World } from '../support/identity-kit.ts'

const flood = 5000
const burst = 100
const attacker = '10.6.6.6'

/** A world that counts what reaches the proof threads. */
function counted(): { readonly world: World; readonly tasks: ProofTask[] } {
  const tasks: ProofTask[] = []
  const run = openProofRunner(null)
  const runProofs: RunProofs = async (batch) => {
    tasks.push(...batch)
    return await run(batch)
  }
  const maximums = { proofs: 1000, proof_queue: 1024, chain: 64 }
  return { world: new World({ runProofs, budget: { tokens_per_second: 1, burst } }, { maximums }), tasks }
}

/** Counts outcomes by what the caller reads. */
function tally(outcomes: readonly (Principal | Denial)[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const outcome of outcomes) counts[codeOf(outcome)] = (counts[codeOf(outcome)] ?? 0) + 1
  return counts
}

async function settled(outcome: Principal | Denial | Promise<Principal | Denial>): Promise<Principal | Denial> {
  return await outcome
}

/** Right in everything but the signature, and each one different. */
function forged(world: World, n: number): string {
  const [header, claims] = world.idpToken({ jti: `forged-${n}` }).split('.')
  return `${header}.${claims}.${Buffer.alloc(64, n % 251).toString('base64url')}`
}

test('threat 48: one peer floods with forged tokens: it gets its share of the pool and not one check more', async () => {
  const { world, tasks } = counted()
  await world.identity.warm()
  const bad = await Promise.all(
    Array.from({ length: flood }, async (_, n) => await world.authenticate(forged(world, n), undefined, attacker)),
  )
  expect(tally(bad)).toEqual({ unauthenticated: burst, rate_limited: flood - burst })
  expect(tasks).toHaveLength(burst)
})

test("while the flood goes on, every good token of every other peer is answered and waits for no more than the peer's share", async () => {
  const { world, tasks } = counted()
  await world.identity.warm()
  const known = world.idpToken({ jti: 'known' })
  await world.authenticate(known, undefined, '10.0.0.1')
  const raws = new Set<string>()
  const good: Promise<Principal | Denial>[] = []
  const bad: Promise<Principal | Denial>[] = []
  for (let n = 0; n < flood; n += 1) {
    bad.push(settled(world.authenticate(forged(world, n), undefined, attacker)))
    if (n % 100 !== 50) continue
    const raw = world.idpToken({ jti: `good-${n}` })
    raws.add(raw)
    good.push(settled(world.authenticate(raw, undefined, `10.0.1.${good.length}`)))
    // A token that is known needs no pool at all, also for the attacker's neighbours.
    expect(world.authenticate(known, undefined, attacker)).not.toBeInstanceOf(Promise)
    if (n % 1000 === 50) await new Promise(setImmediate)
  }
  expect(tally(await Promise.all(good))).toEqual({ ok: 50 })
  expect(tally(await Promise.all(bad))).toEqual({ unauthenticated: burst, rate_limited: flood - burst })
  expect(tasks).toHaveLength(1 + burst + 50)
  // The work of the pool in its order: no good token waits behind more of the flood than the peer was allowed.
  const places = tasks.flatMap((task, place) => (task.kind === 'verify' && raws.has(task.raw) ? [place] : []))
  for (const [nth, place] of places.entries()) expect(place - nth).toBeLessThanOrEqual(1 + burst)
})

test('threat 48: a flood of proofs under keys nobody knows ends at the same budget', async () => {
  const { world, tasks } = counted()
  world.clock.advance(120_000)
  const url = `${gatewayUrl}/oauth/token`
  const strangers = await Promise.all(Array.from({ length: 8 }, async () => await holder('Ed25519')))
  const check = async (peer: string, n: number): Promise<string> => {
    const by = strangers[n % strangers.length]
    if (!by) return 'nobody'
    // A new key each time, as far as anybody can tell: the signature is of another one.
    const x = Buffer.alloc(32, n).toString('base64url')
    const header = peer === attacker ? { jwk: { ...by.jwk, x } } : {}
    const proof = prove(by, { htu: url, at: world.clock.now() }, {}, header)
    const outcome = await world.identity.checkDpop({ proof, method: 'POST', url, accessToken: null, peer })
    return outcome.kind === 'dpop_proof' ? 'ok' : outcome.error
  }
  const bad = await Promise.all(Array.from({ length: 250 }, async (_, n) => await check(attacker, n)))
  expect(bad.filter((one) => one === 'invalid_dpop_proof')).toHaveLength(burst)
  expect(bad.filter((one) => one === 'busy')).toHaveLength(250 - burst)
  expect(tasks).toHaveLength(burst)
  const good = await Promise.all(Array.from({ length: 20 }, async (_, n) => await check('10.0.0.1', n)))
  expect(good.every((one) => one === 'ok')).toBe(true)
})
