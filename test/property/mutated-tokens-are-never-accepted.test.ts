/** jose is the oracle: what it refuses we refuse, whatever was done to the bytes of a good token. */
import fc from 'fast-check'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { gatewayUrl, idp, World } from '../support/identity-kit.ts'
import { isDenial } from '../../src/domain/verdict.ts'

const mutations = 10_000
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.'.split('')

const mutation = fc.oneof(
  fc.record({ kind: fc.constant('replace' as const), at: fc.nat(), char: fc.constantFrom(...alphabet) }),
  fc.record({ kind: fc.constant('insert' as const), at: fc.nat(), char: fc.constantFrom(...alphabet) }),
  fc.record({ kind: fc.constant('drop' as const), at: fc.nat(), char: fc.constant('') }),
  fc.record({ kind: fc.constant('swap' as const), at: fc.nat(), char: fc.constant('') }),
)

function mutate(
  raw: string,
  { kind, at, char }: { kind: 'replace' | 'insert' | 'drop' | 'swap'; at: number; char: string },
) {
  const place = at % raw.length
  const before = raw.slice(0, place)
  const after = raw.slice(place + 1)
  const here = raw[place] ?? ''
  if (kind === 'replace') return before + char + after
  if (kind === 'insert') return before + char + here + after
  if (kind === 'drop') return before + after
  return before + after.slice(0, 1) + here + after.slice(1)
}

test('a mutated token that jose refuses is never accepted, and what we accept says what the original said', async () => {
  const world = new World(
    { budget: { tokens_per_second: 1e6, burst: 1e6 } },
    { maximums: { proofs: 20_000, proof_queue: 1024, chain: 64 } },
  )
  const raw = world.idpToken({ act_for: 'tomas' })
  const original = await world.authenticate(raw)
  const keys = createLocalJWKSet({ keys: [{ kty: 'EC', ...world.idpKey.jwk }] })
  const options = { issuer: idp, audience: gatewayUrl, algorithms: ['ES256'], currentDate: new Date(world.clock.now()) }
  const accepts = async (token: string): Promise<boolean> => {
    try {
      await jwtVerify(token, keys, options)
      return true
    } catch {
      return false
    }
  }
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 3 }), async (steps) => {
      const mutated = steps.reduce(mutate, raw)
      const ours = await world.authenticate(mutated)
      if (isDenial(ours)) return
      expect(await accepts(mutated)).toBe(true)
      expect(ours).toEqual(original)
    }),
    { numRuns: mutations },
  )
})
