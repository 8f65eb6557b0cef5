/**
 * Finds the same call made again and again: along one edge, by one method, with the same outcome, and question and answer
 * as large as before but for a few bytes. The ledger has no arguments; another size is taken for progress.
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

/** By how much sizes of equal texts differ: ids and times in them have a digit more or less. */
const alike_bytes = 8

/** Calls that look alike, and when the newest of them were. */
interface Alike {
  readonly way: string
  /** Of the first of them. */
  readonly bytes_in: number
  readonly bytes_out: number
  readonly times: number[]
}

export class Repetition {
  /** The one that was added to last is the last. */
  readonly #kinds: Alike[] = []

  /** Null for a call that was not made too often. */
  add(at: number, call: CallRecord, { same_calls, window_ms }: RepetitionLimits): Repeated | null {
    if (!working.has(call.action)) return null
    const { times } = this.#find(call)
    times.push(at)
    if (times.length > same_calls) times.shift()
    const within_ms = at - (times[0] ?? at)
    const isOften = times.length === same_calls && within_ms >= 0 && within_ms <= window_ms
    return isOften ? { calls: same_calls, within_ms } : null
  }

  #find(call: CallRecord): Alike {
    const { status, bytes_in, bytes_out } = call.outcome
    const way = JSON.stringify([call.agent, call.target, call.method, status, call.code])
    const place = this.#kinds.findLastIndex(
      (kind) =>
        kind.way === way &&
        Math.abs(kind.bytes_in - bytes_in) <= alike_bytes &&
        Math.abs(kind.bytes_out - bytes_out) <= alike_bytes,
    )
    const [known] = place === -1 ? [] : this.#kinds.splice(place, 1)
    const kind = known ?? { way, bytes_in, bytes_out, times: [] }
    this.#kinds.push(kind)
    if (this.#kinds.length > kinds_max) this.#kinds.shift()
    return kind
  }
}
