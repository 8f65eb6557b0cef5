/** What one exchange has seen so far, and the outcome that is made of it exactly once. */
import type { Clock } from '../base/clock.ts'
import { assert } from '../base/assert.ts'
import type { Hop } from '../domain/verdict.ts'
import type { Observation } from '../protocol/a2a/revision.ts'
import type { Done, ExchangeOutcome, TaskSeen } from './exchange.ts'

/** What an outcome says beside what was counted. */
export type Ending = Pick<ExchangeOutcome, 'kind' | 'sent'> &
  Partial<Pick<ExchangeOutcome, 'fault' | 'denial' | 'answer'>>

export class Tally {
  readonly #clock: Clock
  readonly #startedAt: number
  readonly #done: Done
  #firstByteAt: number | null = null
  #task: TaskSeen | null
  #told = false
  bytesIn = 0
  bytesOut = 0
  errorCode: number | null = null
  detail: string | null = null

  constructor(hop: Hop, clock: Clock, done: Done) {
    this.#clock = clock
    this.#startedAt = clock.monotonic()
    this.#done = done
    const { taskId, contextId } = hop.call
    this.#task = taskId === null ? null : { id: taskId, contextId, state: null, open: false }
  }

  get task(): TaskSeen | null {
    return this.#task
  }

  /** Whether the outcome was handed over. */
  get told(): boolean {
    return this.#told
  }

  head(): void {
    this.#firstByteAt ??= this.#clock.monotonic()
  }

  see({ kind, taskId, contextId, state }: Observation): void {
    const known = this.#task
    const id = taskId ?? known?.id ?? null
    if (id === null) return
    const context = contextId ?? known?.contextId ?? null
    this.#task = { id, contextId: context, state: state ?? known?.state ?? null, open: kind === 'open' }
  }

  tell(ending: Ending): void {
    assert(!this.#told, 'an exchange has one outcome')
    this.#told = true
    this.#done({
      fault: null,
      denial: null,
      answer: null,
      ...ending,
      errorCode: this.errorCode,
      detail: this.detail,
      bytesIn: this.bytesIn,
      bytesOut: this.bytesOut,
      firstByte_ms: this.#firstByteAt === null ? null : this.#firstByteAt - this.#startedAt,
      upstream_ms: this.#clock.monotonic() - this.#startedAt,
      task: this.#task,
    })
  }
}
