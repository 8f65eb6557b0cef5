/**
 * The recorded decisions of one run, made again in their order under other policies and limits: which would be others, where
 * the run would have been cut, and what it would have cost. Nothing is called: what an agent would have done instead of the
 * call that is refused to it nobody knows, so everything below that call counts as not done.
 */
import { countLost, type LostCounts } from '../../domain/arguments-lost.ts'
import type { HopId, RunId } from '../../domain/ids.ts'
import type { CallRecord } from '../../domain/record.ts'
import type { Spend } from '../../domain/spend.ts'
import type { RunLimits } from '../../limits/settings.ts'
import type { PolicySnapshot } from '../../policy/snapshot.ts'
import { decideAgain } from './answer.ts'
import { type ArgumentsOf, questionOf, type Routes } from './recorded.ts'

export interface ReplayedHop {
  readonly hop: HopId
  readonly at: number
  readonly depth: number
  readonly agent: string
  readonly target: string
  /** What policy said then and says now, or the limit that would have refused it. */
  readonly was: 'allow' | 'deny'
  readonly now: 'allow' | 'deny'
  readonly rules: readonly string[]
}

export interface RunReplay {
  readonly schema: 'weir.replay/v1'
  readonly run: RunId
  readonly pol_hash: string
  readonly calls: number
  readonly same: number
  readonly indeterminate: number
  /** Of these, how many for which reason. */
  readonly indeterminate_why: LostCounts
  /** Refused by something else than policy then, or not asked of it. */
  readonly elsewhere: number
  /** Below a call that would have been refused, or after the run would have been halted. */
  readonly not_reached: number
  readonly changed: readonly ReplayedHop[]
  /** The first call that was let through and would not be. */
  readonly cut: ReplayedHop | null
  readonly was: Spend
  readonly would: Spend
}

export interface ReplayParts {
  readonly policy: PolicySnapshot
  readonly routes: Routes
  readonly limits: { readonly on_breach: 'halt' | 'refuse'; readonly run: RunLimits } | null
  readonly argumentsOf: ArgumentsOf
}

/** Changed decisions that are listed; the counts are of all. */
const listed_max = 1000

type Fate =
  | { readonly kind: 'goes_on' | 'elsewhere' | 'indeterminate' }
  | { readonly kind: 'other'; readonly hop: ReplayedHop }

export async function replayRun(run: RunId, calls: readonly CallRecord[], parts: ReplayParts): Promise<RunReplay> {
  // A call is received before whatever it sets in motion; of those of one millisecond the shallower came first.
  const ordered = calls.toSorted((a, b) => a.ts - b.ts || a.depth - b.depth)
  const tally = new Tally(run, parts)
  for (const call of ordered) await tally.take(call)
  return tally.report(ordered)
}

class Tally {
  readonly #run: RunId
  readonly #parts: ReplayParts
  readonly #gone = new Set<HopId | null>()
  readonly #changed: ReplayedHop[] = []
  readonly #lost: LostCounts = {}
  readonly #counts = { same: 0, indeterminate: 0, elsewhere: 0, not_reached: 0 }
  #cut: ReplayedHop | null = null
  #halted = false
  #done = 0
  #would: Spend = { tokens: 0, cost_micros: 0 }

  constructor(run: RunId, parts: ReplayParts) {
    this.#run = run
    this.#parts = parts
  }

  async take(call: CallRecord): Promise<void> {
    if (this.#halted || (call.parent_rid !== null && this.#gone.has(call.parent_rid))) {
      this.#gone.add(call.rid)
      this.#counts.not_reached += 1
      return
    }
    const fate = (await this.#byPolicy(call)) satisfies Fate
    const limit = fate.kind !== 'other' && call.decision === 'allow' ? this.#breachOf(call) : null
    if (limit !== null)
      return this.#refuse(call, changedHop(call, 'allow', 'deny', [limit]), this.#parts.limits?.on_breach === 'halt')
    if (fate.kind === 'other') {
      if (fate.hop.now === 'deny') return this.#refuse(call, fate.hop, false)
      if (this.#changed.length < listed_max) this.#changed.push(fate.hop)
    } else this.#counts[fate.kind === 'goes_on' ? 'same' : fate.kind] += 1
    if (call.decision === 'allow') this.#spend(call)
  }

  report(calls: readonly CallRecord[]): RunReplay {
    const was = calls.reduce((sum, { outcome }) => plus(sum, outcome.spent), { tokens: 0, cost_micros: 0 })
    const about = { schema: 'weir.replay/v1', run: this.#run, pol_hash: this.#parts.policy.hash } as const
    return {
      ...about,
      calls: calls.length,
      ...this.#counts,
      indeterminate_why: this.#lost,
      changed: this.#changed,
      cut: this.#cut,
      was,
      would: this.#would,
    }
  }

  async #byPolicy(call: CallRecord): Promise<Fate> {
    const { policy, routes, argumentsOf } = this.#parts
    const question = questionOf(call, routes, argumentsOf)
    if (question.kind !== 'question') return { kind: 'elsewhere' }
    const { answer, rules } = await decideAgain(policy, question)
    if (answer === 'indeterminate') {
      countLost(this.#lost, question.lost)
      return { kind: 'indeterminate' }
    }
    if (answer === question.was) return { kind: 'goes_on' }
    return { kind: 'other', hop: changedHop(call, question.was, answer, rules) }
  }

  /** The limit of a run that the call would be over; those on time and on what is open at once are not looked at. */
  #breachOf({ depth, asked, outcome }: CallRecord): string | null {
    const run: RunLimits = this.#parts.limits?.run ?? {}
    const would = plus(this.#would, outcome.spent)
    const counted = [
      ['depth_max', depth],
      ['laps_max', asked?.laps ?? 0],
      ['calls_max', this.#done + 1],
      ['tokens_max', would.tokens],
      ['cost_micros_max', would.cost_micros],
    ] as const
    const over = counted.find(([name, count]) => run[name]?.mode === 'enforce' && count > run[name].max)
    return over ? `run.${over[0]}` : null
  }

  #refuse(call: CallRecord, hop: ReplayedHop, halts: boolean): void {
    this.#gone.add(call.rid)
    this.#halted ||= halts
    if (call.decision === 'allow') this.#cut ??= hop
    if (this.#changed.length < listed_max) this.#changed.push(hop)
  }

  #spend({ outcome }: CallRecord): void {
    this.#done += 1
    this.#would = plus(this.#would, outcome.spent)
  }
}

function changedHop(
  call: CallRecord,
  was: 'allow' | 'deny',
  now: 'allow' | 'deny',
  rules: readonly string[],
): ReplayedHop {
  const { rid: hop, ts: at, depth, agent, target } = call
  return { hop, at, depth, agent: agent ?? '', target, was, now, rules }
}

function plus(left: Spend, right: Spend): Spend {
  return { tokens: left.tokens + right.tokens, cost_micros: left.cost_micros + right.cost_micros }
}
