/** What a batch of entries adds to the tables, gathered in memory so that each row is written once for a whole batch. */
import type { Millis } from '../../base/clock.ts'
import type { AgentId, PersonId, RunId } from '../../domain/ids.ts'
import type { CallRecord, IntentEntry, RunEntry } from '../../domain/record.ts'

/** More than a call can come to; keeps sums of billions of calls exact. */
const amount_max = 1_000_000_000_000
export const hour_ms: Millis = 3_600_000
/** Of a hop whose process died before its record was written. */
export const diedDetail = 'the gateway stopped while the call was under way'

export type Value = string | number | null

/** Changes of one run; numbers are added, unless they say otherwise. */
export interface RunDraft {
  readonly id: RunId
  state: 'active' | 'halted' | 'ended'
  root: string
  person: string | null
  started_at: Millis
  /** The later one holds. */
  last_at: Millis
  /** 0: not known from here, and neither are root, person and start. */
  ends_at: Millis
  calls: number
  refused: number
  open: number
  /** The larger one holds. */
  depth_max: number
  /** The larger one holds. */
  laps: number
  tokens: number
  cost_micros: number
  unpriced: number
  held_micros: number
  halt: RunEntry | null
  readonly seq_first: number
  seq_last: number
}

export interface EdgeDraft {
  readonly run: RunId
  readonly from: AgentId
  readonly to: string
  calls: number
  refused: number
  tokens: number
  cost_micros: number
  depth_min: number
  depth_max: number
  first_at: Millis
  last_at: Millis
}

/** Values for the columns of `hops` after `n` and `run_n`, by name. */
export type HopDraft = Record<string, Value>

export function newRun(id: RunId, { seq, ts, root, person }: Begun): RunDraft {
  const nothing = { calls: 0, refused: 0, open: 0, depth_max: 0, laps: 0, tokens: 0, cost_micros: 0, unpriced: 0 }
  const times = { started_at: ts, last_at: ts, ends_at: 0, seq_first: seq, seq_last: seq }
  return { id, state: 'active', root, person, ...times, ...nothing, held_micros: 0, halt: null }
}

interface Begun {
  readonly seq: number
  readonly ts: Millis
  readonly root: string
  readonly person: PersonId | null
}

export function intentHop(seq: number, entry: IntentEntry): HopDraft {
  return {
    ...blankHop(seq, entry),
    person: entry.human ?? null,
    status: 'open',
    held_micros: amount(entry.reserved.cost_micros),
  }
}

export function recordHop(seq: number, record: CallRecord): HopDraft {
  const { outcome } = record
  const { spent, metered } = outcome
  return {
    ...blankHop(seq, record),
    parent: record.parent_rid,
    origin: record.run_origin,
    person: record.human,
    method: record.method,
    dialect: record.dialect,
    decision: record.decision,
    status: outcome.status,
    code: record.code,
    rule: record.rule,
    policies: JSON.stringify(record.policies),
    pol_hash: record.pol_hash,
    shadow: JSON.stringify(record.shadow),
    fault: outcome.fault,
    detail: record.detail,
    laps: record.asked?.laps ?? 0,
    tokens: amount(spent.tokens),
    cost_micros: amount(spent.cost_micros),
    unpriced: amount(spent.unpriced ?? 0),
    ms: outcome.ms,
    upstream_ms: outcome.upstream_ms,
    settled: 1,
    model: metered?.model ?? modelOf(record.target),
    source: metered ? sourceOf(metered) : null,
    input_tokens: metered ? amount(metered.usage.input_tokens) : null,
    cached_tokens: metered ? amount(metered.usage.cached_tokens) : null,
    cache_write_tokens: metered ? amount(metered.usage.cache_write_tokens) : null,
    cache_write_1h_tokens: metered ? amount(metered.usage.cache_write_1h_tokens ?? 0) : null,
    output_tokens: metered ? amount(metered.usage.output_tokens) : null,
    reasoning_tokens: metered ? amount(metered.usage.reasoning_tokens) : null,
  }
}

function blankHop(seq: number, entry: CallRecord | IntentEntry): HopDraft {
  const { rid, agent, target, depth, ts } = entry
  return {
    seq,
    id: rid,
    parent: null,
    origin: null,
    agent,
    person: null,
    target,
    method: '',
    dialect: null,
    depth,
    at: ts,
    decision: 'allow',
    status: 'open',
    code: null,
    rule: null,
    policies: '[]',
    pol_hash: null,
    shadow: '[]',
    fault: null,
    detail: null,
    laps: 0,
    tokens: 0,
    cost_micros: 0,
    unpriced: 0,
    ms: 0,
    upstream_ms: 0,
    held_micros: 0,
    settled: 0,
    model: modelOf(target),
    source: null,
    input_tokens: null,
    cached_tokens: null,
    cache_write_tokens: null,
    cache_write_1h_tokens: null,
    output_tokens: null,
    reasoning_tokens: null,
  }
}

/** Whole, not negative, and never so large that a sum is not exact any more. */
export function amount(number: number): number {
  return Math.min(amount_max, Math.max(0, Math.round(number)))
}

function modelOf(target: string): string | null {
  return target.startsWith('model:') ? target.slice(6) : null
}

/** Where a request was lost, all that was reserved is taken as spent. */
function sourceOf({ source, lost }: NonNullable<CallRecord['outcome']['metered']>): string {
  return lost === undefined ? source : 'reserved'
}
