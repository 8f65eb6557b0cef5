/** What rows of the runs index have for the fields of the filter grammar. */
import type { Filter, Filterable } from './filter.ts'
import type { HopRow, RunRow } from './story.ts'

export function filterableOfHop(hop: HopRow): Filterable {
  const { run, id, agent, person, target, method, decision, code, rule, status, depth, tokens, ms, at } = hop
  const [kind = ''] = target.split(':', 1)
  const what = { run, hop: id, agent, person, target, method, kind, decision, code, rule, status }
  return { ...what, depth, tokens, cost: hop.cost_micros, ms, at }
}

type RunFacts = Pick<RunRow, 'id' | 'root' | 'person' | 'state' | 'depth_max' | 'started_at'> & {
  readonly laps: number
  readonly tokens: number
  readonly cost_micros: number
  readonly code: string | null
}

export function filterableOfRun({ id, root, person, state, code, started_at, ...sums }: RunFacts): Filterable {
  const amounts = { depth: sums.depth_max, laps: sums.laps, tokens: sums.tokens, cost: sums.cost_micros }
  return { run: id, agent: root, root, person, status: state, code, ...amounts, at: started_at }
}

/** Whether a filter asks for any of these fields. */
export function asksFor(filter: Filter, fields: readonly string[]): boolean {
  if (filter.kind === 'test') return fields.includes(filter.field)
  return filter.kind === 'not' ? asksFor(filter.of, fields) : filter.of.some((each) => asksFor(each, fields))
}
