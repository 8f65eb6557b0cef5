import { expect, test } from 'vitest'
import { day_ms, ManualClock } from '../../../../src/base/clock.ts'
import { everything, type Filter } from '../../../../src/domain/filter.ts'
import type { LedgerEntry } from '../../../../src/domain/record.ts'
import { isAskRefused } from '../../../../src/ledger/index/contract.ts'
import { openQueries } from '../../../../src/ledger/index/queries.ts'
import { schemaText } from '../../../../src/ledger/index/schema.ts'
import { Sweeper } from '../../../../src/ledger/index/sweep.ts'
import { indexOf, numbered } from '../../../support/index-book.ts'
import { agent, bootEntry, call, grant, hop, intent, noon, refusedCall, run, runEntry } from '../entries.ts'

const first = { filter: everything, cursor: null, limit: 2 }

function calls(from: number, to: number): readonly LedgerEntry[] {
  return Array.from({ length: to - from + 1 }, (_, place) => call(hop(from + place)))
}

function rowsOf(page: unknown): readonly { readonly id: string }[] {
  if (isAskRefused(page)) throw new Error(page.sentence)
  return (page as { rows: readonly { id: string }[] }).rows
}

function nextOf(page: unknown): string | null {
  return (page as { next: string | null }).next
}

test('a call is open from its intent to its record, and its run holds what it reserved', () => {
  const { queries, book } = indexOf([runEntry(run(1), 'opened'), intent(hop(1))])
  expect(queries.hop({ hop: hop(1) })).toMatchObject({ seq: 2, status: 'open', run: run(1), method: '', tokens: 0 })
  expect(queries.run({ run: run(1) })).toMatchObject({ calls: 1, open: 1, held_micros: 20_000, cost_micros: 0 })
  book.take(numbered([call(hop(1))], 3))
  expect(queries.hop({ hop: hop(1) })).toMatchObject({ seq: 3, status: 'answered', tokens: 700, ms: 12.25 })
  expect(queries.run({ run: run(1) })).toMatchObject({ calls: 1, open: 0, held_micros: 0, cost_micros: 13_000 })
  expect(queries.state({})).toMatchObject({ seq: 3, hops: 1, runs: 1, dropped: 0 })
})

test('a call whose process died is aborted by the next boot, and what it held is still held', () => {
  const { queries } = indexOf([runEntry(run(1), 'opened'), intent(hop(1)), bootEntry('b2')])
  expect(queries.hop({ hop: hop(1) })).toMatchObject({
    status: 'aborted',
    detail: expect.stringContaining('stopped') as string,
  })
  expect(queries.run({ run: run(1) })).toMatchObject({ open: 0, held_micros: 20_000, state: 'active' })
  expect(queries.cost({ by: 'run', since: null, filter: everything })).toMatchObject({
    total: { open: 1, held_micros: 20_000 },
  })
})

test('a run whose time was over when the gateway came back is ended, and a halted one stays halted', () => {
  const ends_at = noon + 5
  const { queries } = indexOf([
    runEntry(run(1), 'opened', { ends_at }),
    runEntry(run(2), 'opened', { ends_at }),
    runEntry(run(2), 'halted', { ends_at }),
    runEntry(run(2), 'ended', { ends_at }),
    { ...bootEntry('b2'), ts: noon + 10 },
  ])
  expect(queries.run({ run: run(1) })).toMatchObject({ state: 'ended', halt: null })
  expect(queries.run({ run: run(2) })).toMatchObject({
    state: 'halted',
    halt: { code: 'loop_detected', reason: 'a loop', actor: 'weir', at: noon },
  })
})

test('a call that was admitted and then refused is no call, and its run says that it was refused', () => {
  const { queries } = indexOf([runEntry(run(1), 'opened'), intent(hop(1)), refusedCall(hop(1))])
  expect(queries.run({ run: run(1) })).toMatchObject({ calls: 0, refused: 1, open: 0, held_micros: 0 })
  expect(queries.edges({ run: run(1) })).toMatchObject([{ calls: 0, refused: 1 }])
})

test('what else belongs to a run moves its last entry and makes no run', () => {
  const { queries } = indexOf([
    grant({ run: run(1) }),
    runEntry(run(1), 'opened'),
    grant({ run: run(1), ts: noon + 9 }),
  ])
  expect(queries.run({ run: run(1) })).toMatchObject({ seq_first: 2, seq_last: 3, last_at: noon + 9 })
})

