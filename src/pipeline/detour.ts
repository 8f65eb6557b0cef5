/** The way to another agent where a target cannot be reached at all: taken once, before its caller has heard anything. */
import type { Fault } from '../domain/fault.ts'
import { fallbackFor } from '../relay/pool/rules.ts'

export class Detour {
  readonly #way: () => Promise<void>
  #taken = false

  constructor(way: () => Promise<void>) {
    this.#way = way
  }

  /** Whether the caller is left to it. */
  get taken(): boolean {
    return this.#taken
  }

  /** Asked where a fault would be told to a caller that has heard nothing yet. */
  takes(fault: Fault): boolean {
    this.#taken = fallbackFor(fault)
    return this.#taken
  }

  go(): Promise<void> {
    return this.#way()
  }
}
