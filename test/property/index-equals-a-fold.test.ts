/** What the runs index answers is what one pass over all entries comes to, however they came in. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { costDimensions } from '../../src/domain/cost.ts'
import { everything, type Filter, type FilterField, filterFields } from '../../src/domain/filter.ts'
import type { Filterable } from '../../src/domain/filter.ts'
import { explain } from '../../src/domain/story/explain.ts'
import { nothingKnown } from '../../src/domain/story/explanation.ts'
import { foldTree } from '../../src/domain/story/fold-tree.ts'
import type { LedgerEntry } from '../../src/domain/record.ts'
import { costBy, totalOf } from '../../src/ledger/cost.ts'
import { isAskRefused, type Queries } from '../../src/ledger/index/contract.ts'
import { dumpOf, type IndexInMemory, indexInMemory, numbered } from '../support/index-book.ts'
import { noon } from '../unit/ledger/entries.ts'
import { anyLedger } from '../unit/ledger/index/ledgers.ts'
import { Naive } from '../unit/ledger/index/naive.ts'

const hour_ms = 3_600_000

function withIndex<T>(work: (index: IndexInMemory) => T): T {
  const index = indexInMemory()
  try {
    return work(index)
  } finally {
    index.base.close()
  }
}

function filled<T>(entries: readonly LedgerEntry[], work: (index: IndexInMemory) => T): T {
  return withIndex((index) => {
    index.book.take(numbered(entries))
    return work(index)
  })
}

/** All pages of a list, one after the other. */
function all(list: (cursor: string | null) => ReturnType<Queries['runs'] | Queries['hops']>) {
  const rows: { readonly id: string }[] = []
  for (let cursor: string | null = null; ;) {
    const page = list(cursor)
    if (isAskRefused(page)) throw new Error(page.sentence)
    rows.push(...page.rows)
    if (page.next === null) return rows
    cursor = page.next
  }
}

test('runs, hops and edges are those of one pass over the entries', () => {
  fc.assert(
    fc.property(anyLedger, fc.integer({ min: 1, max: 7 }), (entries, limit) =>
      filled(entries, ({ queries }) => {
        const naive = new Naive(entries)
        const runs = all((cursor) => queries.runs({ filter: everything, cursor, limit }))
        expect(runs).toEqual(naive.runs.map((run) => naive.runRow(run)).toReversed())
        const hops = all((cursor) => queries.hops({ filter: everything, cursor, limit }))
        expect(hops).toEqual(naive.hops.map((hop) => naive.hopRow(hop)).toReversed())
        for (const run of naive.runs) {
          const edges = (naive.edges.get(run.id) ?? []).toSorted(
            (a, b) => a.first_at - b.first_at || (a.from + '>' + a.to < b.from + '>' + b.to ? -1 : 1),
          )
          const hops = naive.hops.filter((hop) => hop.run === run.id).map((hop) => naive.hopRow(hop))
          const story = { run: naive.runRow(run), hops, edges, complete: true }
          expect(queries.story({ run: run.id })).toEqual(story)
          expect(queries.story({ run: run.id, last: limit })).toEqual({ ...story, hops: hops.slice(-limit) })
          expect(queries.explain({ run: run.id })).toEqual(explain(story, nothingKnown))
          expect(queries.tree({ run: run.id })).toEqual(foldTree(story))
          expect(queries.run({ run: run.id })).toEqual(naive.runRow(run))
        }
        for (const hop of naive.hops) expect(queries.hop({ hop: hop.id })).toEqual(naive.hopRow(hop))
      }),
    ),
    { numRuns: 150 },
  )
})

test('an index that was written in any batches, and stopped anywhere in between, is the one that was written at once', () => {
  fc.assert(
    fc.property(
      anyLedger,
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      fc.nat(40),
      (entries, sizes, bad) => {
        const whole = filled(entries, dumpOf)
        const parts = withIndex((index) => {
          let at = 0
          for (let turn = 0; at < entries.length; turn += 1) {
            const size = sizes[turn % sizes.length] ?? 1
            const batch = numbered(entries.slice(at, at + size), at + 1)
            // A batch that ends in the middle, as a full disk or a kill ends it, leaves nothing behind.
            if (turn === bad) {
              index.base.exec("CREATE TEMP TRIGGER full BEFORE INSERT ON meta BEGIN SELECT RAISE(ABORT, 'full'); END")
              index.base.exec("CREATE TEMP TRIGGER full2 BEFORE UPDATE ON meta BEGIN SELECT RAISE(ABORT, 'full'); END")
              expect(() => index.book.take(batch)).toThrow('full')
              index.base.exec('DROP TRIGGER full; DROP TRIGGER full2')
            }
            // And what comes twice counts once.
            index.book.take(numbered(entries.slice(Math.max(0, at - 3), at + size), Math.max(0, at - 3) + 1))
            at += size
          }
          return dumpOf(index)
        })
        expect(parts).toEqual(whole)
      },
    ),
    { numRuns: 150 },
  )
})

