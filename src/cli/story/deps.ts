/** What the pages about runs need of the house: rows, stories, the rules as they stand, records; from a gateway or from its files. */
import type { StoryFacts } from '../../domain/story/explanation.ts'
import type { Page, RunRow, RunStory } from '../../domain/story.ts'
import type { CliProblem } from '../exit-codes.ts'

export interface StoryTools {
  /** Newest first. */
  readonly list: (asked: RunsAsked) => Promise<Page<RunRow> | CliProblem>
  /** One run with its hops; `not_found` where nothing of it is kept. */
  readonly story: (asked: StoryAsked) => Promise<RunStory | CliProblem>
  /** Where policies stand and which limits apply now; what cannot be read is left out, for the story stands without it. */
  readonly facts: (configPath: string) => Promise<StoryFacts>
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
