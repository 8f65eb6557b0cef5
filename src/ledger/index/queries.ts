/** The questions of the index over one open database. Each ends by itself, in parts where it may be long. */
import type { DatabaseSync } from 'node:sqlite'
import { type Clock, systemClock } from '../../base/clock.ts'
import type { HopId, RunId } from '../../domain/ids.ts'
import { type EdgeRow, type HopRow, type RunStory, storyHops_max, type ToldStory } from '../../domain/story.ts'
import { explain } from '../../domain/story/explain.ts'
import { nothingKnown } from '../../domain/story/explanation.ts'
import { foldTree } from '../../domain/story/fold-tree.ts'
import { Budget } from './budget.ts'
import { type AskRefused, type IndexState, isAskRefused, type Queries, refuseAsk, type StoryAsked } from './contract.ts'
import { findCost } from './find-cost.ts'
import { findTop } from './find-top.ts'
import { listHops, listRuns } from './lists.ts'
import {
  edgeOf,
  hopOf,
  hopSelect,
  hopWith,
  ownSelect,
  runOf,
  runSelect,
  toldSelect,
  toldWith,
  type Words,
  wordSelect,
  wordsOf,
} from './rows.ts'
import { indexSchema } from './schema.ts'
import { Statements } from './statements.ts'
import type { World } from './world.ts'

export interface QueryOptions {
  readonly clock?: Clock
  /** Of one question; default 5 s. */
  readonly budget_ms?: number
}

const usual_ms = 5000
/** Edges of one run that are answered; outsiders may invent targets. */
const edges_max = 10_000

/** `base` as from `openForReading`; what is wrong with the database itself is thrown. */
export function openQueries(base: DatabaseSync, options: QueryOptions = {}): Queries {
  const { clock = systemClock, budget_ms = usual_ms } = options
  const world: World = { base, statements: new Statements(base), clock, budget_ms }
  return {
    runs: (asked) => listRuns(world, asked),
    run: ({ run }) => runRow(world, run)?.row ?? null,
    story: (asked) => storyOf(world, asked),
    explain: ({ run, facts = nothingKnown }) => toldOf(world, run, (story) => explain(story, facts)),
    tree: ({ run }) => toldOf(world, run, foldTree),
    hops: (asked) => listHops(world, asked),
    hop: ({ hop }) => hopRow(world, hop),
    edges: ({ run }) => edgesOf(world, runRow(world, run)?.n ?? 0),
    cost: (asked) => findCost(world, asked),
    top: (asked) => findTop(world, asked),
    state: () => stateOf(world),
  }
}

function runRow({ statements }: World, id: RunId) {
  const row = statements.lists(`${runSelect} WHERE id = ?`).get(id) as unknown as readonly unknown[] | undefined
  return row && { row: runOf(row), n: Number(row[0]), dropped: Number(row.at(-1)) }
}

function hopRow({ statements }: World, id: HopId): HopRow | null {
  const row = statements.lists(`${hopSelect} WHERE id = ? ORDER BY n DESC LIMIT 1`).get(id)
  return row ? hopOf(row as unknown as readonly unknown[]) : null
}

function edgesOf({ statements }: World, run: number): readonly EdgeRow[] {
  const text = 'SELECT * FROM edges WHERE run_n = ? ORDER BY first_at, from_agent, to_target LIMIT ?'
  return statements.of(text).all(run, edges_max).map(edgeOf)
}

function storyOf(world: World, { run, ...bounds }: StoryAsked): RunStory | AskRefused | null {
  const hop = (own: Row, words: Words): HopRow => hopWith(own, words, run)
  return found(world, run, { ...bounds, select: ownSelect, hop })
}

function toldOf<T>(world: World, run: RunId, tell: (story: ToldStory) => T): T | AskRefused | null {
  const story = found(world, run, { select: toldSelect, hop: toldWith })
  return story && (isAskRefused(story) ? story : tell(story))
}

type Row = readonly unknown[]

