/**
 * Finds the same call made again and again: along one edge, by one method, as large as before both ways and with the same
 * outcome. The ledger has no arguments; a call whose question or answer has another size is taken for progress.
 */
import type { CallRecord } from '../domain/record.ts'

export interface RepetitionLimits {
  readonly same_calls: number
  readonly window_ms: number
}

export interface Repeated {
  readonly calls: number
  readonly within_ms: number
}

/** Kinds of calls remembered of one run; the one that is longest ago is forgotten first. */
const kinds_max = 128

/** What makes work. Questions about tasks, lists and streams are asked again on purpose. */
const working: ReadonlySet<CallRecord['action']> = new Set(['send', 'stream', 'call_tool', 'generate', 'embed'])

export class Repetition {
  /** Times of the newest calls of each kind. */
  readonly #times = new Map<string, number[]>()

  /** Null for a call that was not made too often. */
  add(at: number, call: CallRecord, { same_calls, window_ms }: RepetitionLimits): Repeated | null {
    if (!working.has(call.action)) return null
    const { status, bytes_in, bytes_out } = call.outcome
    const kind = JSON.stringify([call.agent, call.target, call.method, status, call.code, bytes_in, bytes_out])
    const times = this.#times.get(kind) ?? []
    times.push(at)
    if (times.length > same_calls) times.shift()
    this.#times.delete(kind)
    this.#times.set(kind, times)
    const [oldest] = this.#times.keys()
    if (this.#times.size > kinds_max && oldest !== undefined) this.#times.delete(oldest)
    const within_ms = at - (times[0] ?? at)
    return times.length === same_calls && within_ms >= 0 && within_ms <= window_ms
      ? { calls: same_calls, within_ms }
      : null
  }
}
