/** An issuer over a real socket: its keys are found, rotate, outlive its failure, and nobody can make us flood it. */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { writeFileSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ManualClock } from '../../src/base/clock.ts'
import { fetchTextFrom } from '../../src/identity/trust/fetch-text.ts'
import { JwksSource } from '../../src/identity/trust/jwks.ts'
import { issuerKey } from '../support/identity-kit.ts'

const algorithms = ['ES256']
const first = issuerKey('first')
const second = issuerKey('second')
const clock = new ManualClock()
let reads = 0
let answer: (reply: ServerResponse) => void
const server = createServer((_request, reply) => {
  reads += 1
  answer(reply)
})
const serve = (document: unknown) => (reply: ServerResponse) => reply.end(JSON.stringify(document))
const publish = (...keys: readonly object[]): void => {
  answer = serve({ keys })
}
let source: JwksSource

beforeEach(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  reads = 0
  publish(first.jwk)
  const { port } = server.address() as AddressInfo
  source = new JwksSource({ jwks: `http://127.0.0.1:${port}/jwks`, algorithms }, fetchTextFrom('.'), clock)
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

test('a hundred first callers cause one read, and the next call answers at once', async () => {
  const found = await Promise.all(Array.from({ length: 100 }, async () => await source.find('first', 'ES256')))
  expect([new Set(found).size, reads]).toEqual([1, 1])
  expect(source.find('first', 'ES256')).toBe(found[0])
})

test('ten thousand invented key ids cause one read in 30 s', async () => {
  await source.find('first', 'ES256')
  for (let n = 0; n < 10_000; n += 1) expect(source.find(`k${n}`, 'ES256')).toBeNull()
  clock.advance(30_000)
  await Promise.all(Array.from({ length: 10_000 }, async (_, n) => await source.find(`k${n}`, 'ES256')))
  expect(reads).toBe(2)
})

test('a new key is found after the cooldown, and a withdrawn one ends with the next read', async () => {
  await source.find('first', 'ES256')
  publish(second.jwk)
  clock.advance(30_000)
  expect(await source.find('second', 'ES256')).toContain(String(second.jwk.x))
  expect(source.find('first', 'ES256')).toBeNull()
})

test('known keys go on for an hour while the issuer fails, and not longer', async () => {
  const known = await source.find('first', 'ES256')
  answer = (reply) => reply.writeHead(500).end()
  clock.advance(3_500_000)
  expect(source.find('first', 'ES256')).toBe(known)
  await source.refresh()
  expect(source.problem).toContain('status 500')
  clock.advance(200_000)
  expect(await source.find('first', 'ES256')).toBeNull()
})

const wrong: Record<string, (reply: ServerResponse) => void> = {
  'a redirect': (reply) => reply.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
  'more than 64 KB': (reply) => reply.end(JSON.stringify({ keys: [first.jwk], x: 'x'.repeat(70_000) })),
  'more than 50 keys': serve({ keys: Array.from({ length: 51 }, (_, n) => ({ ...first.jwk, kid: `k${n}` })) }),
  'two keys with one kid': serve({ keys: [first.jwk, { ...second.jwk, kid: 'first' }] }),
  'no JWKS': serve([first.jwk]),
  'duplicate members': (reply) => reply.end(`{"keys":[],"keys":[${JSON.stringify(first.jwk)}]}`),
  'a cut connection': (reply) => reply.destroy(),
}

test.each(Object.keys(wrong))('%s yields no key and a reason for the operator', async (what) => {
  answer = wrong[what] ?? answer
  expect(await source.find('first', 'ES256')).toBeNull()
  expect(source.problem).toContain('could not be read')
})

test('keys that do not fit the pinned algorithm, or are meant for encryption, are no keys', async () => {
  publish({ ...first.jwk, crv: 'P-384' }, { kty: 'oct', k: 'AAAA', kid: 'oct' }, { ...second.jwk, use: 'enc' })
  expect(await source.find('first', 'ES256')).toBeNull()
  expect(source.find('oct', 'ES256')).toBeNull()
  expect(source.find('second', 'ES256')).toBeNull()
})

test('a file is read relative to its configuration', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'weir-jwks-'))
  writeFileSync(join(dir, 'jwks.json'), JSON.stringify({ keys: [first.jwk] }))
  for (const url of ['file:./jwks.json', `file://${dir}/jwks.json`]) {
    const file = new JwksSource({ jwks: url, algorithms }, fetchTextFrom(dir), clock)
    expect(await file.find('first', 'ES256')).toContain(String(first.jwk.x))
  }
})
