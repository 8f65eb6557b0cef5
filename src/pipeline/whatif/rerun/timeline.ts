/**
 * The order in which the calls of a run began and ended, taken from the ledger: an intent is where a call left, its record is
 * where it ended, and what is between them lay open at once. And which calls cannot be sent again, and why.
 */
import { type AgentId, type HopId, isPseudonym } from '../../../domain/ids.ts'
import type { CallRecord, LedgerEntry } from '../../../domain/record.ts'

export type Moment =
  | { readonly kind: 'begin' | 'end'; readonly hop: HopId }
  /** An operator halted it. */
  | { readonly kind: 'halt'; readonly reason: string }

export interface Timeline {
  readonly moments: readonly Moment[]
  /** Those that are sent again. */
  readonly calls: ReadonlyMap<HopId, CallRecord>
  /** Those that are not. */
  readonly left: ReadonlyMap<HopId, LeftWhy>
  /** Persons who were erased: somebody nameless stands for them. */
  readonly erased: number
  /** Calls whose credential had scopes, budgets, a key of its holder or a chain of others; a plain token stands for it. */
  readonly unlike: number
}

/** Why a call is not sent again. */
export type LeftWhy = keyof typeof leftWords

export const leftWords = {
  stranger: 'nobody proved who was calling',
  no_work: 'it asks about something and starts no work',
  unregistered: 'its caller is not in the configuration any more',
  cut: 'names in its record were too long to be kept whole',
  outside:
    'it was refused by what only the real gateway knows: time, rates, budgets of a day, revocations, tasks, health',
  approved: 'a person approved it',
  authority: 'it was refused for what its token allowed, and that is not repeated',
  orphan: 'the record of the call above it is not kept',
  below: 'the call above it is not sent again',
  too_many: 'it is beyond the most that are sent again',
} as const

/** Calls of one run that are sent again. */
const calls_max = 10_000

/** Refusals that a gateway comes to again with the same policies, limits and calls; all others are of their moment. */
const repeatable: ReadonlySet<string> = new Set([
  'policy_denied',
  'approval_required',
  'not_found',
  'run_context_required',
  'depth_exceeded',
  'loop_detected',
  'calls_exceeded',
  'fan_out_exceeded',
  'run_budget_exhausted',
  'concurrency_limited',
  'run_halted',
])

const work: ReadonlySet<string> = new Set(['send', 'stream', 'call_tool', 'generate', 'embed'])

/** As records end a text that was too long (`ledger/pack.ts`). */
const cutMark = '…'

/** `entries` of one run in the order of the ledger; `registered` are the agents of the configuration it is played with. */
export function timelineOf(entries: readonly LedgerEntry[], registered: ReadonlySet<AgentId>): Timeline {
  const records = entries.filter((entry) => entry.kind === 'call')
  const known = new Set(records.map(({ rid }) => rid))
  const calls = new Map<HopId, CallRecord>()
  const left = new Map<HopId, LeftWhy>()
  for (const record of parentsFirst(records)) {
    const why = leftFor(record, { known, left, registered }) ?? (calls.size >= calls_max ? 'too_many' : null)
    if (why === null) calls.set(record.rid, record)
    else left.set(record.rid, why)
  }
  const persons = [...calls.values()].flatMap(({ human }) => (human !== null && isPseudonym(human) ? [human] : []))
  const unlike = [...calls.values()].filter(isUnlike).length
  return { moments: momentsOf(entries, calls), calls, left, erased: new Set(persons).size, unlike }
}

function isUnlike({ scope, adh, grants = [], bound, cred_type, ext_head }: CallRecord): boolean {
  const bounds = [scope, adh, ext_head].some((bound) => bound !== null) || grants.length > 0
  return bounds || bound !== 'none' || cred_type === 'client_cert'
}

/** A call ends before the one above it, and that is where its record stands. */
function parentsFirst(records: readonly CallRecord[]): readonly CallRecord[] {
  return records.toSorted((a, b) => a.depth - b.depth || a.ts - b.ts)
}

interface Known {
  readonly known: ReadonlySet<HopId>
  readonly left: ReadonlyMap<HopId, LeftWhy>
  readonly registered: ReadonlySet<AgentId>
}

function leftFor(record: CallRecord, { known, left, registered }: Known): LeftWhy | null {
  const { agent, action, target, parent_rid: parent } = record
  if (agent === null) return 'stranger'
  if (!work.has(action)) return 'no_work'
  if (target.endsWith(cutMark)) return 'cut'
  if (!registered.has(agent)) return 'unregistered'
  const own = leftByDecision(record)
  if (own !== null || parent === null) return own
  if (!known.has(parent)) return 'orphan'
  return left.has(parent) ? 'below' : null
}

function leftByDecision(record: CallRecord): LeftWhy | null {
  const { decision, code, rule, outcome, approval } = record
  if (decision === 'allow') return outcome.status === 'refused' ? 'outside' : approval === null ? null : 'approved'
  if (rule?.startsWith('token.')) return 'authority'
  const isOfMoment = rule === 'policy.oracle' || rule === 'run.wall_clock_ms' || code === null || !repeatable.has(code)
  return isOfMoment ? 'outside' : null
}

function momentsOf(entries: readonly LedgerEntry[], calls: ReadonlyMap<HopId, CallRecord>): readonly Moment[] {
  const moments: Moment[] = []
  const begun = new Set<HopId>()
  const begin = (hop: HopId): void => {
    const record = calls.get(hop)
    if (!record || begun.has(hop)) return
    // Where the entry of its beginning is missing it began no later than what it set in motion.
    if (record.parent_rid !== null) begin(record.parent_rid)
    begun.add(hop)
    moments.push({ kind: 'begin', hop })
  }
  for (const entry of entries) {
    if (entry.kind === 'intent') begin(entry.rid)
    else if (entry.kind === 'call' && calls.has(entry.rid)) {
      begin(entry.rid)
      if (entry.decision === 'allow') moments.push({ kind: 'end', hop: entry.rid })
    } else if (entry.kind === 'run' && entry.event === 'halted' && entry.code === 'operator')
      moments.push({ kind: 'halt', reason: entry.reason ?? '' })
  }
  return moments
}
