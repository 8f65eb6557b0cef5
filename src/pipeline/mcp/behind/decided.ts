/**
 * What policy decided once for the very same question under the same settings: neither knows of time or of what else goes
 * on, so nobody is asked again. What only the oracle can tell is asked each time, for it may have been away.
 */
import { BoundedMap } from '../../../base/bounded-map.ts'
import type { Snapshot } from '../../road.ts'

export class Decided<Answer extends object> {
  readonly #kept = new WeakMap<Snapshot, BoundedMap<string, Answer>>()
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }

  /** `question` is everything that the answer depends on beside the snapshot, as it would be written in JSON. */
  of(snapshot: Snapshot, question: unknown, decide: () => Answer | Promise<Answer>): Answer | Promise<Answer> {
    const kept = this.#under(snapshot)
    const key = JSON.stringify(question)
    const known = kept.get(key)
    if (known) return known
    const answer = decide()
    if (!(answer instanceof Promise)) kept.set(key, answer)
    return answer
  }

  #under(snapshot: Snapshot): BoundedMap<string, Answer> {
    const known = this.#kept.get(snapshot)
    if (known) return known
    const made = new BoundedMap<string, Answer>({ max: this.#max })
    this.#kept.set(snapshot, made)
    return made
  }
}

/** All of them, at once where nobody has to be waited for. */
export function together<T>(answers: readonly (T | Promise<T>)[]): readonly T[] | Promise<readonly T[]> {
  return areHere(answers) ? answers : Promise.all(answers)
}

function areHere<T>(answers: readonly (T | Promise<T>)[]): answers is readonly T[] {
  return !answers.some((answer) => answer instanceof Promise)
}
