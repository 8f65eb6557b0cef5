/** The answers of the admin listener as the terminal reads them. The schema member is checked, the rest is ours. */
import type { Cycle, RunEdge } from '../domain/run-graph.ts'
import { formatCost, type Spend } from '../domain/spend.ts'

export interface RunSummary {
  readonly id: string
  readonly state: 'active' | 'halted' | 'ended'
  readonly root: string
  readonly person: string | null
  /** Milliseconds since the epoch. */
  readonly started_at: number
  readonly ends_at: number
  /** Hops admitted. */
  readonly calls: number
  readonly refused: number
  readonly open: number
  readonly depth_max: number
  /** The most laps of any cycle; 0 without one. */
  readonly laps: number
  readonly spent: Spend
  /** Calls of models whose price nobody knows: missing in what was spent. Absent from older gateways. */
  readonly unpriced?: number
  readonly reserved: Spend
  /** Null where the run has no such budget. */
  readonly left: { readonly tokens: number | null; readonly cost_micros: number | null }
  /** Rules in shadow mode that would have refused a call of this run. */
  readonly shadow: readonly string[]
  readonly halt: RunHalt | null
  /** How far the outside may have steered it: `none`, `external`, `untrusted` or `injected`. */
  readonly taint: string
}

interface RunHalt {
  readonly code: string
  readonly reason: string
  readonly actor: string
  readonly at: number
  readonly hop: string | null
}

export interface RunList {
  readonly schema: 'weir.runs/v1'
  readonly runs: readonly RunSummary[]
}

export interface RunDetail extends RunSummary {
  readonly schema: 'weir.run/v1'
  readonly edges: readonly Readonly<RunEdge>[]
  readonly cycles: readonly Cycle[]
  /** The last 1000, oldest first. */
  readonly hops: readonly HopView[]
}

/** A call that waits for a person, or that a person decided about. */
export interface ApprovalRow {
  readonly id: string
  readonly state: 'pending' | 'granted' | 'refused'
  readonly run: string
  readonly hop: string
  readonly agent: string
  readonly person: string | null
  readonly target: string
  readonly method: string
  readonly args_hash: string
  /** The beginning of the arguments, as JSON. */
  readonly params: string
  /** Characters of the whole. */
  readonly params_chars: number
  readonly rule: string | null
  readonly taint: string
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly by: string | null
  readonly reason: string | null
  readonly decided_at: number | null
}

export interface ApprovalList {
  readonly schema: 'weir.approvals/v1'
  readonly approvals: readonly ApprovalRow[]
}

export interface ApprovalDone extends ApprovalRow {
  readonly schema: 'weir.approval/v1'
}

export interface HopView {
  readonly id: string
  readonly parent: string | null
  readonly from: string
  readonly to: string
  readonly depth: number
  readonly state: 'open' | 'answered' | 'failed' | 'refused' | 'halted'
  readonly code: string | null
  readonly rule: string | null
  readonly cost_micros: number
  readonly at: number
}

export interface AgentSummary {
  readonly id: string
  readonly state: 'ok' | 'quarantined' | 'contained'
  readonly callable: boolean
  readonly versions: readonly string[]
  readonly discovery: string
  readonly facet_of: string | null
  /** SHA-256 of the card that is trusted; null where none is known. */
  readonly digest: string | null
  /** Why calls to it are refused; null where they are not. */
  readonly quarantined: string | null
}

export interface AgentList {
  readonly schema: 'weir.agents/v1'
  readonly agents: readonly AgentSummary[]
}

export interface AgentDetail extends AgentSummary {
  readonly schema: 'weir.agent/v1'
  readonly url: string | null
  readonly description: string
  readonly owner: string | null
  readonly team: string | null
  readonly skills: readonly string[] | null
  /** Null where nobody asks for its card. */
  readonly card: AgentCardView | null
}

export interface AgentCardView {
  readonly url: string | null
  /** Milliseconds since the epoch. */
  readonly checked_at: number | null
  readonly problem: string | null
  readonly changes: readonly string[]
  readonly approvable: boolean
  readonly pinned: SeenCardView | null
  readonly pending: SeenCardView | null
}

export interface SeenCardView {
  readonly name: string
  readonly version: string
  readonly digest: string
  readonly signature: { readonly state: string; readonly kid: string | null }
  readonly interfaces: readonly { readonly binding: string; readonly version: string; readonly url: string }[]
  readonly foreign: readonly string[]
  readonly skills: readonly { readonly id: string; readonly description: string }[]
  readonly seen_at: number
}

/** Something that counts no more. */
export interface RevocationRow {
  readonly what: 'agent' | 'person' | 'key' | 'token' | 'everything'
  /** `agent:research`, `user:tomas`, `key:...`. */
  readonly name: string
  /** Seconds since the epoch: what was issued before does not count. Keys and tokens never count again. */
  readonly epoch: number
  readonly contained: boolean
  readonly reason: string
  readonly actor: string
  readonly source: 'operator' | 'caep' | 'client'
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly until: number | null
}

export interface RevocationList {
  readonly schema: 'weir.revocations/v1'
  readonly revocations: readonly RevocationRow[]
}

export interface RevocationDone extends RevocationRow {
  readonly schema: 'weir.revocation/v1'
  /** It was taken back by this. */
  readonly lifted: boolean
  /** Calls under way that it ended. */
  readonly ended: number
}

/** What Weir posts to the webhooks when a run was halted. */
export interface Alert {
  readonly schema: 'weir.alert/v1'
  readonly kind: 'run_halted'
  readonly at: number
  readonly sentence: string
  readonly run: RunDetail
  readonly edge: { readonly from: string; readonly to: string; readonly depth: number; readonly lap: number } | null
  readonly rule: string | null
  readonly code: string
}

/** Newest first. Times are milliseconds since the epoch. */
export interface KeyList {
  readonly schema: 'weir.keys/v1'
  readonly keys: readonly KeyView[]
}

export interface KeyView {
  readonly kid: string
  readonly use: 'token' | 'record' | 'card'
  readonly alg: string
  readonly state: 'next' | 'active' | 'retired'
  readonly source: 'file' | 'credential'
  readonly published_at: number
  readonly active_from: number
  readonly retired_at: number | null
  readonly not_after: number | null
  readonly revoked_at: number | null
}

/** RFC 9457, with our stable `code`. */
export interface Problem {
  readonly title?: string
  readonly detail?: string
  readonly code?: string
}

/** What a run has cost and what its open calls hold, and beside it what nobody knows the price of. */
export function committedWords(run: RunSummary): string {
  return formatCost(committedMicros(run), run.unpriced ?? 0)
}

/** What a run has cost and what its open calls hold: the number that grows while a loop is under way. */
export function committedMicros(run: RunSummary): number {
  return run.spent.cost_micros + run.reserved.cost_micros
}
