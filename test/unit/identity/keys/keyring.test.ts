import { calculateJwkThumbprint } from 'jose'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Clock, ManualClock } from '../../../../src/base/clock.ts'
import { keyUses, makeKey } from '../../../../src/identity/keys/key-material.ts'
import { Keyring, type KeyringOptions, lookAtKeyring, openKeyring } from '../../../../src/identity/keys/keyring.ts'
import { hasKeys } from '../../../../src/identity/keys/keyring-open.ts'
import { openProofRunner } from '../../../../src/identity/proofs/verify-batch.ts'
import { rotation } from '../../../support/identity-kit.ts'

const day_ms = 86_400_000
const stateDir = (): string => mkdtempSync(join(tmpdir(), 'weir-keys-'))
const filesIn = (dir: string): readonly string[] => readdirSync(join(dir, 'keys')).toSorted()
const options = (dir: string, clock: Clock = new ManualClock()): KeyringOptions => ({
  stateDir: dir,
  credentials_dir: null,
  rotation,
  clock,
})

function open(dir: string, clock?: Clock, more: Partial<KeyringOptions> = {}): Keyring {
  const ring = openKeyring({ ...options(dir, clock), ...more })
  if (!(ring instanceof Keyring)) throw new Error(ring.sentence)
  return ring
}

const sentenceOf = (dir: string, more: Partial<KeyringOptions> = {}): string => {
  const ring = openKeyring({ ...options(dir), ...more })
  return ring instanceof Keyring ? '' : ring.sentence
}

const published = (ring: Keyring): readonly { readonly kid: string; readonly weir_use: string }[] =>
  (JSON.parse(ring.jwks().text) as { keys: { kid: string; weir_use: string }[] }).keys

test('the first start makes one key for each use that only its owner may read, the second start finds them', () => {
  const dir = stateDir()
  const made = open(dir)
  const kids = keyUses.map((use) => made.signer(use).kid)
  expect(new Set(kids).size).toBe(3)
  expect(filesIn(dir)).toEqual(
    ['keys.json', ...keyUses.map((use, at) => `${use}-${kids[at]}.jwk`).toSorted()].toSorted(),
  )
  for (const name of filesIn(dir)) expect(statSync(join(dir, 'keys', name)).mode & 0o777).toBe(0o600)
  expect(statSync(join(dir, 'keys')).mode & 0o777).toBe(0o700)
  expect(open(dir).entries).toEqual(made.entries)
})

test('a key id is the RFC 7638 thumbprint and nothing published is private', async () => {
  const ring = open(stateDir())
  for (const entry of ring.entries) expect(entry.kid).toBe(await calculateJwkThumbprint({ ...entry.jwk }))
  expect(ring.jwks().text + ring.history().text).not.toContain('"d"')
  expect(published(ring).map(({ weir_use }) => weir_use)).toEqual(['token', 'card'])
  expect(ring.signer('record').alg).toBe('Ed25519')
})

test('the key of a start before there was a list goes on signing, and its old file is gone', () => {
  const dir = stateDir()
  const before = open(dir)
  const { kid } = before.signer('token')
  renameSync(join(dir, 'keys', `token-${kid}.jwk`), join(dir, 'keys', 'token.jwk'))
  rmSync(join(dir, 'keys', 'keys.json'))
  expect(open(dir).signer('token').kid).toBe(kid)
  expect(existsSync(join(dir, 'keys', 'token.jwk'))).toBe(false)
})

test('a first start that was cut off before the list was written is gone on with', () => {
  const dir = stateDir()
  const kids = keyUses.map((use) => open(dir).signer(use).kid)
  rmSync(join(dir, 'keys', 'keys.json'))
  const again = open(dir)
  expect(keyUses.map((use) => again.signer(use).kid)).toEqual(kids)
})

test('a key whose file is lost is retired, and another signs', () => {
  const dir = stateDir()
  const { kid } = open(dir).signer('token')
  rmSync(join(dir, 'keys', `token-${kid}.jwk`))
  const ring = open(dir)
  expect(ring.signer('token').kid).not.toBe(kid)
  expect(ring.entries.find((entry) => entry.kid === kid)).toMatchObject({ state: 'retired' })
})

