/**
 * Who goes next, when few may go at once: things wait by host, hosts take turns, and one host has so many under way and no
 * more, so that a slow one never holds up the others.
 */
export class Lanes<T> {
  readonly #all_max: number
  readonly #host_max: number
  /** Things that wait, by host; the host whose turn comes next is first. */
  readonly #waiting = new Map<string, Set<T>>()
  readonly #underway = new Map<string, number>()
  #all = 0

  constructor(all_max: number, host_max: number) {
    this.#all_max = all_max
    this.#host_max = host_max
  }

  add(host: string, thing: T): void {
    const things = this.#waiting.get(host) ?? new Set()
    this.#waiting.set(host, things.add(thing))
  }

  /** The next that may go; whoever takes it calls `done` with its host later. Null: nothing waits, or it has to. */
  take(): readonly [host: string, thing: T] | null {
    if (this.#all >= this.#all_max) return null
    // Hosts that have to wait are few: each has its full number under way.
    for (const [host, things] of this.#waiting) {
      const underway = this.#underway.get(host) ?? 0
      const [thing] = things
      if (underway >= this.#host_max || thing === undefined) continue
      things.delete(thing)
      this.#waiting.delete(host)
      if (things.size > 0) this.#waiting.set(host, things)
      this.#underway.set(host, underway + 1)
      this.#all += 1
      return [host, thing]
    }
    return null
  }

  done(host: string): void {
    const left = (this.#underway.get(host) ?? 1) - 1
    if (left > 0) this.#underway.set(host, left)
    else this.#underway.delete(host)
    this.#all -= 1
  }
}
