/**
 * Finds what is odd although no limit was reached: money that goes faster than usual, and the same call again and again.
 * Hears the entries of the ledger on a thread of its own; tells alerts and refuses nothing. Everything it holds has a
 * maximum: what is forgotten begins anew, and is then found later.
 */
import type { Millis } from '../base/clock.ts'
import type { AnomalySettings } from '../config/settings.ts'
import type { AgentId, RunId } from '../domain/ids.ts'
import type { CallRecord, LedgerEntry, RunEntry } from '../domain/record.ts'
import { formatMicros } from '../domain/spend.ts'
import type { Alert } from './alert.ts'
import { type Repeated, Repetition } from './repetition.ts'
import { SpendRate } from './spend-rate.ts'

type Kind = 'cost_velocity' | 'repetition'
type Found = Extract<Alert, { readonly kind: Kind | 'over' }>

export interface AnomaliesOptions {
  readonly settings: AnomalySettings
  /** Hears what was found: at most `alerts_max` between two ticks. */
  readonly tell: (alert: Found) => void
}

/** Runs and agents that are watched; the one that called longest ago is forgotten first. */
const watched_max = 2000
/** By how much the ends of calls are out of order at most, unless the clock was set back. */
const disorder_ms = 60_000
/** Told between two ticks, which are a second apart. */
const alerts_max = 20

interface Watched {
  readonly rate: SpendRate
  /** When something of this kind was told. */
  readonly told: Map<Kind, Millis>
}

interface WatchedRun extends Watched {
  readonly repetition: Repetition
  root: AgentId | null
  cost_micros: number
  unpriced: number
}

/** A call of a run whose caller is known. */
interface Seen {
  readonly call: CallRecord
  readonly id: RunId
  readonly run: WatchedRun
  /** When it was over. */
  readonly at: Millis
}

export class Anomalies {
  readonly name = 'anomalies'
  readonly #options: AnomaliesOptions
  readonly #runs = new Map<RunId, WatchedRun>()
  readonly #agents = new Map<AgentId, Watched>()
  #told = 0
  #latest: Millis = 0
  /** Findings that were too many to be told. */
  dropped = 0

  constructor(options: AnomaliesOptions) {
    this.#options = options
  }

  entries(batch: readonly { readonly entry: LedgerEntry }[]): void {
    for (const { entry } of batch) {
      if (entry.kind === 'call') this.#call(entry)
      else if (entry.kind === 'run') this.#run(entry)
    }
  }

  /** About once a second. */
  tick(): void {
    this.#told = 0
  }

  #run({ event, run: id, root, ts }: RunEntry): void {
    if (event === 'opened') this.#watch(id).root = root
    if (event !== 'halted' && event !== 'ended') return
    const known = this.#runs.get(id)
    this.#runs.delete(id)
    // A halt is told by whoever halts, about the same run: it is not over until somebody has looked.
    if (event === 'halted' || !known || known.told.size === 0) return
    this.#tell({ kind: 'over', at: ts, sentence: `${id} has ended; it was odd before.`, run: { id } })
  }

  #call(call: CallRecord): void {
    const { run: id, agent, outcome } = call
    if (id === null || agent === null) return
    const run = this.#watch(id)
    run.root ??= call.chain[0] ?? agent
    run.cost_micros += outcome.spent.cost_micros
    run.unpriced += outcome.spent.unpriced ?? 0
    // Records are written in the order in which calls end, as far as clocks agree; one that was set back is believed.
    const end = call.ts + outcome.ms
    this.#latest = end < this.#latest - disorder_ms ? end : Math.max(this.#latest, end)
    const seen: Seen = { call, id, run, at: this.#latest }
    const repeated = run.repetition.add(seen.at, call, this.#options.settings.repetition)
    if (repeated) this.#tellRepetition(seen, repeated)
    const isFast = (who: Watched): boolean =>
      who.rate.add(seen.at, outcome.spent.cost_micros, this.#options.settings.cost_velocity)
    const caller = this.#watchAgent(agent)
    const fast = { run: isFast(run), agent: isFast(caller) }
    if (fast.run) this.#tellVelocity(seen, run, id)
    if (fast.agent) this.#tellVelocity(seen, caller, agent)
  }

  #tellRepetition({ call, id, run, at }: Seen, { calls, within_ms }: Repeated): void {
    if (!this.#isNew([run], 'repetition', at)) return
    const took = `${calls} times in ${Math.max(1, Math.ceil(within_ms / 1000))} s`
    const sentence = `${id}: ${String(call.agent)} asked ${call.target} the same ${took}. ${soFar(run)}`
    const rest = { method: call.method, calls, within_ms }
    this.#tell({ kind: 'repetition', at, sentence, ...placeOf(call, id, run), ...rest })
  }

  #tellVelocity({ call, id, run, at }: Seen, { rate, told }: Watched, of: RunId | AgentId): void {
    const whom = told === run.told ? [run] : [{ told }, run]
    if (!this.#isNew(whom, 'cost_velocity', at)) return
    const { micros_per_min, usual_micros_per_min } = rate
    const sentence =
      `${of} spends ${formatMicros(micros_per_min)} a minute, usually ${formatMicros(usual_micros_per_min)}; ` +
      `the newest call is ${String(call.agent)} -> ${call.target} in ${id}. ${soFar(run)}`
    const rest = { of, rate_micros_per_min: micros_per_min, baseline_micros_per_min: usual_micros_per_min }
    this.#tell({ kind: 'cost_velocity', at, sentence, ...placeOf(call, id, run), ...rest })
  }

  /** Whether none of these was told of this within the cool-down; from now on all were. */
  #isNew(whom: readonly Pick<Watched, 'told'>[], kind: Kind, at: Millis): boolean {
    const { cooldown_ms } = this.#options.settings
    if (whom.some(({ told }) => at - (told.get(kind) ?? -Infinity) < cooldown_ms)) return false
    for (const { told } of whom) told.set(kind, at)
    return true
  }

  #tell(alert: Found): void {
    this.#told += 1
    if (this.#told > alerts_max) this.dropped += 1
    else this.#options.tell(alert)
  }

  #watch(id: RunId): WatchedRun {
    const fresh = (): WatchedRun => ({
      rate: new SpendRate(),
      told: new Map(),
      repetition: new Repetition(),
      root: null,
      cost_micros: 0,
      unpriced: 0,
    })
    return newest(this.#runs, id, fresh)
  }

  #watchAgent(id: AgentId): Watched {
    return newest(this.#agents, id, () => ({ rate: new SpendRate(), told: new Map() }))
  }
}

/** The value of a key, made where there is none; it moves to the end, and the first goes where there are too many. */
function newest<Key, Value>(map: Map<Key, Value>, key: Key, fresh: () => Value): Value {
  const value = map.get(key) ?? fresh()
  map.delete(key)
  map.set(key, value)
  const [first] = map.keys()
  if (map.size > watched_max && first !== undefined) map.delete(first)
  return value
}

function placeOf(call: CallRecord, id: RunId, run: WatchedRun): Pick<Extract<Found, { kind: Kind }>, 'run' | 'edge'> {
  const { root, cost_micros, unpriced } = run
  const edge = { from: String(call.agent), to: call.target, depth: call.depth, lap: call.asked?.laps ?? 0 }
  return { run: { id, root: String(root), cost_micros, unpriced }, edge }
}

function soFar({ cost_micros }: WatchedRun): string {
  return `The run came to ${formatMicros(cost_micros)} so far.`
}
