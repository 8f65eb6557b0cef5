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

/** The names of persons that a filter asks for. */
export function peopleIn(filter: Filter): readonly string[] {
  if (filter.kind === 'not') return peopleIn(filter.of)
  if (filter.kind !== 'test') return filter.of.flatMap(peopleIn)
  return filter.field === 'person' && filter.test === 'is' ? [String(filter.value)] : []
}

/** The same filter for rows that know persons by name or as `others` has them. */
export function alsoPeople(filter: Filter, others: ReadonlyMap<string, string>): Filter {
  if (filter.kind === 'not') return { ...filter, of: alsoPeople(filter.of, others) }
  if (filter.kind !== 'test') return { ...filter, of: filter.of.map((each) => alsoPeople(each, others)) }
  const other = filter.field === 'person' && filter.test === 'is' ? others.get(String(filter.value)) : undefined
  return other === undefined ? filter : { kind: 'any', of: [filter, { ...filter, value: other }] }
}
