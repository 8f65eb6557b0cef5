import { expect, test } from 'vitest'
import { ManualClock } from '../../../../src/base/clock.ts'
import { JwksSource } from '../../../../src/identity/trust/jwks.ts'
import { jwtKey } from '../../../support/jwt-key.ts'

const key = (kid: string, use?: string): object => ({
  ...jwtKey('ES256', kid).jwk,
  ...(use === undefined ? {} : { use }),
})

/** A SPIFFE bundle that can be changed between two reads, and how often it was read. */
function bundle(first: object): {
  readonly source: JwksSource
  readonly clock: ManualClock
  readonly reads: () => number
  publish(document: object): void
} {
  let document = first
  let reads = 0
  const clock = new ManualClock()
  const fetchText = async (): Promise<string> => {
    reads += 1
    return JSON.stringify(document)
  }
  const source = new JwksSource({ jwks: 'test:bundle', algorithms: ['ES256'], form: 'spiffe' }, fetchText, clock)
  return { source, clock, reads: () => reads, publish: (next) => void (document = next) }
}

test('of a SPIFFE bundle only the keys for JWT-SVIDs and those for everything count', async () => {
  const keys = [key('jwt', 'jwt-svid'), key('x509', 'x509-svid'), key('sig', 'sig'), key('any')]
  const { source } = bundle({ keys })
  await source.refresh()
  const found = await Promise.all(['jwt', 'x509', 'sig', 'any'].map(async (kid) => await source.find(kid, 'ES256')))
  expect(found.map((text) => text !== null)).toEqual([true, false, false, true])
})

test.each([
  ['a lower sequence', { spiffe_sequence: 6 }],
  ['no sequence any more', {}],
  ['a sequence that is no number', { spiffe_sequence: '8' }],
])('a bundle with %s is not taken, and the keys before it stay', async (_what, change) => {
  const { source, clock, publish } = bundle({ keys: [key('a')], spiffe_sequence: 7 })
  await source.refresh()
  publish({ keys: [key('b')], ...change })
  clock.advance(30_000)
  await source.refresh()
  expect(source.problem).toContain('spiffe_sequence')
  expect(await source.find('a', 'ES256')).not.toBeNull()
  expect(await source.find('b', 'ES256')).toBeNull()
  publish({ keys: [key('b')], spiffe_sequence: 7 })
  clock.advance(30_000)
  await source.refresh()
  expect([source.problem, await source.find('a', 'ES256')]).toEqual([null, null])
})

test.each([
  [10, 30_000],
  [120, 120_000],
  [86_400, 3_600_000],
  ['120', 300_000],
])('a refresh hint of %j s makes it read again after %d ms', async (hint, after_ms) => {
  const { source, clock, reads } = bundle({ keys: [key('a')], spiffe_refresh_hint: hint })
  await source.refresh()
  clock.advance(after_ms)
  await source.find('a', 'ES256')
  expect(reads()).toBe(1)
  clock.advance(1)
  expect(await source.find('a', 'ES256')).not.toBeNull()
  expect(reads()).toBe(2)
})