test('costs are the sums of `weir cost`, in every dimension and since any moment', () => {
  const teams = { 'agent:a': 'team:insights', 'agent:b': 'team:insights' } as Record<string, string>
  fc.assert(
    fc.property(
      anyLedger,
      fc.constantFrom(...costDimensions),
      fc.option(fc.nat(30 * hour_ms)),
      (entries, by, after) => {
        const since = after === null ? null : noon + after
        filled(entries, ({ queries }) => {
          const found = queries.cost({ by, since, filter: everything, teams })
          const teamOf = (agent: string): string | null => teams[agent] ?? null
          const rows = costBy(entries, by, { teamOf, ...(since !== null && { since }) })
          expect(found).toEqual({ rows, total: totalOf(rows), complete: true })
        })
      },
    ),
    { numRuns: 300 },
  )
})

const texts: Partial<Record<FilterField, readonly string[]>> = {
  run: ['run_00000000000000000000000000000001', 'run_*1', 'run_0*'],
  hop: ['hop_0000000000000003', 'hop_*3'],
  agent: ['agent:a', 'agent:*', '*b'],
  person: ['user:tomas', 'user:*'],
  root: ['agent:a', 'agent:c'],
  target: ['tool:files/read', 'tool:*', '*/*', 'model:openai/gpt-5.5', 'm?del:*', '[mt]*'],
  method: ['SendMessage', 'Send*', ''],
  kind: ['tool', 'agent', '*o*'],
  decision: ['allow', 'deny'],
  code: ['policy_denied', 'policy*'],
  rule: ['run.depth_max', 'run.*'],
  status: ['open', 'answered', 'aborted', 'refused'],
}

const fields = Object.keys(filterFields) as FilterField[]
const tests: fc.Arbitrary<Filter> = fc.constantFrom(...fields).chain((field) => {
  const words = texts[field]
  if (words) {
    return fc.constantFrom(...words).map((value): Filter => {
      return { kind: 'test', field, test: value.includes('*') ? 'like' : 'is', value }
    })
  }
  if (field === 'since' || field === 'until')
    return fc
      .nat(40 * hour_ms)
      .map((after): Filter => ({ kind: 'test', field, test: field === 'since' ? '>=' : '<', value: noon + after }))
  return fc
    .tuple(
      fc.constantFrom('is' as const, '<' as const, '<=' as const, '>' as const, '>=' as const),
      fc.constantFrom(0, 1, 2, 3, 500, 50_000),
    )
    .map(([test, value]): Filter => ({ kind: 'test', field, test, value }))
})
const { filter: filters } = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small' },
    tests,
    fc.record({ kind: fc.constant('not' as const), of: tie('filter') }),
    fc.record({ kind: fc.constantFrom('all', 'any' as const), of: fc.array(tie('filter'), { maxLength: 3 }) }),
  ),
}))

/** As the words of `domain/filter.ts` say it. */
function fits(filter: Filter, row: Filterable): boolean {
  if (filter.kind === 'all') return filter.of.every((each) => fits(each, row))
  if (filter.kind === 'any') return filter.of.some((each) => fits(each, row))
  if (filter.kind === 'not') return !fits(filter.of, row)
  const { field, test, value } = filter
  const has = field === 'since' || field === 'until' ? row.at : row[field]
  if (has === undefined || has === null) return false
  if (test === 'is') return has === value
  if (test === 'like')
    return new RegExp(
      `^${String(value)
        .replaceAll(/[.?[\]/]/g, '\\$&')
        .replaceAll('*', '.*')}$`,
      's',
    ).test(String(has))
  const [one, other] = [Number(has), Number(value)]
  return { '<': one < other, '<=': one <= other, '>': one > other, '>=': one >= other }[test]
}

test('a filter of hops finds what it finds in memory, page by page', () => {
  fc.assert(
    fc.property(anyLedger, filters, fc.integer({ min: 1, max: 9 }), (entries, filter, limit) =>
      filled(entries, ({ queries }) => {
        const naive = new Naive(entries)
        const found = all((cursor) => queries.hops({ filter, cursor, limit }))
        const wanted = naive.hops.filter((hop) => fits(filter, naive.hopFacts(hop))).map(({ id }) => id)
        expect(found.map(({ id }) => id)).toEqual(wanted.toReversed())
      }),
    ),
    { numRuns: 400 },
  )
})

test('the cost of what a filter finds is the cost of those calls', () => {
  fc.assert(
    fc.property(anyLedger, filters, fc.constantFrom(...costDimensions), (entries, filter, by) =>
      filled(entries, ({ queries }) => {
        const naive = new Naive(entries)
        const ids = new Set(naive.hops.filter((hop) => fits(filter, naive.hopFacts(hop))).map(({ id }) => id as string))
        const rows = costBy(
          entries.filter((entry) => 'rid' in entry && ids.has(entry.rid ?? '')),
          by,
        )
        expect(queries.cost({ by, since: null, filter })).toMatchObject({ rows, total: totalOf(rows) })
      }),
    ),
    { numRuns: 300 },
  )
})
