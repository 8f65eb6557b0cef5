/** Callers that follow tasks they did not start just now, so that a revocation finds every one of them. */
import type { HopId } from '../domain/ids.ts'
import { type Denial, deny } from '../domain/verdict.ts'

export interface Following {
  /** The call that follows. */
  readonly id: HopId
  /** Why it must not go on; null while it may. */
  readonly standing: () => Denial | null
  halt(denial: Denial): void
  /** It waits for whatever may come, and so would wait for ever. */
  readonly endless?: boolean
}

export class Followers {
  readonly #open = new Map<HopId, Following>()

  /** How many there are; bounded by `maximums.open_calls` at the edge. */
  get open(): number {
    return this.#open.size
  }

  begin(following: Following): void {
    this.#open.set(following.id, following)
  }

  end(id: HopId): void {
    this.#open.delete(id)
  }

  /** Ends those that would never end by themselves: the gateway stops. */
  letGo(): void {
    for (const following of this.#open.values())
      if (following.endless === true) following.halt(deny('busy', 'the gateway stops', { rule: 'gateway.stop' }))
  }

  /** Ends every one that may not go on; returns how many. */
  haltRevoked(): number {
    let halted = 0
    for (const following of this.#open.values()) {
      const denial = following.standing()
      if (!denial) continue
      following.halt(denial)
      halted += 1
    }
    return halted
  }
}
