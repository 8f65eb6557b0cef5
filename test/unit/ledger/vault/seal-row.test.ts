import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ManualClock } from '../../../../src/base/clock.ts'
import { cryptoDice } from '../../../../src/base/dice.ts'
import { isPseudonym, type PersonId } from '../../../../src/domain/ids.ts'
import type { GrantEntry, LedgerEntry, RevocationEntry, TokenEntry } from '../../../../src/domain/record.ts'
import { entryReader, packEntry, shapes } from '../../../../src/ledger/pack.ts'
import { readStored } from '../../../../src/ledger/stored.ts'
import { vaultPlace } from '../../../../src/ledger/vault/kek.ts'
import { type Names, openVaultReader } from '../../../../src/ledger/vault/names.ts'
import { VaultClerk } from '../../../../src/ledger/vault/orders.ts'
import { openPeopleOf, People } from '../../../../src/ledger/vault/people.ts'
import { personal } from '../../../../src/ledger/vault/personal.ts'
import { vaultStage } from '../../../../src/ledger/vault/stage.ts'
import { anyEntry, call, hop, person } from '../entries.ts'

let folder: string
let people: People
let names: Names
const clock = new ManualClock()

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-vault-'))
  people = openPeople()
  const reader = openVaultReader(vaultPlace(folder, null))
  if (reader === null || typeof reader === 'string') throw new Error(String(reader))
  names = reader
})

afterEach(() => {
  names.close()
  people.close()
  rmSync(folder, { recursive: true })
})

function openPeople(): People {
  const opened = openPeopleOf(vaultPlace(folder, null), { clock, dice: cryptoDice() })
  if (!(opened instanceof People)) throw new Error(opened.sentence)
  return opened
}

const tomas = person('tomas')

/** What is written of an entry, and what of it is read without and with the vault. */
function written(entry: LedgerEntry) {
  const stage = vaultStage(people, null)
  const frame = stage.prepare?.(packEntry(entry)) ?? new Uint8Array()
  stage.prepared?.()
  names.refresh()
  const bare = entryReader(shapes)(frame)
  const read = entryReader(shapes, (one, sealed) => names.restore(one, sealed))(frame)
  return { frame: Buffer.from(frame), sealed: readStored(frame)?.sealed ?? null, bare, read }
}

const withoutC = (entry: LedgerEntry | null): unknown => {
  const { c: _c, ...rest } = entry ?? { c: '' }
  return rest
}

const token: TokenEntry = {
  kind: 'token',
  v: 1,
  ts: 1,
  rid: null,
  run: null,
  jti: 'j',
  use: 'delivery',
  agent: 'agent:x' as TokenEntry['agent'],
  token: `eyJhbGciOiJFZERTQSJ9.${Buffer.from('{"sub":"user:tomas"}').toString('base64url')}.c2ln`,
}

test('a record holds a pseudonym and a commitment, and whoever has the vault reads what was handed in', () => {
  const claims = { vendor: 'codex', session: 's1', agent: null, parent: null, type: null } as const
  const record = call(hop(1), {
    human: tomas,
    claims,
    detail: 'Tomas may not; ask user:tomas.',
    dlg_head: 'h'.repeat(43),
  })
  const { frame, sealed, bare, read } = written(record)
  expect(bare).toMatchObject({ claims: null, dlg_head: null })
  expect(isPseudonym(bare?.kind === 'call' ? (bare.human ?? '') : '')).toBe(true)
  expect(bare?.c).toMatch(/^[\w-]{43}$/)
  expect(sealed).not.toBeNull()
  expect(frame.toString('latin1').toLowerCase()).not.toContain('tomas')
  expect(withoutC(read)).toEqual(withoutC(entryReader(shapes)(packEntry(record))))
})

test('an entry about nobody with nothing personal stays as it was packed', () => {
  const packed = packEntry(call(hop(1), { human: null, claims: null }))
  expect(vaultStage(people, null).prepare?.(packed)).toBe(packed)
})

test('what a client claims for nobody is sealed with the key of the gateway', () => {
  const claims = { vendor: 'codex', session: 's1', agent: null, parent: null, type: null } as const
  const { bare, read } = written(call(hop(1), { human: null, claims }))
  expect(bare).toMatchObject({ claims: null })
  expect(read).toMatchObject({ claims })
})

