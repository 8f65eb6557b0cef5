/** The questions of the index over one open database. Each ends by itself, in parts where it may be long. */
import type { DatabaseSync } from 'node:sqlite'
import { type Clock, systemClock } from '../../base/clock.ts'
import type { HopId, RunId } from '../../domain/ids.ts'
import type { EdgeRow, HopRow, RunStory } from '../../domain/story.ts'
import { explain } from '../../domain/story/explain.ts'
import { type Explanation, nothingKnown } from '../../domain/story/explanation.ts'
import { Budget } from './budget.ts'
import {
  type AskRefused,
  type ExplainAsked,
  type IndexState,
  isAskRefused,
  type Queries,
  refuseAsk,
  type StoryAsked,
} from './contract.ts'
import { findCost } from './find-cost.ts'
import { findTop } from './find-top.ts'
import { listHops, listRuns } from './lists.ts'
import { edgeOf, hopOf, hopSelect, runHopSelect, runOf, runSelect } from './rows.ts'
import { indexSchema } from './schema.ts'
import { Statements } from './statements.ts'
import type { World } from './world.ts'

export interface QueryOptions {
  readonly clock?: Clock
  /** Of one question; default 5 s. */
  readonly budget_ms?: number
}

const usual_ms = 5000
const storyHops_max = 200_000
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
    explain: (asked) => explainedBy(storyOf(world, asked), asked),
    hops: (asked) => listHops(world, asked),
    hop: ({ hop }) => hopRow(world, hop),
    edges: ({ run }) => edgesOf(world, runRow(world, run)?.n ?? 0),
    cost: (asked) => findCost(world, asked),
    top: (asked) => findTop(world, asked),
    state: () => stateOf(world),
  }
}

/** Of a story as it was found. */
export function explainedBy(
  story: RunStory | AskRefused | null,
  { facts = nothingKnown }: ExplainAsked,
): Explanation | AskRefused | null {
  return story && (isAskRefused(story) ? story : explain(story, facts))
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

/** One moment of it: what is written meanwhile is in none of its parts. */
function storyOf(world: World, { run, hops_max = storyHops_max }: StoryAsked): RunStory | AskRefused | null {
  if (!Number.isInteger(hops_max) || hops_max < 1 || hops_max > storyHops_max)
    return refuseAsk('bad_limit', `a story has 1 to ${storyHops_max} hops`)
  world.base.exec('BEGIN')
  try {
    const known = runRow(world, run)
    if (!known) return null
    const hops = storyHops(world, { run, n: known.n, hops_max: hops_max + 1 })
    if (isAskRefused(hops)) return hops
    const complete = known.dropped === 0 && hops.length <= hops_max
    return { run: known.row, hops: hops.slice(0, hops_max), edges: edgesOf(world, known.n), complete }
  } finally {
    world.base.exec('COMMIT')
  }
}

interface StoryHops {
  readonly run: RunId
  readonly n: number
  readonly hops_max: number
}

function storyHops(world: World, { run, n, hops_max }: StoryHops): HopRow[] | AskRefused {
  const budget = new Budget(world.clock, world.budget_ms)
  const statement = world.statements.lists(`${runHopSelect} WHERE run_n = ? AND n > ? ORDER BY n LIMIT ?`)
  const hops: HopRow[] = []
  for (let after = 0; hops.length < hops_max;) {
    const rows = statement.all(n, after, Math.min(part, hops_max - hops.length)) as unknown as readonly unknown[][]
    for (const row of rows) hops.push(hopOf(row, run))
    if (rows.length < part) break
    after = Number(rows.at(-1)?.[0])
    if (budget.isOver) return refuseAsk('too_long', 'the run has too many hops for one answer; ask for fewer')
  }
  return hops
}

const part = 10_000

function stateOf({ statements }: World): IndexState {
  const meta = (key: string): number =>
    Number(statements.of('SELECT value FROM meta WHERE key = ?').get(key)?.['value'] ?? 0)
  const count = (table: 'hops' | 'runs'): number =>
    Number(statements.of(`SELECT count(*) AS number FROM ${table}`).get()?.['number'])
  return { seq: meta('seq'), schema: indexSchema, hops: count('hops'), runs: count('runs'), dropped: meta('dropped') }
}
