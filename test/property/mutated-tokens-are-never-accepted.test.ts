/** jose is the oracle: what it refuses we refuse, whatever was done to the bytes of a good token. */
import { createLocalJWKSet, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { isDenial } from '../../src/domain/verdict.ts'
import { readToken } from '../../src/identity/strict-jwt.ts'
import { gatewayUrl, idp, World } from '../support/identity-kit.ts'
import { Chance } from './authority-maker.ts'

const mutants = 100_000
/** Mutants under verification at once. */
const batch = 500
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.'.split('')
const decoded = '"{}[],:\\0123456789eE+-.abcdefijklmnoprstuvxy_ \u0000\u00e9'.split('')

/** One character replaced, put in, left out or exchanged with the next. */
function mutateText(text: string, chance: Chance, chars: readonly string[]): string {
  const at = chance.below(Math.max(1, text.length))
  const [before, here, after] = [text.slice(0, at), text.slice(at, at + 1), text.slice(at + 1)]
  const edits = [
    () => before + chance.one(chars) + after,
    () => before + chance.one(chars) + here + after,
    () => before + after,
    () => before + after.slice(0, 1) + here + after.slice(1),
  ] as const
  return chance.one(edits)()
}

/** The JSON of header or claims edited, and encoded as it should be: this passes more of the strict reader. */
function mutateJson(raw: string, chance: Chance): string {
  const parts = raw.split('.')
  const part = chance.below(2)
  const json = Buffer.from(parts[part] ?? '', 'base64url').toString()
  return parts.with(part, Buffer.from(mutateText(json, chance, decoded)).toString('base64url')).join('.')
}

/** Another signature of the right length: one bit, the halves exchanged, or nothing but zeros. */
function mutateSignature(raw: string, chance: Chance): string {
  const end = raw.lastIndexOf('.')
  const bytes = Buffer.from(raw.slice(end + 1), 'base64url')
  const at = chance.below(bytes.length)
  const edits = [
    () => bytes.fill((bytes[at] ?? 0) ^ (1 << chance.below(8)), at, at + 1),
    () => Buffer.concat([bytes.subarray(32), bytes.subarray(0, 32)]),
    () => bytes.fill(0, at),
  ] as const
  return `${raw.slice(0, end)}.${chance.one(edits)().toString('base64url')}`
}

function mutate(raw: string, chance: Chance): string {
  const steps = [
    (text: string) => mutateText(text, chance, alphabet),
    (text: string) => mutateJson(text, chance),
    (text: string) => mutateSignature(text, chance),
  ] as const
  let mutant = raw
  for (let left = 1 + chance.below(3); left > 0; left -= 1) mutant = chance.one(steps)(mutant)
  return mutant
}

test('of 100,000 mutants none that jose refuses is accepted, and what we accept says what the original said', async () => {
  const world = new World(
    { budget: { tokens_per_second: 1e6, burst: 1e6 } },
    { maximums: { proofs: 20_000, proof_queue: 1024, chain: 64 } },
  )
  const chance = new Chance(20_261_121)
  const raw = world.idpToken({ act_for: 'tomas' })
  const original = await world.authenticate(raw)
  const keys = createLocalJWKSet({ keys: [{ kty: 'EC', ...world.idpKey.jwk }] })
  const options = { issuer: idp, audience: gatewayUrl, algorithms: ['ES256'], currentDate: new Date(world.clock.now()) }
  const accepts = async (token: string): Promise<boolean> =>
    await jwtVerify(token, keys, options).then(
      () => true,
      () => false,
    )
  const counts = { mutants: 0, read: 0, accepted: 0 }
  const tryOne = async (mutant: string): Promise<void> => {
    counts.mutants += 1
    if (!isDenial(readToken(mutant))) counts.read += 1
    const ours = await world.authenticate(mutant)
    if (isDenial(ours)) return expect(['unauthenticated', 'token_expired']).toContain(ours.code)
    counts.accepted += 1
    expect([mutant, await accepts(mutant)]).toEqual([mutant, true])
    expect(ours).toEqual(original)
  }
  for (let done = 0; done < mutants; done += batch)
    await Promise.all(Array.from({ length: batch }, async () => await tryOne(mutate(raw, chance))))
  expect(counts.mutants).toBe(mutants)
  // The attack reaches the signature: a third of the mutants and more have nothing wrong in their form.
  expect(counts.read).toBeGreaterThan(mutants / 3)
  expect(counts.accepted).toBeLessThan(mutants / 10)
}, 120_000)