test('a token is sealed for the person inside it', () => {
  const { frame, bare, read } = written(token)
  expect(bare).toMatchObject({ token: null })
  expect(withoutC(read)).toEqual(token)
  expect(frame.includes('eyJ')).toBe(false)
})

test('a login is sealed, and a revocation names its person by the pseudonym', () => {
  const login = { login_iss: 'https://login.example', auth_time: 1, acr: 'aal2', amr: ['hwk'] }
  const stamp = { v: 1, ts: 1 } as const
  const nothing = { jti: null, agent: null, method: null, grant: null, audience: null, parent_jti: null, scope: null }
  const more = { adh: null, bound: null, pop: null, error: null, detail: null, policies: [], pol_hash: null }
  const last = { expires_at: null, ext: null, input_hash: null, decision: 'allow', ...login } as const
  const grant: GrantEntry = { kind: 'grant', ...stamp, run: null, person: tomas, ...nothing, ...more, ...last }
  const seen = written(grant)
  expect(seen.bare).toMatchObject({ login_iss: null, auth_time: null, acr: null, amr: null })
  expect(withoutC(seen.read)).toEqual(grant)
  const why = { reason: 'tomas left', actor: 'user:lena', source: 'operator' } as const
  const word = { what: 'person', name: tomas, epoch: 1, lifted: false, contained: false, ...why } as const
  const revocation: RevocationEntry = { kind: 'revocation', ...stamp, ...word }
  const revoked = written(revocation)
  expect(revoked.frame.toString('latin1')).not.toMatch(/tomas|lena/)
  expect(withoutC(revoked.read)).toEqual(revocation)
})

test('a name in a text that nobody here has is not written down', () => {
  const { bare } = written(call(hop(1), { human: null, detail: 'user:stranger@corp.example. is unknown' }))
  expect(bare).toMatchObject({ detail: 'user:~unknown. is unknown' })
})

test('scopes and tools that are written like names stay what they are, and names in them do not', () => {
  const stranger = call(hop(1), { human: null, scope: 'user:email repo', target: 'tool:crm/user:create' })
  expect(written(stranger).bare).toMatchObject({ scope: 'user:email repo', target: 'tool:crm/user:create' })
  const known = call(hop(2), { human: tomas, target: 'tool:crm/user:tomas' })
  const { bare, read } = written(known)
  expect(JSON.stringify(bare)).not.toContain('tomas')
  expect(read).toMatchObject({ target: 'tool:crm/user:tomas' })
})

test('a text full of names is no work for the ledger, and names nobody', () => {
  written(call(hop(1), { human: tomas }))
  const known = vi.spyOn(people, 'known')
  const crowd = Array.from({ length: 70 }, (_, place) => `user:${place}`).join(' ')
  const { bare } = written(call(hop(2), { human: null, method: `${crowd} user:tomas`, detail: crowd, scope: crowd }))
  expect(known.mock.calls.length).toBeLessThan(20)
  expect(JSON.stringify(bare)).not.toContain('tomas')
})

test('whatever is written is read back by whoever has the vault', () => {
  fc.assert(
    fc.property(anyEntry, (entry) => {
      expect(withoutC(written(entry).read)).toEqual(entryReader(shapes)(packEntry(entry)))
    }),
    { numRuns: 200 },
  )
})

test('the table speaks of every kind and of members that are there', () => {
  expect(Object.keys(personal).toSorted()).toEqual(Object.keys(shapes).toSorted())
  for (const [kind, row] of Object.entries(personal)) {
    const { about = [], people: others = [], always = [], ofPerson = [], texts = [] } = row
    expect(shapes[kind]).toEqual(expect.arrayContaining([about, others, always, ofPerson, texts, 'c'].flat()))
  }
})

