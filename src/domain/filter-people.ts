/** Persons in a filter by another name: a filter says `tomas` where rows say who that is here. */
import type { Filter } from './filter.ts'

const unknownPerson = 'user:~unknown'

/** What `rename` knows nothing of stays as it is. */
export function renamePeople(filter: Filter, rename: (person: string) => string | null): Filter {
  if (filter.kind === 'not') return { ...filter, of: renamePeople(filter.of, rename) }
  if (filter.kind !== 'test') return { ...filter, of: filter.of.map((each) => renamePeople(each, rename)) }
  if (filter.field !== 'person' || filter.test !== 'is' || typeof filter.value !== 'string') return filter
  return { ...filter, value: rename(filter.value) ?? filter.value }
}

/** The same filter for others to read: persons stand as `rename` has them, and those it knows nothing of as nobody. */
export function hidePeople(filter: Filter, rename: (person: string) => string | null): Filter {
  if (filter.kind === 'not') return { ...filter, of: hidePeople(filter.of, rename) }
  if (filter.kind !== 'test') return { ...filter, of: filter.of.map((each) => hidePeople(each, rename)) }
  if (filter.field !== 'person') return filter
  const known = filter.test === 'is' ? rename(String(filter.value)) : null
  return { ...filter, test: 'is', value: known ?? unknownPerson }
}
