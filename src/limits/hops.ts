/** The hops of one run as the admin page shows them, and how many calls each hop has made. The oldest leave first. */
import type { Millis } from '../base/clock.ts'
import type { DenialCode } from '../domain/denials.ts'
import type { FaultCode } from '../domain/fault.ts'
import type { AgentId, HopId } from '../domain/ids.ts'

export type HopState = 'open' | 'answered' | 'failed' | 'refused' | 'halted'

export interface HopView {
  readonly id: HopId
  readonly parent: HopId | null
  readonly from: AgentId
  readonly to: string
  readonly depth: number
  readonly state: HopState
  readonly code: DenialCode | FaultCode | null
  readonly rule: string | null
  readonly cost_micros: number
  readonly at: Millis
}

/** What is known of a hop, or of a refused call, when it is tried. */
export interface HopFacts {
  readonly id: HopId
  /** Null for what the root agent calls of its own accord. */
  readonly parent: HopId | null
  readonly from: AgentId
  readonly to: string
  readonly depth: number
  readonly at: Millis
}

type Changing = { -readonly [Key in keyof HopView]: HopView[Key] }

export const hopsKept = 1000
/** A hop that called this many hops ago counts its children anew; `calls_max` ends a run long before. */
const parentsKept = 4096

export class HopLog {
  readonly #views = new Map<HopId, Changing>()
  /** The ids in them as a ring: a map that lost its first key a thousand times is slow to say which is its first now. */
  readonly #order: HopId[] = []
  #next = 0
  readonly #children = new Map<HopId | null, number>()

  /** Newest last. */
  get views(): readonly HopView[] {
    return Array.from(this.#views.values(), (view) => ({ ...view }))
  }

  add(hop: HopFacts, state: HopState): void {
    const { id, parent, from, to, depth, at } = hop
    this.#views.set(id, { id, parent, from, to, depth, state, code: null, rule: null, cost_micros: 0, at })
    const oldest = this.#order[this.#next]
    if (oldest !== undefined) this.#views.delete(oldest)
    this.#order[this.#next] = id
    this.#next = (this.#next + 1) % hopsKept
  }

  /** Changes what is shown of a hop; one that has left the log is left alone. */
  mark(id: HopId, change: Partial<Pick<HopView, 'state' | 'code' | 'rule' | 'cost_micros'>>): void {
    const view = this.#views.get(id)
    if (view) Object.assign(view, change)
  }

  /** Sets the state of a hop that nobody has given another one. */
  conclude(id: HopId, state: HopState, cost_micros: number): void {
    const view = this.#views.get(id)
    if (!view) return
    view.cost_micros = cost_micros
    if (view.state === 'open') view.state = state
  }

  /** Counts one more call of this hop unless that would pass `max`. */
  enterChild(parent: HopId | null, max: number): boolean {
    const children = this.#children.get(parent) ?? 0
    if (children + 1 > max) return false
    this.#children.set(parent, children + 1)
    dropOldest(this.#children, parentsKept)
    return true
  }

  leaveChild(parent: HopId | null): void {
    const children = this.#children.get(parent) ?? 0
    if (children > 1) this.#children.set(parent, children - 1)
    else this.#children.delete(parent)
  }

  children(parent: HopId | null): number {
    return this.#children.get(parent) ?? 0
  }
}

function dropOldest<Key>(map: Map<Key, unknown>, max: number): void {
  if (map.size <= max) return
  const oldest = map.keys().next()
  if (!oldest.done) map.delete(oldest.value)
}