test.each([0o640, 0o604, 0o660])('a key file with mode %o is refused with a sentence that says what to do', (mode) => {
  const dir = stateDir()
  const file = join(dir, 'keys', `token-${open(dir).signer('token').kid}.jwk`)
  chmodSync(file, mode)
  expect(sentenceOf(dir)).toContain(`Run: chmod 600 ${file}`)
})

test('a folder others may look into, a list others may write and a key that is none are refused and left as they are', () => {
  const dir = stateDir()
  const file = join(dir, 'keys', `token-${open(dir).signer('token').kid}.jwk`)
  chmodSync(join(dir, 'keys'), 0o755)
  expect(sentenceOf(dir)).toContain('chmod 700')
  chmodSync(join(dir, 'keys'), 0o700)
  chmodSync(join(dir, 'keys', 'keys.json'), 0o622)
  expect(sentenceOf(dir)).toContain('can be written by others')
  chmodSync(join(dir, 'keys', 'keys.json'), 0o600)
  writeFileSync(file, '{"kty":"oct","k":"AAAA"}')
  expect(sentenceOf(dir)).toContain('not a private JWK')
  expect(readFileSync(file, 'utf8')).toBe('{"kty":"oct","k":"AAAA"}')
})

test('a state directory that cannot be written is a sentence, not a crash', () => {
  const file = join(stateDir(), 'file')
  writeFileSync(file, '')
  expect(sentenceOf(file)).toContain('cannot be opened')
})

test('the next key is published a day before it signs, and the old one stays published until nothing needs it', async () => {
  const [dir, clock] = [stateDir(), new ManualClock()]
  const ring = open(dir, clock)
  const first = ring.signer('token').kid
  const at = async (ms: number): Promise<readonly string[]> => {
    clock.advance(ms)
    ring.sweep()
    await ring.settled()
    return published(ring)
      .filter(({ weir_use }) => weir_use === 'token')
      .map(({ kid }) => kid)
  }
  expect(await at(29 * day_ms - 1)).toEqual([first])
  const withNext = await at(1)
  expect(withNext).toHaveLength(2)
  expect(ring.signer('token').kid).toBe(first)
  await at(day_ms - 1)
  expect(ring.signer('token').kid).toBe(first)
  expect(await at(1)).toEqual(withNext)
  expect(ring.signer('token').kid).toBe(withNext[1])
  expect(existsSync(join(dir, 'keys', `token-${first}.jwk`))).toBe(false)
  expect(await at(929_999)).toEqual(withNext)
  expect(await at(1)).toEqual([withNext[1]])
  expect(JSON.parse(ring.history().text)).toHaveProperty('keys.0.kid', first)
})

test('every key there ever was is listed with the time in which it signed, over restarts', async () => {
  const [dir, clock] = [stateDir(), new ManualClock()]
  const start = clock.now()
  const ring = open(dir, clock)
  const { kid } = ring.signer('record')
  clock.advance(5000)
  await ring.rotate('record', { now: true })
  const again = open(dir, clock)
  expect(again.history()).toEqual(ring.history())
  expect(again.isValidAt(kid, start - 1)).toBe(false)
  expect(again.isValidAt(kid, start)).toBe(true)
  expect(again.isValidAt(kid, start + 5000)).toBe(true)
  expect(again.isValidAt(kid, start + 5001)).toBe(false)
  expect(again.isValidAt('nobody', start)).toBe(false)
  expect(again.publicKey(kid)).toMatchObject({ crv: 'Ed25519' })
})

test('a rotation without haste waits until the next key was published long enough', async () => {
  const clock = new ManualClock()
  const ring = open(stateDir(), clock)
  const { kid } = ring.signer('token')
  expect(await ring.rotate('token')).toMatchObject({ state: 'next', active_from: clock.now() + day_ms })
  expect(ring.signer('token').kid).toBe(kid)
  clock.advance(day_ms)
  ring.sweep()
  await ring.settled()
  expect(ring.signer('token').kid).not.toBe(kid)
})

test('the pool signs with a new key at once, and with the old one only what was begun with it', async () => {
  const clock = new ManualClock()
  const ring = open(stateDir(), clock)
  const run = openProofRunner(ring.slot)
  const old = ring.signer('token').kid
  expect(await run([{ kind: 'sign', kid: old, input: 'a.b' }])).toEqual([expect.any(String)])
  await ring.rotate('token', { now: true })
  const { kid } = ring.signer('token')
  const sign = () => run([old, kid, 'unknown'].map((kid) => ({ kind: 'sign', kid, input: 'a.b' })))
  expect(await sign()).toEqual([expect.any(String), expect.any(String), false])
  clock.advance(10_000)
  ring.sweep()
  expect(await sign()).toEqual([false, expect.any(String), false])
})

