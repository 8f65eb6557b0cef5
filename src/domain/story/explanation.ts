/**
 * What an operator asks of a run at night, answered: the shape of `weir runs explain --json`. Amounts are micro-dollars, and of
 * a call under way what it holds.
 */
import type { Millis } from '../../base/clock.ts'
import type { HopId } from '../ids.ts'
import type { RunOrigin } from '../run.ts'
import type { EdgeRow, RunRow } from '../story.ts'

/** What is known beside the story: the rules as they stand now. */
export interface StoryFacts {
  /** Where policies stand, by their ids. */
  readonly places: ReadonlyMap<string, PolicyPlace>
  /** Of the policies those places were read from; null where none were. */
  readonly pol_hash: string | null
  /** Limits by the name that records give them: `run.depth_max`. */
  readonly limits: ReadonlyMap<string, LimitFact>
  /** What a breach of a limit does. */
  readonly on_breach: 'halt' | 'refuse'
}

export interface PolicyPlace {
  readonly file: string
  /** From 1. */
  readonly line: number
}

export interface LimitFact {
  readonly max: number
  readonly mode: 'shadow' | 'warn' | 'enforce'
}

export const nothingKnown: StoryFacts = { places: new Map(), pol_hash: null, limits: new Map(), on_breach: 'halt' }

export interface Explanation {
  readonly schema: 'weir.explanation/v1'
  readonly run: RunRow
  /** False where the ledger no longer has all of its calls: then counts of hops are of those that are left. */
  readonly complete: boolean
  /** Hops that the answers below are drawn from, refused ones included. */
  readonly hops: number
  /** Of hops that were let through. */
  readonly depth_max: number
  /** From its beginning to its halt, or to its last entry. */
  readonly lasted_ms: number
  readonly started: Started
  /** The dearest first. */
  readonly loops: readonly Loop[]
  /** The same call again and again from one hop, without a circle. The dearest first. */
  readonly retries: readonly Retries[]
  /** The dearest first. */
  readonly edges: readonly (EdgeRow & { readonly share: number; readonly closes: boolean })[]
  /** Where most was spent: hops with all that they set off. The dearest first. */
  readonly subtrees: readonly Subtree[]
  /** What allowed the edge that closes the dearest loop, or the dearest edge where there is none. */
  readonly allowed: Allowed | null
  readonly stopped: Stopped | null
  /** Who was refused, but not because the run had been halted already. The most frequent first. */
  readonly refused: readonly Refused[]
  /** Rules that only watched, and when they would have acted. The earliest first. */
  readonly shadow: readonly Shadow[]
  /** What would have cut the loops, the one that saves most first. */
  readonly would_cut: readonly Cut[]
  readonly audit: { readonly seq_first: number; readonly seq_last: number }
}

/** One hop as others are told of it; `number` counts the hops of the run by time, from 1. */
export interface HopMark {
  readonly number: number
  readonly id: HopId
  readonly depth: number
  readonly at: Millis
}

export interface Started {
  readonly at: Millis
  readonly by: string
  readonly for: string | null
  /** The first call; null where it is no longer kept. */
  readonly with: {
    readonly hop: HopMark
    readonly method: string
    readonly target: string
    /** How it found the run: `new` where it began it. */
    readonly origin: RunOrigin | null
  } | null
}

export interface Loop {
  readonly from: string
  readonly to: string
  /** Agents on the way, from `to` back to `from`. */
  readonly path: readonly string[]
  /** The hop that closed it first. */
  readonly first: HopMark
  readonly laps: number
  /** Everything that was done in laps: what would not have been without the closing edge. */
  readonly calls: number
  readonly cost_micros: number
  /** Of what the run cost; 0 where that is nothing. */
  readonly share: number
  readonly lap_micros: number
  /** From one lap to the next; null where there was one. */
  readonly lap_ms: number | null
  readonly first_lap: Lap
  readonly last_lap: Lap
  /** Laps in which the same calls had the same results as in the first. */
  readonly alike: number
  /** What the laps were made of, summed up. The most frequent first. */
  readonly steps: readonly LapStep[]
  readonly cause: Cause | null
  readonly allowed: Allowed
}

export interface Lap {
  readonly number: number
  readonly hop: HopMark
  readonly calls: number
  readonly cost_micros: number
  readonly steps: readonly LapStep[]
}

export interface LapStep {
  readonly from: string
  readonly to: string
  readonly result: string
  readonly hops: number
}

/** What went wrong right before the loop was closed, from the same hop: the likely reason for asking back. */
export interface Cause {
  readonly hop: HopMark
  readonly target: string
  readonly result: string
  readonly detail: string | null
  /** Laps that began after the same thing. */
  readonly laps: number
}

export interface Retries {
  readonly from: string
  readonly to: string
  /** The hop whose agent tried; null at the root. */
  readonly within: HopMark | null
  readonly first: HopMark
  readonly calls: number
  readonly failed: number
  readonly cost_micros: number
}

export interface Subtree {
  readonly hop: HopMark
  readonly from: string
  readonly to: string
  readonly calls: number
  readonly cost_micros: number
  readonly share: number
}

export interface Allowed {
  readonly from: string
  readonly to: string
  readonly calls: number
  readonly policies: readonly { readonly id: string; readonly place: PolicyPlace | null }[]
  readonly pol_hash: string | null
  /** Whether those policies are the ones that stand now, so that the places are right. */
  readonly current: boolean
}

export interface Stopped {
  readonly code: string
  readonly reason: string
  readonly actor: string
  readonly at: Millis
  /** The limit that was broken, and the call that broke it; null where an operator stopped it or that is no longer kept. */
  readonly rule: string | null
  readonly limit: LimitFact | null
  readonly hop: HopMark | null
  /** Calls that were under way and ended by it. */
  readonly cancelled: number
  /** Calls that were tried afterwards. */
  readonly refused_after: number
}

export interface Refused {
  readonly from: string
  readonly to: string
  readonly code: string | null
  readonly rule: string | null
  readonly place: PolicyPlace | null
  readonly hops: number
  readonly first: HopMark
  /** It would have closed a cycle. */
  readonly closes: boolean
}

export interface Shadow {
  readonly rule: string
  readonly limit: LimitFact | null
  /** Hops that it would have refused. */
  readonly hops: number
  readonly first: HopMark
  /** What the run would have cost with it, and what it would have saved. */
  readonly cost_micros: number
  readonly saved_micros: number
}

export interface Cut {
  readonly by: 'deny' | 'run.laps_max' | 'run.depth_max' | 'run.cost_micros_max'
  /** Null for the rule. */
  readonly max: number | null
  /** As it is written: a policy of Cedar, or keys of the configuration. */
  readonly write: string
  readonly first: HopMark
  readonly cost_micros: number
  readonly saved_micros: number
}