interface Wanted<Hop> extends Omit<StoryAsked, 'run'> {
  readonly select: string
  readonly hop: (own: Row, words: Words) => Hop
}

interface Found<Hop> extends Omit<RunStory, 'hops'> {
  readonly hops: readonly Hop[]
}

/** One moment of it: what is written meanwhile is in none of its parts. */
function found<Hop>(world: World, run: RunId, wanted: Wanted<Hop>): Found<Hop> | AskRefused | null {
  const { hops_max = storyHops_max, last } = wanted
  for (const count of [hops_max, last ?? 1])
    if (!Number.isInteger(count) || count < 1 || count > storyHops_max)
      return refuseAsk('bad_limit', `a story has 1 to ${storyHops_max} hops`)
  world.base.exec('BEGIN')
  try {
    const known = runRow(world, run)
    if (!known) return null
    const hops =
      last === undefined ? firstHops(world, wanted, known, hops_max + 1) : lastHops(world, wanted, known, last)
    if (isAskRefused(hops)) return hops
    const complete = known.dropped === 0 && hops.length <= hops_max
    return { run: known.row, hops: complete ? hops : hops.slice(0, hops_max), edges: edgesOf(world, known.n), complete }
  } finally {
    world.base.exec('COMMIT')
  }
}

type Known = NonNullable<ReturnType<typeof runRow>>

function firstHops<Hop>(
  world: World,
  { select, hop }: Wanted<Hop>,
  { row, n }: Known,
  max: number,
): Hop[] | AskRefused {
  const budget = new Budget(world.clock, world.budget_ms)
  // A run that fills its part of the table is read straight through; others by the index of runs.
  const isDense = (row.calls + row.refused) * dense > row.seq_last - row.seq_first
  const which = isDense ? '+run_n = ? AND n > ? AND n <= ?' : 'run_n = ? AND n > ? AND n <= ?'
  const statement = world.statements.lists(`${select} WHERE ${which} ORDER BY n LIMIT ?`)
  const wordsFor = wordReader(world)
  const hops: Hop[] = []
  for (let after = 0; hops.length < max;) {
    const more = statement.all(n, after, row.seq_last, Math.min(part, max - hops.length)) as unknown as Row[]
    for (const own of more) hops.push(hop(own, wordsFor(own)))
    if (more.length < part) break
    after = Number(more.at(-1)?.[0])
    if (budget.isOver) return refuseAsk('too_long', 'the run has too many hops for one answer; ask for fewer')
  }
  return hops
}

/** Small, so that rows are forgotten before they are moved out of the nursery of the garbage collector. */
const part = 2000
/** Entries of a run per hop, its intent and its record with it, up to which it is dense. */
const dense = 4

function lastHops<Hop>(world: World, { select, hop }: Wanted<Hop>, { n }: Known, last: number): Hop[] {
  const statement = world.statements.lists(`${select} WHERE run_n = ? ORDER BY n DESC LIMIT ?`)
  const wordsFor = wordReader(world)
  return (statement.all(n, last) as unknown as Row[]).toReversed().map((own) => hop(own, wordsFor(own)))
}

/** The words of each manner are read with the first hop that has it. */
function wordReader({ statements }: World): (row: Row) => Words {
  const statement = statements.lists(wordSelect)
  const known = new Map<unknown, Words>()
  return (row) => {
    const manner = row[1]
    const words = known.get(manner) ?? wordsOf(statement.get(Number(row[0])) as unknown as Row)
    known.set(manner, words)
    return words
  }
}

function stateOf({ statements }: World): IndexState {
  const meta = (key: string): number =>
    Number(statements.of('SELECT value FROM meta WHERE key = ?').get(key)?.['value'] ?? 0)
  const count = (table: 'hops' | 'runs'): number =>
    Number(statements.of(`SELECT count(*) AS number FROM ${table}`).get()?.['number'])
  return { seq: meta('seq'), schema: indexSchema, hops: count('hops'), runs: count('runs'), dropped: meta('dropped') }
}
