/** What the runs index can be asked, by whom and over which thread does not matter: names, what each takes, what each answers. */
import type { Millis } from '../../base/clock.ts'
import type { CostDimension, CostRow, CostSums } from '../../domain/cost.ts'
import type { Filter } from '../../domain/filter.ts'
import type { AgentId, HopId, RunId } from '../../domain/ids.ts'
import type { Explanation, StoryFacts } from '../../domain/story/explanation.ts'
import type { FoldedTree } from '../../domain/story/folded-tree.ts'
import type { EdgeRow, HopRow, ListAsked, Page, RunRow, RunStory } from '../../domain/story.ts'

/** Why a question has no answer, as a value; `sentence` is for whoever asked. */
export interface AskRefused {
  readonly kind: 'ask_refused'
  /**
   * `bad_cursor`, `bad_filter`, `bad_limit`: of the question. `too_long`: narrow it down. `busy`: too many ask at once.
   * `unavailable`: there is no index now, or its thread broke.
   */
  readonly code: 'bad_cursor' | 'bad_filter' | 'bad_limit' | 'too_long' | 'busy' | 'unavailable'
  readonly sentence: string
}

export interface StoryAsked {
  readonly run: RunId
  /** Default and greatest 200,000; the newest are left out where there are more. */
  readonly hops_max?: number
  /** Only so many, the newest. */
  readonly last?: number
}

export interface ExplainAsked {
  readonly run: RunId
  /** What is known beside the ledger: where policies stand, which limits hold. */
  readonly facts?: StoryFacts
}

export interface CostAsked {
  readonly by: CostDimension
  /** Calls received before count for nothing; null for everything that is kept. */
  readonly since: Millis | null
  readonly filter: Filter
  /** Who pays for which agent today; for `team`. */
  readonly teams?: Readonly<Record<AgentId, string | null>>
}

export interface CostFound {
  /** The dearest first; past 10,000 the others are summed up in a row `others`. */
  readonly rows: readonly CostRow[]
  readonly total: CostSums
  /** False where calls that would count were dropped from the index. */
  readonly complete: boolean
}

export interface TopAsked {
  /** 1 s to 24 h. */
  readonly window_ms: Millis
  /** End of the window. */
  readonly now: Millis
  /** 1 to 1000 agents; default 20. */
  readonly limit?: number
}

/** One agent as a caller in the window; the fastest spender first, then by calls. */
export interface TopRow {
  readonly agent: AgentId
  readonly calls: number
  readonly refused: number
  readonly open: number
  readonly tokens: number
  readonly cost_micros: number
  readonly calls_per_minute: number
  readonly tokens_per_minute: number
  readonly cost_micros_per_minute: number
  /** Of all its calls in the window, 0 to 1. */
  readonly deny_share: number
  /** Of calls that ended; null where none did. */
  readonly p99_ms: number | null
  /** Most laps of a cycle that one of its calls closed. */
  readonly laps: number
}

export interface TopFound {
  readonly window_ms: Millis
  readonly from: Millis
  readonly to: Millis
  readonly rows: readonly TopRow[]
}

/** How far the index is. */
export interface IndexState {
  /** Number of the last entry that is in it. */
  readonly seq: number
  readonly schema: number
  readonly hops: number
  readonly runs: number
  /** Hops that retention dropped; what they came to is still in runs, edges and spend. */
  readonly dropped: number
}

/** Every question by its name. */
export interface Questions {
  readonly runs: { readonly asked: ListAsked; readonly answer: Page<RunRow> }
  readonly run: { readonly asked: { readonly run: RunId }; readonly answer: RunRow | null }
  readonly story: { readonly asked: StoryAsked; readonly answer: RunStory | null }
  /** Who started it, where it loops, what it cost, what allowed it and what stopped it. */
  readonly explain: { readonly asked: ExplainAsked; readonly answer: Explanation | null }
  /** Its calls as a tree with repeated laps folded. */
  readonly tree: { readonly asked: { readonly run: RunId }; readonly answer: FoldedTree | null }
  readonly hops: { readonly asked: ListAsked; readonly answer: Page<HopRow> }
  readonly hop: { readonly asked: { readonly hop: HopId }; readonly answer: HopRow | null }
  readonly edges: { readonly asked: { readonly run: RunId }; readonly answer: readonly EdgeRow[] }
  readonly cost: { readonly asked: CostAsked; readonly answer: CostFound }
  readonly top: { readonly asked: TopAsked; readonly answer: TopFound }
  readonly state: { readonly asked: Readonly<Record<string, never>>; readonly answer: IndexState }
}

export type QuestionName = keyof Questions

/** Over an open, read-only database; see `openQueries` in `queries.ts`. */
export type Queries = {
  readonly [Name in QuestionName]: (asked: Questions[Name]['asked']) => Questions[Name]['answer'] | AskRefused
}

/** The gateway's side of the query thread; see `openAsk` in `ask.ts`. */
export interface Ask {
  /** `text` is the answer as JSON, to be passed on as it is. Never rejects. */
  ask<Name extends QuestionName>(
    name: Name,
    asked: Questions[Name]['asked'],
  ): Promise<{ readonly kind: 'json'; readonly text: string } | AskRefused>
  close(): Promise<void>
}

/** The index without a gateway; see `openIndexHere` in `here.ts`. */
export interface IndexHere {
  readonly kind: 'index_here'
  readonly queries: Queries
  /** Entries of the ledger that are not in it, because a gateway or somebody else writes it just now; 0 where it is up to date. */
  readonly behind: number
  /** Places of the ledger that could not be read, in sentences. */
  readonly problems: readonly string[]
  close(): void
}

export interface IndexProblem {
  readonly kind: 'index_problem'
  readonly sentence: string
}

export function isAskRefused(value: unknown): value is AskRefused {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'ask_refused'
}

export function refuseAsk(code: AskRefused['code'], sentence: string): AskRefused {
  return { kind: 'ask_refused', code, sentence }
}
