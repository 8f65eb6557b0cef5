/** What may stand in the query of a request, by name: what it means, and how it is read. */
import type { Millis } from '../base/clock.ts'
import { costDimensions, type CostDimension } from '../domain/cost.ts'
import type { Filter } from '../domain/filter.ts'
import { isFilterProblem, readFilter } from '../domain/filter-read.ts'
import { storyHops_max } from '../domain/story.ts'
import { writeProblem } from '../protocol/faces.ts'
import type { Written } from '../protocol/jsonrpc.ts'

const limit_usual = 100
const limit_max = 1000
const window_usual_s = 60
const window_max_s = 86_400

export const queries = {
  filter: { schema: { type: 'string', maxLength: 2000 }, help: 'a filter, see docs/reference/filters.md' },
  cursor: { schema: { type: 'string' }, help: 'the `next` of the page before' },
  limit: { schema: { type: 'integer', minimum: 1, maximum: limit_max, default: limit_usual }, help: 'rows of a page' },
  last: {
    schema: { type: 'integer', minimum: 1, maximum: storyHops_max, default: storyHops_max },
    help: 'only so many calls, the newest',
  },
  server: { schema: { type: 'string' }, help: 'slug of a tool server' },
  by: { schema: { enum: costDimensions, default: 'agent' }, help: 'what cost is summed by' },
  window: {
    schema: { type: 'integer', minimum: 1, maximum: window_max_s, default: window_usual_s },
    help: 'seconds that are looked back',
  },
  topics: { schema: { type: 'string' }, help: 'topics of events, with commas between them; absent: all but hops' },
} as const satisfies Readonly<Record<string, { readonly schema: object; readonly help: string }>>

export type QueryName = keyof typeof queries

/** Everything where no filter is asked for. */
export function readFilterOf(query: URLSearchParams, now: Millis): Filter | Written {
  const read = readFilter(query.get('filter') ?? '', now)
  if (!isFilterProblem(read)) return read
  return writeProblem(400, 'bad_filter', 'The filter cannot be read', `${read.sentence}.`)
}

/** A whole number from 1 to the maximum of that parameter. */
export function readWhole(query: URLSearchParams, name: 'last' | 'limit' | 'window'): number | Written {
  const { maximum, default: usual } = queries[name].schema
  const text = query.get(name)
  if (text === null) return usual
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (value >= 1 && value <= maximum) return value
  return writeProblem(400, 'invalid_request', `No such ${name}`, `${name} is a whole number from 1 to ${maximum}.`)
}

export function readDimension(query: URLSearchParams): CostDimension | Written {
  const text = query.get('by') ?? 'agent'
  const known = costDimensions.find((dimension) => dimension === text)
  return known ?? writeProblem(400, 'invalid_request', 'No such sum', `by is one of ${costDimensions.join(', ')}.`)
}
