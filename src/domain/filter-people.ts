/** Persons in a filter by another name: a filter says `tomas` where rows say who that is here. */
import type { Filter } from './filter.ts'

/** What `rename` knows nothing of stays as it is. */
export function renamePeople(filter: Filter, rename: (person: string) => string | null): Filter {
  if (filter.kind === 'not') return { ...filter, of: renamePeople(filter.of, rename) }
  if (filter.kind !== 'test') return { ...filter, of: filter.of.map((each) => renamePeople(each, rename)) }
  if (filter.field !== 'person' || filter.test !== 'is' || typeof filter.value !== 'string') return filter
  return { ...filter, value: rename(filter.value) ?? filter.value }
}