test('rotations that meet come one after the other and each leaves one key that signs', async () => {
  const dir = stateDir()
  const ring = open(dir)
  await Promise.all(Array.from({ length: 5 }, async () => ring.rotate('token', { now: true })))
  expect(ring.entries.filter(({ use }) => use === 'token').map(({ state }) => state)).toEqual([
    ...Array.from({ length: 5 }, () => 'retired'),
    'active',
  ])
  expect(open(dir).entries).toEqual(ring.entries)
})

test('a revoked key counts for nothing, and the next key beside it is made anew', async () => {
  const ring = open(stateDir())
  const { kid } = ring.signer('token')
  const next = await ring.rotate('token')
  await ring.rotate('token', { revoke: true })
  expect('kid' in next && [next.kid, kid]).not.toContain(ring.signer('token').kid)
  expect(ring.source('token').find(kid, 'ES256')).toBeNull()
  expect(published(ring).map((key) => key.kid)).not.toContain(kid)
  expect(ring.isValidAt(kid, ring.entries[0]?.active_from ?? 0)).toBe(false)
})

test('a rotation that cannot be stored changes nothing and is said', async () => {
  const problems: string[] = []
  const dir = stateDir()
  const ring = open(dir, new ManualClock(), { onProblem: (sentence) => problems.push(sentence) })
  const before = ring.entries
  rmSync(join(dir, 'keys'), { recursive: true })
  expect(await ring.rotate('token', { now: true })).toMatchObject({ kind: 'key_problem' })
  expect(ring.entries).toBe(before)
  expect(problems).toHaveLength(1)
})

function credentials(mode = 0o400): { readonly dir: string; readonly put: () => string } {
  const dir = mkdtempSync(join(tmpdir(), 'weir-credentials-'))
  const put = (): string => {
    const key = makeKey('token')
    const file = join(dir, 'weir-token.jwk')
    rmSync(file, { force: true })
    writeFileSync(file, JSON.stringify(key.privateJwk), { mode })
    chmodSync(file, mode)
    return key.kid
  }
  return { dir, put }
}

test('a key that is handed in signs, is not rotated by Weir, and its predecessor stays listed', async () => {
  const [dir, { dir: credentials_dir, put }] = [stateDir(), credentials()]
  const own = open(dir).signer('token').kid
  const first = put()
  const ring = open(dir, undefined, { credentials_dir })
  expect(ring.signer('token').kid).toBe(first)
  expect(filesIn(dir).some((name) => name.startsWith('token-'))).toBe(false)
  expect(await ring.rotate('token', { now: true })).toMatchObject({ kind: 'key_problem' })
  const second = put()
  const again = open(dir, undefined, { credentials_dir })
  const states = Object.fromEntries(again.entries.map(({ kid, state }) => [kid, state]))
  expect(states).toMatchObject({ [own]: 'retired', [first]: 'retired', [second]: 'active' })
  const without = open(dir)
  expect(without.signer('token').kid).not.toBe(second)
})

test.each([0o420, 0o402, 0o404, 0o460])('a credential with mode %o is refused', (mode) => {
  const { dir: credentials_dir, put } = credentials(mode)
  put()
  expect(sentenceOf(stateDir(), { credentials_dir })).toContain('must be 0400 or 0440')
})

test('a tool beside the gateway signs with its keys and changes nothing', async () => {
  const dir = stateDir()
  expect(hasKeys(dir)).toBe(false)
  const ring = open(dir)
  expect(hasKeys(dir)).toBe(true)
  const looked = lookAtKeyring(options(dir))
  if (!(looked instanceof Keyring)) throw new Error(looked.sentence)
  expect(looked.entries).toEqual(ring.entries)
  expect(await looked.rotate('token', { now: true })).toMatchObject({ kind: 'key_problem' })
  const { kid } = looked.signer('token')
  expect(await openProofRunner(looked.slot)([{ kind: 'sign', kid, input: 'a.b' }])).toEqual([expect.any(String)])
})
