import { calculateJwkThumbprint } from 'jose'
import { chmodSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openSigningKeys } from '../../../src/identity/keys.ts'

const stateDir = (): string => mkdtempSync(join(tmpdir(), 'weir-keys-'))
const fileIn = (dir: string): string => join(dir, 'keys', 'token.jwk')

test('the first start makes a key that only its owner may read, the second start finds it', () => {
  const dir = stateDir()
  const made = openSigningKeys(dir)
  expect(statSync(fileIn(dir)).mode & 0o777).toBe(0o600)
  expect(openSigningKeys(dir)).toEqual(made)
})

test('the key id is the RFC 7638 thumbprint and the published key holds nothing private', async () => {
  const keys = openSigningKeys(stateDir())
  if (keys.kind !== 'keys') throw new Error(keys.sentence)
  expect(keys.kid).toBe(await calculateJwkThumbprint(keys.jwks.keys[0] ?? {}))
  expect(keys.jwks.keys[0]).not.toHaveProperty('d')
})

test.each([0o640, 0o604, 0o660])('a key file with mode %o is refused with a sentence that says what to do', (mode) => {
  const dir = stateDir()
  openSigningKeys(dir)
  chmodSync(fileIn(dir), mode)
  const refused = openSigningKeys(dir)
  expect(refused.kind === 'key_problem' && refused.sentence).toContain(`Run: chmod 600 ${fileIn(dir)}`)
})

test('a key file that holds no P-256 key is refused and left as it is', () => {
  const dir = stateDir()
  openSigningKeys(dir)
  writeFileSync(fileIn(dir), '{"kty":"oct","k":"AAAA"}')
  expect(openSigningKeys(dir)).toMatchObject({ kind: 'key_problem' })
  expect(readFileSync(fileIn(dir), 'utf8')).toBe('{"kty":"oct","k":"AAAA"}')
})

test('a state directory that cannot be written is a sentence, not a crash', () => {
  const file = join(stateDir(), 'file')
  writeFileSync(file, '')
  expect(openSigningKeys(file)).toMatchObject({ kind: 'key_problem' })
})
