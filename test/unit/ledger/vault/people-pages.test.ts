import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ManualClock } from '../../../../src/base/clock.ts'
import { cryptoDice } from '../../../../src/base/dice.ts'
import { vaultPlace } from '../../../../src/ledger/vault/kek.ts'
import { VaultClerk } from '../../../../src/ledger/vault/orders.ts'
import { type PeoplePage, PeoplePages, type PersonPlace } from '../../../../src/ledger/vault/people-pages.ts'
import { openPeopleOf, People } from '../../../../src/ledger/vault/people.ts'

let folder: string
let people: People
const clock = new ManualClock()

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-people-'))
  const opened = openPeopleOf(vaultPlace(folder, null), { clock, dice: cryptoDice() })
  if (!(opened instanceof People)) throw new Error(opened.sentence)
  people = opened
})

afterEach(() => {
  people.close()
  rmSync(folder, { recursive: true })
})

/** Several of them in the same millisecond. */
function meet(count: number): void {
  for (let no = 1; no <= count; no += 1) {
    people.of(`user:person${no}`)
    if (no % 4 === 0) clock.advance(1)
  }
  people.commit()
}

function pagesOf(limit: number): readonly PeoplePage[] {
  const pages = new PeoplePages(people)
  const read: PeoplePage[] = []
  let after: PersonPlace | null = null
  do {
    const page: PeoplePage = pages.read({ after, limit })
    read.push(page)
    after = page.next
  } while (after !== null)
  return read
}

test('page by page everybody comes once, newest first, and nobody is whom the gateway seals for itself', () => {
  meet(22)
  const pages = pagesOf(5)
  expect(pages.map((page) => page.people.length)).toEqual([5, 5, 5, 5, 2])
  const all = pages.flatMap((page) => page.people)
  expect(new Set(all.map(({ name }) => name)).size).toBe(22)
  expect(all.map(({ created_at }) => created_at)).toEqual(
    all.map(({ created_at }) => created_at).toSorted((a, b) => b - a),
  )
  const newest = all.slice(0, 2).map(({ name }) => name)
  expect(new Set(newest)).toEqual(new Set(['user:person21', 'user:person22']))
  expect(pagesOf(22)).toHaveLength(1)
})

test('a page has the holds of its persons, and whoever was erased has no name on it', () => {
  meet(3)
  const clerk = new VaultClerk(people)
  const order = { run: null, until: null, reason: 'of person2', actor: 'a' }
  clerk.answer({ ask: 'hold', person: 'user:person1', ...order })
  clerk.answer({ ask: 'erase', person: 'user:person3', ...order })
  const answer = clerk.answer({ ask: 'list', after: null, limit: 10 })
  if (answer.kind !== 'people') throw new Error(answer.kind)
  const second = people.known('user:person2')?.pseudonym ?? ''
  expect(answer.people.find(({ name }) => name === 'user:person1')?.holds).toMatchObject([{ reason: `of ${second}` }])
  expect(answer.people.filter(({ erased_at }) => erased_at !== null)).toMatchObject([{ name: null, holds: [] }])
})

test('a page is found by its place and not by looking through everybody', () => {
  const plan = people.base
    .prepare(
      'EXPLAIN QUERY PLAN SELECT * FROM people WHERE created_at <= 1 ORDER BY created_at DESC, pseudonym LIMIT 2',
    )
    .all()
    .map(({ detail }) => String(detail))
  expect(plan).toEqual([expect.stringContaining('people_by_age')])
})