test('pages neither lose nor double a row while others are written', () => {
  const { queries, book } = indexOf(calls(1, 5))
  const one = queries.hops(first)
  book.take(numbered(calls(6, 8), 6))
  const two = queries.hops({ ...first, cursor: nextOf(one) })
  const three = queries.hops({ ...first, cursor: nextOf(two) })
  expect([one, two, three].flatMap((page) => rowsOf(page).map(({ id }) => id))).toEqual([5, 4, 3, 2, 1].map(hop))
  expect(nextOf(three)).toBeNull()
})

test.each(['', 'none', 'cnVucyAx', 'aG9wcyAxCg', 'aG9wcyAtMQ', 'x'.repeat(100_000)])(
  'a cursor that is none of this list is refused: %.20s',
  (cursor) => {
    const { queries } = indexOf(calls(1, 3))
    expect(queries.hops({ ...first, cursor })).toMatchObject({ kind: 'ask_refused', code: 'bad_cursor' })
  },
)

test.each([0, 1001, 1.5, Number.NaN])('a page of %d rows is refused', (limit) => {
  const { queries } = indexOf([])
  expect(queries.runs({ ...first, limit })).toMatchObject({ kind: 'ask_refused', code: 'bad_limit' })
})

test('a filter that is too deep or too long is refused and not thrown', () => {
  const { queries } = indexOf([])
  const one: Filter = { kind: 'test', field: 'agent', test: 'is', value: 'agent:a' }
  const deep = Array.from({ length: 100 }).reduce<Filter>((of) => ({ kind: 'not', of }), one)
  const long: Filter = { kind: 'any', of: Array.from({ length: 201 }, () => one) }
  for (const filter of [deep, long])
    expect(queries.hops({ ...first, filter })).toMatchObject({ kind: 'ask_refused', code: 'bad_filter' })
})

test('a list that takes too long gives what it has and where to go on, and loses nothing', () => {
  const entries = Array.from({ length: 5 }, (_, place) => call(hop(place)))
  const { base, book } = indexOf(entries)
  book.take(numbered([call(hop(77))], 900_000))
  const slow = new ManualClock()
  const clock = { now: () => slow.now(), monotonic: () => (slow.advance(10), slow.now()) }
  const queries = openQueries(base, { clock, budget_ms: 1 })
  const filter: Filter = { kind: 'test', field: 'hop', test: 'is', value: hop(0) }
  let pages = 0
  let found: readonly { readonly id: string }[] = []
  for (let cursor: string | null = null; ; pages += 1) {
    const page = queries.hops({ filter, cursor, limit: 3 })
    found = [...found, ...rowsOf(page)]
    cursor = nextOf(page)
    if (cursor === null) break
  }
  expect(found.map(({ id }) => id)).toEqual([hop(0)])
  expect(pages).toBeGreaterThan(2)
  expect(queries.cost({ by: 'agent', since: null, filter })).not.toMatchObject({ kind: 'ask_refused' })
})

test('runs are found by who called and what was called in them', () => {
  const { queries } = indexOf([
    runEntry(run(1), 'opened'),
    call(hop(1), { agent: agent('b'), target: 'tool:web/search' }),
    runEntry(run(2), 'opened'),
  ])
  const found = (field: 'agent' | 'target' | 'hop', test: 'is' | 'like', value: string): readonly string[] =>
    rowsOf(queries.runs({ ...first, filter: { kind: 'test', field, test, value } })).map(({ id }) => id)
  expect(found('agent', 'is', 'agent:b')).toEqual([run(1)])
  expect(found('agent', 'is', 'agent:a')).toEqual([run(2), run(1)])
  expect(found('target', 'like', 'tool:*')).toEqual([run(1)])
  expect(found('hop', 'is', hop(1))).toEqual([run(1)])
})

