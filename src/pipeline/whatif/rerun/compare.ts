/** A run that was played again held against its record: what is decided otherwise, and everything that could not be compared. */
import type { HopId, RunId } from '../../../domain/ids.ts'
import type { CallRecord, Outcome } from '../../../domain/record.ts'
import type { Spend } from '../../../domain/spend.ts'
import type { Said } from './said.ts'
import type { LeftWhy, Timeline } from './timeline.ts'

/** What was recorded of a call, then or now. */
export interface Seen {
  readonly decision: 'allow' | 'deny'
  readonly code: string | null
  /** What decided: the policies that allowed it, or the rule that refused it. */
  readonly rules: readonly string[]
  readonly depth: number
  /** Null where policy was not asked. */
  readonly laps: number | null
  readonly status: Outcome['status']
  readonly cost_micros: number
  readonly tokens: number
}

export interface RerunHop {
  readonly hop: HopId
  readonly at: number
  readonly agent: string
  readonly target: string
  readonly was: Seen
  readonly now: Seen
  /** What is not the same. */
  readonly differs: readonly (keyof Seen)[]
  /** Whether its request and the answer of its target are those that were captured; null where nobody answered. */
  readonly request: Said['from']
  readonly answer: Said['from'] | null
}

export interface RunRerun {
  readonly schema: 'weir.run-rerun/v1'
  readonly run: RunId
  /** Null where nothing was sent. */
  readonly pol_hash: string | null
  /** All that are recorded. */
  readonly calls: number
  readonly sent: number
  readonly same: number
  readonly allow_to_deny: number
  readonly deny_to_allow: number
  /** Decided alike, but for another reason, or with another end or cost. */
  readonly differ: number
  /** Below a call that would be refused now. */
  readonly not_reached: number
  readonly not_sent: readonly NotSent[]
  readonly made_up: { readonly requests: number; readonly answers: number }
  /** Those that are not the same, in the order in which they were made; the first of them. */
  readonly changed: readonly RerunHop[]
  /** Of what was sent or not reached. */
  readonly was: Spend
  readonly would: Spend
  readonly ended: Ended
  /** Of whom a nameless person stands. */
  readonly erased: number
  /** Sent with less than they had: scopes, budgets, a key of their caller. */
  readonly unlike: number
  /** Milliseconds. */
  readonly ms: number
}

export interface NotSent {
  readonly why: LeftWhy | 'no_time' | 'no_words' | 'no_answer'
  readonly count: number
  /** The first of them. */
  readonly hop: HopId
}

/** `timeout`: the rest was not sent. */
type Ended = 'complete' | 'timeout'

/** What became of the calls of a timeline. */
export interface Played {
  readonly fates: ReadonlyMap<HopId, Fate>
  readonly ended: Ended
  readonly ms: number
}

export type Fate = Sent | { readonly kind: 'not_reached' | 'no_time' | 'no_words' }

export interface Sent {
  readonly kind: 'sent'
  readonly request: Said['from']
  readonly answer: Said['from'] | null
  /** Its hop here; null where nothing named one. */
  readonly hop: string | null
}

/** Rows that are listed; the counts are of all. */
const listed_max = 1000

/** `records` are those of the gateway it was played on, by their hops. */
export function compareRun(
  run: RunId,
  { calls, left, erased, unlike }: Timeline,
  { fates, ended, ms }: Played,
  records: ReadonlyMap<string, CallRecord>,
): RunRerun {
  const rows: RerunHop[] = []
  const notSent = new Map<NotSent['why'], { count: number; hop: HopId }>()
  const leave = (why: NotSent['why'], hop: HopId): void => {
    const known = notSent.get(why)
    if (known) known.count += 1
    else notSent.set(why, { count: 1, hop })
  }
  for (const [hop, why] of left) leave(why, hop)
  let [was, notReached, polHash]: [Spend, number, string | null] = [nothing, 0, null]
  for (const [hop, record] of calls) {
    const fate = fates.get(hop) ?? { kind: 'no_time' }
    const again = fate.kind === 'sent' && fate.hop !== null ? records.get(fate.hop) : undefined
    if (fate.kind === 'no_time' || fate.kind === 'no_words') leave(fate.kind, hop)
    else if (fate.kind === 'not_reached') notReached += 1
    else if (!again) leave('no_answer', hop)
    else {
      if (fate.kind === 'sent') rows.push(rowOf(record, again, fate))
      polHash ??= again.pol_hash
    }
    if (fate.kind === 'not_reached' || again) was = plus(was, record.outcome.spent)
  }
  const flips = (from: 'allow' | 'deny') => rows.filter((row) => isFlip(row) && row.was.decision === from).length
  const changed = rows.filter(({ differs }) => differs.length > 0)
  return {
    schema: 'weir.run-rerun/v1',
    run,
    pol_hash: polHash,
    calls: calls.size + left.size,
    sent: rows.length,
    same: rows.length - changed.length,
    allow_to_deny: flips('allow'),
    deny_to_allow: flips('deny'),
    differ: changed.filter((row) => !isFlip(row)).length,
    not_reached: notReached,
    not_sent: Array.from(notSent, ([why, { count, hop }]) => ({ why, count, hop })),
    made_up: {
      requests: rows.filter(({ request }) => request === 'made_up').length,
      answers: rows.filter(({ answer }) => answer === 'made_up').length,
    },
    changed: changed.toSorted((a, b) => a.at - b.at || a.was.depth - b.was.depth).slice(0, listed_max),
    was,
    would: rows.reduce((sum, { now }) => plus(sum, now), nothing),
    ended,
    erased,
    unlike,
    ms,
  }
}

const nothing: Spend = { tokens: 0, cost_micros: 0 }

export function isFlip({ was, now }: RerunHop): boolean {
  return was.decision !== now.decision
}

function rowOf(record: CallRecord, again: CallRecord, sent: Sent): RerunHop {
  const { rid: hop, ts: at, agent, target } = record
  const { request, answer } = sent
  const [was, now] = [seenIn(record), seenIn(again)]
  return { hop, at, agent: agent ?? '', target, was, now, differs: differencesOf(was, now, sent), request, answer }
}

function seenIn({ decision, code, rule, policies, depth, asked, outcome }: CallRecord): Seen {
  const { status, spent } = outcome
  const { cost_micros, tokens } = spent
  const rules = decision === 'deny' ? [rule ?? 'default'] : policies
  return { decision, code, rules, depth, laps: asked?.laps ?? null, status, cost_micros, tokens }
}

/** Which policies allow or refuse is told, and is no difference by itself. */
const compared = ['decision', 'code', 'depth', 'laps', 'status', 'cost_micros', 'tokens'] as const
type Compared = (typeof compared)[number]

function differencesOf(was: Seen, now: Seen, sent: Sent): readonly Compared[] {
  const apart = notCompared(was, sent)
  return compared.filter((name) => was[name] !== now[name] && !apart.includes(name))
}

/** What a mock cannot repeat. */
function notCompared({ status }: Seen, { request, answer }: Sent): readonly Compared[] {
  // Here no caller leaves before its answer.
  if (status === 'aborted') return ['status']
  // A connection breaks here in one way only.
  if (status === 'failed') return ['code', 'cost_micros', 'tokens']
  // What Weir plays itself answers to what it is asked, which was something else then.
  return answer === null && request === 'made_up' ? ['cost_micros', 'tokens'] : []
}

function plus(left: Spend, right: Spend): Spend {
  return { tokens: left.tokens + right.tokens, cost_micros: left.cost_micros + right.cost_micros }
}
