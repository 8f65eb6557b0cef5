/** Rows of a report on cost, put together from sums of parts. */
import { byCost, costCounts, type CostRow } from '../../domain/cost.ts'
import type { AgentId } from '../../domain/ids.ts'
import { usageKinds } from '../../domain/usage.ts'
import type { CostAsked } from './contract.ts'

export type Sums = { readonly key: string | null } & {
  readonly [Name in (typeof usageKinds)[number] | (typeof costCounts)[number]]?: number | null
}

type Summed = Record<(typeof usageKinds)[number] | (typeof costCounts)[number], number>

export class CostRows {
  readonly #asked: CostAsked
  readonly #rows = new Map<string | null, Summed>()

  constructor(asked: CostAsked) {
    this.#asked = asked
  }

  /** What has no place in the dimension counts nowhere: a call of an agent is no call of a model. */
  add(sums: Sums): void {
    const { by, teams = {} } = this.#asked
    if (sums.key === null && (by === 'model' || by === 'tool')) return
    const key = by === 'team' && sums.key !== null ? (teams[sums.key as AgentId] ?? null) : sums.key
    const known = this.#rows.get(key)
    const row = known ?? (Object.fromEntries([...usageKinds, ...costCounts].map((name) => [name, 0])) as Summed)
    if (!known) this.#rows.set(key, row)
    for (const name of [...usageKinds, ...costCounts]) row[name] += sums[name] ?? 0
  }

  /** The dearest first. */
  rows(): readonly CostRow[] {
    return [...this.#rows]
      .map(([key, sums]): CostRow => {
        const { input_tokens, cached_tokens, cache_write_tokens, cache_write_1h_tokens, ...rest } = sums
        const { output_tokens, reasoning_tokens, ...spent } = rest
        const read = { input_tokens, cached_tokens, cache_write_tokens, cache_write_1h_tokens }
        return { key, ...spent, usage: { ...read, output_tokens, reasoning_tokens } }
      })
      .toSorted(byCost)
  }
}
