/** What an order to erase a person reaches beside the ledger. */
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { anyAdmin } from '../../../src/admin/callers.ts'
import { peopleRoutes } from '../../../src/admin/people.ts'
import { systemClock } from '../../../src/base/clock.ts'
import { cryptoDice } from '../../../src/base/dice.ts'
import { Ledger, openLedger } from '../../../src/ledger/ledger.ts'
import { vaultPlace } from '../../../src/ledger/vault/kek.ts'
import { vaultIn } from '../../support/connector.ts'
import { call, hop, person } from '../ledger/entries.ts'

test('with a person the tokens go that they let Weir hold for tool servers, from the file too', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'weir-people-'))
  const vault = vaultIn(dir, { dice: cryptoDice() })
  const client = { client_id: 'c', client_secret: null, method: 'none' } as const
  const place = { server: 'files', issuer: 'https://as.test', token_endpoint: 'https://as.test/token' }
  const token = {
    ...place,
    resource: 'https://tools.test',
    token: 't',
    refresh: 'r',
    expiresAt: null,
    scopes: [],
    client,
  }
  for (const user of ['user:tomas', 'user:lena']) await vault.keep({ user, ...token })
  const workerUrl = new URL('../../../src/threads/ledger-worker.ts', import.meta.url)
  const opening = { vault: vaultPlace(dir, null), ring_bytes: 1_048_576, boot: 'b', clock: systemClock }
  const ledger = await openLedger({ dir: join(dir, 'ledger'), workerUrl, ...opening })
  if (!(ledger instanceof Ledger)) throw new Error(ledger.detail)
  try {
    ledger.append(call(hop(1), { human: person('tomas') }))
    await ledger.flush()
    const tasks = { forget: () => Promise.resolve() }
    const revocations = { forget: () => undefined, save: () => Promise.resolve(null) }
    const routes = peopleRoutes({ ledger, clock: systemClock, tasks, revocations, connector: { vault } })
    const erase = routes.find(({ path }) => path.endsWith('/erase'))
    const body = Buffer.from(JSON.stringify({ reason: 'asked' }))
    const request = {
      parameters: { name: 'tomas' },
      query: new URLSearchParams(),
      headers: new Map(),
      body,
      caller: anyAdmin,
    }
    expect(await erase?.answer(request)).toMatchObject({ status: 200 })
  } finally {
    await ledger.close()
  }
  const file = readFileSync(join(dir, 'tool-tokens.json'), 'utf8')
  expect([file.includes('tomas'), file.includes('lena')]).toEqual([false, true])
  expect(vault.token('user:tomas', 'files')).toBeNull()
})

test('persons are listed a page at a time, and a cursor of another list is refused', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'weir-people-'))
  const workerUrl = new URL('../../../src/threads/ledger-worker.ts', import.meta.url)
  const opening = { vault: vaultPlace(dir, null), ring_bytes: 1_048_576, boot: 'b', clock: systemClock }
  const ledger = await openLedger({ dir: join(dir, 'ledger'), workerUrl, ...opening })
  if (!(ledger instanceof Ledger)) throw new Error(ledger.detail)
  const nothing = { forget: () => Promise.resolve() }
  const revocations = { forget: () => undefined, save: () => Promise.resolve(null) }
  const parts = { ledger, clock: systemClock, tasks: nothing, revocations, connector: { vault: nothing } }
  const route = peopleRoutes(parts).find(({ method }) => method === 'GET')
  const ask = async (
    query: string,
  ): Promise<{ status: number; people?: readonly { name: string }[]; next?: string }> => {
    const request = { parameters: {}, headers: new Map(), body: Buffer.alloc(0), caller: anyAdmin }
    const written = await route?.answer({ ...request, query: new URLSearchParams(query) })
    if (!written || !('body' in written)) throw new Error('a list is written whole')
    return { ...(JSON.parse(written.body) as object), status: written.status }
  }
  try {
    const names = ['tomas', 'lena', 'ana', 'ben', 'cleo']
    for (const [at, name] of names.entries()) ledger.append(call(hop(at), { human: person(name) }))
    await ledger.flush()
    const seen: string[] = []
    for (let next: string | undefined = ''; next !== undefined && next !== null;) {
      const page = await ask(`limit=2${next === '' ? '' : `&cursor=${next}`}`)
      seen.push(...(page.people ?? []).map(({ name }) => name))
      next = page.next
    }
    expect(seen.toSorted()).toEqual(names.map((name) => `user:${name}`).toSorted())
    expect(await ask('cursor=cnVucyAx')).toMatchObject({ status: 400, code: 'bad_cursor' })
    expect(await ask('limit=1001')).toMatchObject({ status: 400 })
  } finally {
    await ledger.close()
  }
})
