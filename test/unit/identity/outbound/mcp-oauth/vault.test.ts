import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cryptoDice } from '../../../../../src/base/dice.ts'
import type { HeldToken } from '../../../../../src/identity/outbound/mcp-oauth/vault.ts'
import { vaultIn } from '../../../../support/connector.ts'

const dice = cryptoDice()
const folder = (): string => mkdtempSync(join(tmpdir(), 'weir-vault-'))
const client = { client_id: 'c', client_secret: 'client-canary', method: 'client_secret_basic' } as const
const held = (user: string, server = 'files'): HeldToken => ({
  user,
  server,
  issuer: 'https://as.test',
  token_endpoint: 'https://as.test/token',
  resource: 'https://tools.test/mcp',
  token: 'token-canary',
  refresh: 'refresh-canary',
  expiresAt: null,
  scopes: ['a'],
  client,
})

test('what is kept comes back after a restart, and nothing of it can be read in the file', async () => {
  const dir = folder()
  const vault = vaultIn(dir, { dice })
  vault.keepClient('https://as.test', 'https://weir.test/connect/callback', client)
  await vault.keep(held('user:ann'))
  const file = join(dir, 'tool-tokens.json')
  expect(readFileSync(file, 'utf8')).not.toMatch(/canary/)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const again = vaultIn(dir, { dice })
  expect(again.token('user:ann', 'files')).toEqual(held('user:ann'))
  expect(again.client('https://as.test', 'https://weir.test/connect/callback')).toEqual(client)
  expect(again.token('user:ben', 'files')).toBeNull()
})

test('a row that was moved to another person opens for nobody, and it is said', async () => {
  const dir = folder()
  await vaultIn(dir, { dice }).keep(held('user:ann'))
  const file = join(dir, 'tool-tokens.json')
  writeFileSync(file, readFileSync(file, 'utf8').replace('user:ann', 'user:ben'))
  const said: string[] = []
  const again = vaultIn(dir, { dice }, (sentence) => said.push(sentence))
  expect([again.token('user:ben', 'files'), again.token('user:ann', 'files')]).toEqual([null, null])
  expect(said).toEqual([expect.stringMatching(/^1 rows of .* cannot be opened/)])
})

test('a file that is not ours starts nothing and stops nothing', () => {
  const dir = folder()
  writeFileSync(join(dir, 'tool-tokens.json'), 'hello')
  const said: string[] = []
  expect(vaultIn(dir, { dice }, (sentence) => said.push(sentence)).token('user:ann', 'files')).toBeNull()
  expect(said).toHaveLength(1)
})

test('a person who leaves takes all of theirs along, and what is too much leaves by age', async () => {
  const vault = vaultIn(folder(), { dice })
  for (let at = 0; at < 70; at += 1) void vault.keep(held(`user:u${at}`))
  await vault.keep(held('user:u69', 'other'))
  expect([vault.token('user:u0', 'files'), vault.token('user:u69', 'files')]).toEqual([null, held('user:u69')])
  expect(vault.dropUser('user:u69')).toBe(2)
  expect(vault.token('user:u69', 'other')).toBeNull()
})
