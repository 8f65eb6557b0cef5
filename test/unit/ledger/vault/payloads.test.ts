import { hash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { day_ms, ManualClock } from '../../../../src/base/clock.ts'
import { cryptoDice } from '../../../../src/base/dice.ts'
import { vaultPlace } from '../../../../src/ledger/vault/kek.ts'
import { openVaultReader } from '../../../../src/ledger/vault/names.ts'
import { VaultClerk } from '../../../../src/ledger/vault/orders.ts'
import { type Captured, Payloads, payloadsOf } from '../../../../src/ledger/vault/payloads.ts'
import { openPeopleOf, People } from '../../../../src/ledger/vault/people.ts'

const limits = { days: 30, total_bytes: 1_048_576 }
const start = 1_800_000_000_000

function captured(rid: string, facts: Partial<Captured> = {}): Captured {
  const plain = { level: 'full', at: start, person: 'user:tomas', truncated: false, limits } as const
  return { rid, part: 'args', ...plain, salt: Buffer.alloc(16, 7), bytes: Buffer.from(`payload of ${rid}`), ...facts }
}

function open() {
  const folder = mkdtempSync(join(tmpdir(), 'weir-payloads-'))
  const place = vaultPlace(folder, null)
  const people = openPeopleOf(place, { clock: new ManualClock(start), dice: cryptoDice() })
  if (!(people instanceof People)) throw new Error(people.sentence)
  const payloads = new Payloads(place.dir)
  const names = openVaultReader(place)
  if (names === null || typeof names === 'string') throw new Error(String(names))
  onTestFinished(() => {
    names.close()
    payloads.close()
    people.close()
    rmSync(folder, { recursive: true })
  })
  const keep = (...list: readonly Captured[]): void => {
    payloads.keep(list, people)
    people.commit()
    names.refresh()
  }
  const read = (rid: string) => payloadsOf(place.dir, names, rid)
  return { people, payloads, names, keep, read }
}

test('a payload is read back with the salt that proves what the record says of it', () => {
  const { keep, read } = open()
  keep(captured('hop_1'), captured('hop_1', { part: 'res', person: null, truncated: true }))
  const [args, res] = read('hop_1')
  expect(Buffer.from(args?.bytes ?? []).toString()).toBe('payload of hop_1')
  const proof = hash('sha256', Buffer.concat([args?.salt ?? Buffer.alloc(0), args?.bytes ?? Buffer.alloc(0)]))
  expect(proof).toBe(hash('sha256', Buffer.concat([Buffer.alloc(16, 7), Buffer.from('payload of hop_1')])))
  expect(res).toMatchObject({ part: 'res', level: 'full', truncated: true })
  expect(read('hop_2')).toEqual([])
})

test('what was kept of a person leaves with them, and that of others stays', () => {
  const { people, payloads, names, keep, read } = open()
  keep(captured('hop_1'), captured('hop_2', { person: 'user:ana' }))
  const clerk = new VaultClerk(people, (pseudonym) => payloads.forget(pseudonym))
  const order = { person: 'user:tomas', run: null, until: null, reason: 'r', actor: 'a' } as const
  expect(clerk.answer({ ask: 'erase', ...order })).toMatchObject({ kind: 'done' })
  names.refresh()
  expect(read('hop_1')).toEqual([])
  expect(read('hop_2')).toHaveLength(1)
})

test('what is too old leaves, and where all is too much the oldest leave first', () => {
  const { keep, read } = open()
  keep(captured('hop_1'))
  keep(captured('hop_2', { at: start + 31 * day_ms }))
  expect([read('hop_1').length, read('hop_2').length]).toEqual([0, 1])
  const large = Buffer.alloc(65_536)
  for (let at = 3; at < 103; at += 1) keep(captured(`hop_${at}`, { at: start + 31 * day_ms, bytes: large }))
  expect([read('hop_2').length, read('hop_102').length]).toEqual([0, 1])
})
