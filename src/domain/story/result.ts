/** What came of a hop, in a word or two that are the same for hops that went alike. */
import type { ToldHop } from '../story.ts'

/** `answered`, `failed first_byte_timeout`, `refused run_halted`, `halted`, `open`. */
export function resultOf({ status, code, fault }: ToldHop): string {
  if (status === 'refused') return code === null ? status : `${status} ${code}`
  if (status !== 'failed') return status
  const why = fault ?? code
  return why === null ? status : `${status} ${why}`
}

/** Whether somebody who called this had to go on without an answer. */
export function wentWrong({ status }: ToldHop): boolean {
  return status === 'failed' || status === 'refused' || status === 'aborted'
}

/** How often each thing happened, in the order in which each happened first. */
export class Tally<Key> {
  readonly #counts = new Map<Key, number>()

  add(key: Key, count = 1): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + count)
  }

  get(key: Key): number {
    return this.#counts.get(key) ?? 0
  }

  get size(): number {
    return this.#counts.size
  }

  /** The most frequent first. */
  most(max: number): readonly (readonly [key: Key, count: number])[] {
    return [...this.#counts].toSorted((a, b) => b[1] - a[1]).slice(0, max)
  }
}
