/** What is said when a run is played again, in whichever protocol: shapes only. */
import type { JsonObject } from '../../../base/json.ts'
import type { Spend } from '../../../domain/spend.ts'

/** A request or an answer, and whether it was captured or is made up. */
export interface Said {
  readonly body: string
  readonly from: 'captured' | 'made_up'
}

export interface Request extends Said {
  /** Of the listener for data. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

export interface Answer extends Said {
  readonly contentType: string
}

/** What the mock was asked: the body, and what it says as JSON-RPC. */
export interface Asked {
  readonly path: string
  readonly body: JsonObject | null
  readonly method: string | null
  readonly id: unknown
}

export interface AnswerParts {
  /** The body that went to the caller, where it is kept in full. */
  readonly captured: Buffer | null
  /** What it says it has cost; null where its price is known before, or where it says so anyhow. */
  readonly cost: Spend | null
  /** Makes the id of a task one that nobody has had here. */
  readonly fresh: (task: string) => string
}

/** Members of `metadata` and `_meta` in which answers say what was recorded of their cost. */
export const toldMembers = { cost_micros: 'weirReplayCostMicros', tokens: 'weirReplayTokens' } as const

export const madeUpText = 'Made up by weir replay: what was said here was not captured.'

/** Nesting of what is read again. */
export const depth_max = 64
/** The same of what models are told: providers read schemas deeper than anybody else. */
export const modelDepth_max = 256

/** Where the stand-in finds them, below the address of the mock. */
export const places = { agents: '/agents/', tools: '/tools/', models: '/models/' } as const
