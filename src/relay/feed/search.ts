/** Looking for a task again whose stream was lost: when it is worth it, how often, and what is asked then. */
import type { Fault, FaultCode } from '../../domain/fault.ts'
import type { Ask, FollowAsk, TaskSeen } from '../driver.ts'
import type { Bench } from '../exchange.ts'

/** What an agent that is up again can make good; everything else would happen again. */
const recoverable: ReadonlySet<FaultCode> = new Set(['reset', 'truncated', 'connect_failed', 'connect_timeout'])
/** A stream that held for so long may be looked for as often as a new one. Unit: milliseconds. */
const held_ms = 60_000
const retry_ms = 200

export class Search {
  readonly #bench: Bench
  #lostAt = 0
  #tries = 0

  constructor(bench: Bench) {
    this.#bench = bench
  }

  /** How often in a row it was looked for. */
  get tries(): number {
    return this.#tries
  }

  /** How long to wait before the next try; null where there is none. */
  next(fault: Fault): number | null {
    const now = this.#bench.clock.monotonic()
    if (now - this.#lostAt > held_ms) this.#tries = 0
    this.#lostAt = now
    if (!recoverable.has(fault.code) || this.#tries >= this.#bench.settings.recover_tries) return null
    this.#tries += 1
    return retry_ms * this.#tries
  }
}

/** A question about a task of which more is known by now than when its first ask went out. */
export function followAsk(
  operation: FollowAsk['operation'],
  task: TaskSeen,
  { warrant, known }: Pick<Ask, 'warrant' | 'known'>,
): FollowAsk {
  const { memo } = task
  const now = {
    instance: task.instance ?? known.instance,
    task: memo?.task ?? known.task,
    context: memo?.context ?? known.context,
  }
  return { operation, warrant, taskId: task.id, historyLength: null, known: now }
}
