/**
 * What the runs index knows: runs, their hops and their edges as rows, live while they are written and long after. The
 * index fills them from the ledger; the command line, the operator interface and the console read them.
 */
import type { Millis } from '../base/clock.ts'
import type { DenialCode } from './denials.ts'
import type { FaultCode } from './fault.ts'
import type { AgentId, HopId, PersonId, RunId } from './ids.ts'
import type { CallRecord, Outcome } from './record.ts'
import type { Filter } from './filter.ts'
import type { RunOrigin } from './run.ts'

/** One run. Sums are of settled hops; `held_micros` is what hops under way have reserved. */
export interface RunRow {
  readonly id: RunId
  readonly state: 'active' | 'halted' | 'ended'
  readonly root: AgentId
  /** A pseudonym (`user:~…`) where the person was erased. */
  readonly person: PersonId | null
  readonly started_at: Millis
  /** Of its last entry. */
  readonly last_at: Millis
  /** When its time is or was over. */
  readonly ends_at: Millis
  /** Hops let through, refused, and let through without an outcome yet. */
  readonly calls: number
  readonly refused: number
  readonly open: number
  readonly depth_max: number
  readonly tokens: number
  readonly cost_micros: number
  readonly unpriced: number
  readonly held_micros: number
  /** Why and by whom it was halted; null where it was not. */
  readonly halt: { readonly code: string; readonly reason: string; readonly actor: string; readonly at: Millis } | null
  /** First and last entry of it in the ledger. */
  readonly seq_first: number
  readonly seq_last: number
}

/** One call of a run: its intent while it is under way, its record afterwards. */
export interface HopRow {
  /** Number of its record in the ledger; of its intent while it is open. */
  readonly seq: number
  readonly id: HopId
  readonly run: RunId | null
  readonly parent: HopId | null
  readonly origin: RunOrigin | null
  readonly agent: AgentId | null
  readonly person: PersonId | null
  readonly target: string
  readonly method: string
  readonly dialect: CallRecord['dialect'] | null
  readonly depth: number
  /** When it was received. */
  readonly at: Millis
  readonly decision: 'allow' | 'deny'
  readonly status: Outcome['status'] | 'open'
  readonly code: DenialCode | null
  readonly rule: string | null
  /** The policies that allowed it. */
  readonly policies: readonly string[]
  readonly pol_hash: string | null
  /** Rules in shadow or warn mode that would have refused it. */
  readonly shadow: readonly string[]
  readonly fault: FaultCode | null
  readonly detail: string | null
  readonly tokens: number
  readonly cost_micros: number
  /** What it holds as long as there is no record of its end, so that a loop under way shows what it costs; absent for nothing. */
  readonly held_micros?: number
  readonly unpriced: number
  readonly ms: number
  readonly upstream_ms: number
}

/** An (agent, target) pair of one run. */
export interface EdgeRow {
  readonly from: AgentId
  readonly to: string
  readonly calls: number
  readonly refused: number
  readonly tokens: number
  readonly cost_micros: number
  readonly depth_min: number
  readonly depth_max: number
  readonly first_at: Millis
  readonly last_at: Millis
}

/** Hops of one story; the newest are left out where there are more. */
export const storyHops_max = 200_000

/** A run with everything that is kept of its calls, in the order of the ledger. */
export interface RunStory {
  readonly run: RunRow
  readonly hops: readonly HopRow[]
  readonly edges: readonly EdgeRow[]
  /** False where older hops were dropped by retention or by a maximum. */
  readonly complete: boolean
}

/** What explanations and trees are made of. A run may have a hundred thousand hops, so that each column that is left out counts. */
export type ToldHop = Omit<HopRow, 'seq' | 'run' | 'person' | 'dialect' | 'tokens' | 'upstream_ms'>

export interface ToldStory extends Omit<RunStory, 'hops'> {
  readonly hops: readonly ToldHop[]
}

/** What every list takes: a filter, where to go on, and how many. */
export interface ListAsked {
  readonly filter: Filter
  /** The `next` of the page before; null for the first. */
  readonly cursor: string | null
  /** 1 to 1000. */
  readonly limit: number
}

export interface Page<Row> {
  readonly rows: readonly Row[]
  /** Null on the last page. */
  readonly next: string | null
}
