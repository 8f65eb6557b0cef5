/** What many things weigh together; where it is too much, those that were weighed first are to become lighter. */
export class Weights<T> {
  readonly #max: number
  readonly #of = new Map<T, number>()
  #sum = 0

  constructor(max: number) {
    this.#max = max
  }

  get sum(): number {
    return this.#sum
  }

  /** Weighs a thing anew; 0 takes it off. Answers what has to weigh nothing from now on, maybe the thing itself. */
  set(thing: T, weight: number): readonly T[] {
    this.#sum += weight - (this.#of.get(thing) ?? 0)
    this.#of.delete(thing)
    if (weight > 0) this.#of.set(thing, weight)
    const off: T[] = []
    for (const [oldest, its] of this.#of) {
      if (this.#sum <= this.#max) break
      this.#sum -= its
      this.#of.delete(oldest)
      off.push(oldest)
    }
    return off
  }
}
