/** What the pages about runs need of the house: rows, stories, what is told of them, records; from a gateway or from its files. */
import type { Explanation } from '../../domain/story/explanation.ts'
import type { FoldedTree } from '../../domain/story/folded-tree.ts'
import type { Page, RunRow, RunStory } from '../../domain/story.ts'
import type { CliProblem } from '../exit-codes.ts'

export interface StoryTools {
  /** Newest first. */
  readonly list: (asked: RunsAsked) => Promise<Page<RunRow> | CliProblem>
  /** One run with its hops, or with the `last` of them; `not_found` where nothing of it is kept. */
  readonly story: (asked: StoryAsked & { readonly last?: number }) => Promise<RunStory | CliProblem>
  /** With where policies stand and which limits apply now; what of that cannot be read is left out. */
  readonly explanation: (asked: StoryAsked) => Promise<Explanation | CliProblem>
  readonly tree: (asked: StoryAsked) => Promise<FoldedTree | CliProblem>
  /** Entries of the run as the ledger has them, in its order, with their numbers. */
  readonly records: (asked: StoryAsked) => Promise<AsyncIterable<RunRecord> | CliProblem>
  /** Writes a new file that only its owner may read; never over what is there. */
  readonly write: (out: string, text: AsyncIterable<string>) => Promise<null | CliProblem>
}

export interface RunsAsked {
  readonly configPath: string
  /** Text of the filter grammar; '' for all. */
  readonly filter: string
  readonly cursor: string | null
  /** 1 to 1000. */
  readonly limit: number
}

export interface StoryAsked {
  readonly configPath: string
  readonly run: string
}

/** One entry of the ledger with its number. */
export type RunRecord = { readonly seq: number } & Readonly<Record<string, unknown>>