test('top says who spends fastest, is refused most and circles most in a window', () => {
  const b = { agent: agent('b') }
  const { queries } = indexOf([
    call(hop(1), { ts: noon - 60_001, ...b }),
    ...Array.from({ length: 100 }, (_, place) =>
      call(hop(100 + place), { ts: noon - 1, ...b, outcome: { ...call(hop(1)).outcome, ms: place + 1 } }),
    ),
    refusedCall(hop(3), { ts: noon - 2 }),
    intent(hop(4), { ts: noon - 3 }),
    refusedCall(hop(5), { ts: noon - 2, agent: null }),
  ])
  const found = queries.top({ window_ms: 60_000, now: noon })
  expect(found).toMatchObject({
    rows: [
      { agent: 'agent:b', calls: 100, cost_micros_per_minute: 1_300_000, calls_per_minute: 100, p99_ms: 99 },
      { agent: 'agent:a', calls: 1, refused: 1, open: 1, deny_share: 0.5, p99_ms: null },
    ],
  })
  expect(queries.top({ window_ms: 5, now: noon })).toMatchObject({ kind: 'ask_refused' })
})

test('old hops leave in steps, their runs keep the sums, and stories and costs say that something is missing', () => {
  const { base, queries } = indexOf([
    runEntry(run(1), 'opened'),
    call(hop(1), { ts: noon }),
    call(hop(2), { ts: noon + 2 * day_ms }),
  ])
  const sweeper = new Sweeper(base, { index_days: 1, index_hops: 10 })
  expect(sweeper.step(noon + 2 * day_ms)).toBe(false)
  expect(queries.story({ run: run(1) })).toMatchObject({ complete: false, hops: [{ id: hop(2) }], run: { calls: 2 } })
  expect(queries.cost({ by: 'run', since: null, filter: everything })).toMatchObject({
    complete: false,
    total: { calls: 1 },
  })
  expect(queries.cost({ by: 'agent', since: null, filter: everything })).toMatchObject({
    complete: true,
    total: { calls: 2 },
  })
  expect(queries.cost({ by: 'run', since: noon + 1, filter: everything })).toMatchObject({ complete: true })
  expect(queries.state({})).toMatchObject({ hops: 1, dropped: 1 })
})

test('beyond the maximum the oldest hops leave first', () => {
  const { base, queries } = indexOf(calls(1, 9))
  new Sweeper(base, { index_days: 1, index_hops: 4 }).step(noon)
  expect(rowsOf(queries.hops({ ...first, limit: 10 })).map(({ id }) => id)).toEqual([9, 8, 7, 6].map(hop))
})

test('a story longer than was asked for is cut at its end and says so', () => {
  const { queries } = indexOf(calls(1, 5))
  expect(queries.story({ run: run(1), hops_max: 3 })).toMatchObject({
    complete: false,
    hops: [{ id: hop(1) }, { id: hop(2) }, { id: hop(3) }],
  })
  expect(queries.story({ run: run(9) })).toBeNull()
  expect(queries.story({ run: run(1), hops_max: 200_001 })).toMatchObject({ kind: 'ask_refused' })
})

test('hops of one manner say the same, whatever became of them', () => {
  const { base } = indexOf([
    ...[1, 2, 3].map((n) => intent(hop(n))),
    call(hop(1)),
    refusedCall(hop(2)),
    bootEntry('b2'),
    ...[4, 5].map((n) => intent(hop(n))),
    call(hop(4)),
  ])
  const rows = base.prepare('SELECT id, manner, status, code, detail FROM hops ORDER BY n').all()
  const said = new Map<unknown, string>()
  for (const { id: _, manner, ...words } of rows) {
    expect(said.get(manner) ?? JSON.stringify(words)).toBe(JSON.stringify(words))
    said.set(manner, JSON.stringify(words))
  }
  expect(rows.map(({ status }) => status)).toEqual(['answered', 'refused', 'aborted', 'answered', 'open'])
  expect(rows[0]?.['manner']).toBe(rows[3]?.['manner'])
})

test('every table and view is made of columns that the page about the index names', async () => {
  const { readFile } = await import('node:fs/promises')
  const page = await readFile('docs/reference/runs-index.md', 'utf8')
  const { base } = indexOf([])
  const tables = base.prepare(`SELECT name FROM sqlite_master WHERE type IN ('table', 'view')`).all()
  for (const { name } of tables) {
    expect(page).toContain(`\`${String(name)}\``)
    for (const column of base.prepare(`PRAGMA table_info(${String(name)})`).all())
      expect(page, `${String(name)}.${String(column['name'])}`).toContain(`\`${String(column['name'])}\``)
  }
  expect(schemaText).toContain('STRICT')
})