test('a person has one pseudonym, also after a restart, until erased; then another one, and nothing opens what was sealed', () => {
  const anyName = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,40}$/)
  fc.assert(
    fc.property(anyName, fc.boolean(), (bare, restarts) => {
      const named = person(bare)
      const record = call(hop(1), { human: named, dlg_head: 'h'.repeat(43) })
      const one = written(record)
      if (restarts) {
        people.close()
        people = openPeople()
      }
      const two = written(record)
      expect(two.bare).toMatchObject({ human: pseudonymIn(one.bare) })
      expect(two.read).toMatchObject({ human: named })
      const clerk = new VaultClerk(people)
      const order = {
        ask: 'erase',
        person: named,
        run: null,
        until: null,
        reason: `of ${named}`,
        actor: named,
      } as const
      const done = clerk.answer(order)
      expect(done).toMatchObject({ kind: 'done', pseudonym: pseudonymIn(one.bare), actor: pseudonymIn(one.bare) })
      expect(JSON.stringify({ ...done, name: '' })).not.toContain(named)
      names.refresh()
      expect(entryReader(shapes, (entry, sealed) => names.restore(entry, sealed))(two.frame)).toEqual(two.bare)
      expect(names.pseudonymOf(named)).toBeNull()
      const three = written(record)
      expect(pseudonymIn(three.bare)).not.toBe(pseudonymIn(one.bare))
      expect(three.read).toMatchObject({ human: named })
      expect(new VaultClerk(people).answer(order)).toMatchObject({ kind: 'done', pseudonym: pseudonymIn(three.bare) })
    }),
    { numRuns: 25 },
  )
})

function pseudonymIn(entry: LedgerEntry | null): string {
  return entry?.kind === 'call' ? (entry.human ?? '') : ''
}

test('an entry for one who was erased keeps the old pseudonym and seals nothing', () => {
  const old = pseudonymIn(written(call(hop(1), { human: tomas })).bare)
  new VaultClerk(people).answer({ ask: 'erase', person: old, run: null, until: null, reason: 'r', actor: 'a' })
  const { bare, sealed } = written(call(hop(1), { human: old as PersonId, dlg_head: 'h'.repeat(43) }))
  expect(bare).toMatchObject({ human: old, dlg_head: null })
  expect(sealed).toBeNull()
})

test('keys that were erased are gone from the file, and a hold that ended lets the person go', () => {
  written(call(hop(1), { human: tomas }))
  const pseudonym = people.of(tomas).pseudonym
  const row = people.row(pseudonym)
  const clerk = new VaultClerk(people)
  const order = { person: tomas, run: null, until: null, reason: 'r', actor: 'a' } as const
  expect(clerk.answer({ ...order, ask: 'hold', until: clock.now() + 1000 })).toMatchObject({ kind: 'done' })
  expect(clerk.answer({ ...order, ask: 'erase' })).toMatchObject({ kind: 'held', holds: [{ run: '' }] })
  clock.advance(1001)
  expect(clerk.answer({ ...order, ask: 'erase' })).toMatchObject({ kind: 'done' })
  expect(clerk.answer({ ...order, ask: 'erase', person: pseudonym })).toEqual({ kind: 'erased' })
  const file = readFileSync(join(folder, 'vault', 'people.db'))
  for (const part of [row?.name, row?.dek, row?.tag]) expect(part && file.includes(Buffer.from(part))).toBe(false)
})

test('a person who was made and not committed is made again with the same pseudonym where the disk failed', () => {
  const pseudonym = people.of(tomas).pseudonym
  const other = openPeople()
  other.base.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE')
  people.base.exec('PRAGMA busy_timeout = 0')
  expect(() => people.commit()).toThrow(/locked/)
  other.base.exec('ROLLBACK')
  other.close()
  expect(people.of(tomas).pseudonym).toBe(pseudonym)
  people.commit()
  expect(people.row(pseudonym)).toMatchObject({ erased_at: null })
})

test('a commit that stands although the disk said that it failed is no end of all commits', () => {
  const exec = people.base.exec.bind(people.base)
  people.base.exec = (sql) => {
    exec(sql)
    if (sql === 'COMMIT') throw new Error('disk I/O error')
  }
  people.of(tomas)
  expect(() => people.commit()).toThrow('disk I/O error')
  people.base.exec = exec
  people.commit()
  expect(people.row(people.of(tomas).pseudonym)).not.toBeNull()
})

test('people that were sealed with another key are not opened', () => {
  people.of(tomas)
  people.commit()
  const other = mkdtempSync(join(tmpdir(), 'weir-vault-'))
  const foreign = openPeopleOf(vaultPlace(other, null), { clock, dice: cryptoDice() })
  if (foreign instanceof People) foreign.close()
  const place = { dir: join(folder, 'vault'), credentials_dir: other }
  copyFileSync(join(other, 'vault', 'kek'), join(other, 'weir-vault.kek'))
  expect(openPeopleOf(place, { clock, dice: cryptoDice() })).toMatchObject({ kind: 'secret_problem' })
  rmSync(other, { recursive: true })
})
