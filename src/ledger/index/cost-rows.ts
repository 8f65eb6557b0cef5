/** Rows of a report on cost, put together from sums of parts. */
import type { CostRow } from '../../domain/cost.ts'
import type { AgentId } from '../../domain/ids.ts'
import type { CostAsked } from './contract.ts'

const usage = [
  'input_tokens',
  'cached_tokens',
  'cache_write_tokens',
  'cache_write_1h_tokens',
  'output_tokens',
  'reasoning_tokens',
] as const
const counts = ['calls', 'tokens', 'cost_micros', 'unpriced', 'delivered', 'reserved', 'open', 'held_micros'] as const

export type Sums = { readonly key: string | null } & {
  readonly [Name in (typeof usage)[number] | (typeof counts)[number]]?: number | null
}

type Summed = Record<(typeof usage)[number] | (typeof counts)[number], number>

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
    const row = known ?? (Object.fromEntries([...usage, ...counts].map((name) => [name, 0])) as Summed)
    if (!known) this.#rows.set(key, row)
    for (const name of [...usage, ...counts]) row[name] += Number(sums[name] ?? 0)
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
      .toSorted((a, b) => b.cost_micros - a.cost_micros || b.tokens - a.tokens || compare(a.key, b.key))
  }
}

function compare(a: string | null, b: string | null): number {
  const [one, other] = [a ?? '', b ?? '']
  return one < other ? -1 : Number(one > other)
}
