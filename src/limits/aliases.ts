/**
 * What callers call runs by: trace ids and the session ids of vendors, each with the agent and person that said it. A name
 * stays with the run it was first said in until that run forgets it. Each run has room for so many of its own, so that
 * nobody who invents names pushes out those of others.
 */
export class Aliases<Run> {
  readonly #runs = new Map<string, Run>()
  /** The names of each run, the one that was used last at the end. */
  readonly #names = new Map<Run, Set<string>>()
  readonly #perRun_max: number

  constructor(perRun_max: number) {
    this.#perRun_max = perRun_max
  }

  find(name: string): Run | undefined {
    return this.#runs.get(name)
  }

  /** Does nothing where the name is that of another run. */
  bind(name: string, run: Run): void {
    const bound = this.#runs.get(name)
    if (bound !== undefined && bound !== run) return
    const names = this.#names.get(run) ?? new Set()
    this.#names.set(run, names)
    names.delete(name)
    names.add(name)
    this.#runs.set(name, run)
    if (names.size <= this.#perRun_max) return
    for (const oldest of names.values().take(1)) {
      names.delete(oldest)
      this.#runs.delete(oldest)
    }
  }

  forget(run: Run): void {
    for (const name of this.#names.get(run) ?? []) this.#runs.delete(name)
    this.#names.delete(run)
  }

  get size(): number {
    return this.#runs.size
  }
}
