/** Numbers for what a hop did and what came of it, its edge and its result, so that laps can be compared by counting. */
import type { LapStep } from './explanation.ts'
import type { Plot } from './plot.ts'
import { resultOf } from './result.ts'

export class StepNames {
  readonly #plot: Plot
  readonly #results = new Map<string, number>()
  readonly #words: string[] = []

  constructor(plot: Plot) {
    this.#plot = plot
  }

  of(at: number): number {
    const hop = this.#plot.hops[at]
    const word = hop ? resultOf(hop) : ''
    let result = this.#results.get(word)
    if (result === undefined) this.#results.set(word, (result = this.#words.push(word) - 1))
    return result * this.#plot.edges.length + (this.#plot.edge[at] ?? 0)
  }

  write(step: number, hops: number): LapStep {
    const edges = this.#plot.edges
    const { from = '', to = '' } = edges[step % edges.length] ?? {}
    return { from, to, result: this.#words[Math.floor(step / edges.length)] ?? '', hops }
  }
}

const spread_max = 2 ** 48

/** Sums of these tell apart what they were made of, in whatever order it came. */
export function spread(step: number): number {
  return ((Math.imul(step + 1, 0x9e3779b1) >>> 0) * 65_521 + (Math.imul(step + 7, 0x85ebca6b) >>> 0)) % spread_max
}

export function addSpread(sum: number, more: number): number {
  return (sum + more) % spread_max
}
