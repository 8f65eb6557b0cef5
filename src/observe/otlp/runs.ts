/** What the span of a run is made of while its hops go by: sums, events and the trace it was opened with. Bounded. */
import type { SpanContext } from '@opentelemetry/api'
import { BoundedMap } from '../../base/bounded-map.ts'
import type { Millis } from '../../base/clock.ts'
import type { RunId } from '../../domain/ids.ts'
import type { CallRecord, RunEntry } from '../../domain/record.ts'
import { placed, type TraceOfRun, traceOfRun } from './trace-place.ts'

export interface KnownRun {
  /** The span its first call came from, if it came from one. */
  readonly caller: SpanContext | null
  cost_micros: number
  calls: number
  refused: number
  depth: number
  readonly events: RunEvent[]
}

interface RunEvent {
  readonly name: string
  readonly at: Millis
}

const events_max = 16

/** A run whose caller's trace outlives a restart. */
export type Joined = readonly [run: string, traceId: string, spanId: string]

export class KnownRuns {
  readonly #known: BoundedMap<RunId, KnownRun>
  readonly #joined = new Map<RunId, SpanContext>()
  readonly #max: number
  readonly #join: 'run' | 'caller'

  constructor(join: 'run' | 'caller', max: number) {
    this.#known = new BoundedMap({ max })
    this.#max = max
    this.#join = join
  }

  open({ run, caller_trace }: RunEntry): void {
    const [, traceId, spanId] = caller_trace?.split('-') ?? []
    const caller = traceId === undefined || spanId === undefined ? null : placed(traceId, spanId, true)
    this.#known.set(run, { caller, cost_micros: 0, calls: 0, refused: 0, depth: 0, events: [] })
    if (caller && this.#join === 'caller' && this.#joined.size < this.#max) this.#joined.set(run, caller)
  }

  find(run: RunId): KnownRun | null {
    return this.#known.get(run) ?? null
  }

  /** Which trace the spans of a run stand in. */
  traceOf(run: RunId): TraceOfRun {
    const above = this.#joined.get(run)
    return above ? { traceId: above.traceId, above } : traceOfRun(run)
  }

  count({ run, decision, depth, outcome }: CallRecord): void {
    const known = run === null ? null : this.find(run)
    if (!known) return
    if (decision === 'deny') known.refused += 1
    else known.calls += 1
    known.cost_micros += outcome.spent.cost_micros
    known.depth = Math.max(known.depth, depth)
  }

  taint({ run, code, ts }: RunEntry): void {
    const events = this.find(run)?.events
    if (events && events.length < events_max) events.push({ name: `tainted: ${code ?? 'unknown'}`, at: ts })
  }

  /** What was under way when a run ended may leave its record later, so its trace is known until others crowd it out. */
  end(run: RunId): void {
    this.#known.delete(run)
    const above = this.#joined.get(run)
    if (!above) return
    this.#joined.delete(run)
    this.#joined.set(run, above)
    if (this.#joined.size * 2 > this.#max) this.#forgetOldest()
  }

  /** What a restart must not forget. */
  get joined(): readonly Joined[] {
    return [...this.#joined].map(([run, { traceId, spanId }]) => [run, traceId, spanId])
  }

  restore(joined: readonly Joined[]): void {
    if (this.#join !== 'caller') return
    for (const [run, traceId, spanId] of joined) this.#joined.set(run as RunId, placed(traceId, spanId, true))
  }

  #forgetOldest(): void {
    const [oldest] = this.#joined.keys()
    if (oldest !== undefined) this.#joined.delete(oldest)
  }
}
