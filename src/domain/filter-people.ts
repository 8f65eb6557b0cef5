/** Persons in a filter by another name: a filter says `tomas` where rows say who that is here. */
import type { Filter } from './filter.ts'

const unknownPerson = 'user:~unknown'

type Test = Extract<Filter, { kind: 'test' }>

/** The same filter with its tests about persons changed. */
function eachPerson(filter: Filter, change: (test: Test) => Filter): Filter {
  if (filter.kind === 'not') return { ...filter, of: eachPerson(filter.of, change) }
  if (filter.kind !== 'test') return { ...filter, of: filter.of.map((each) => eachPerson(each, change)) }
  return filter.field === 'person' ? change(filter) : filter
}

/** What `rename` knows nothing of stays as it is. */
export function renamePeople(filter: Filter, rename: (person: string) => string | null): Filter {
  return eachPerson(filter, (test) =>
    test.test === 'is' ? { ...test, value: rename(String(test.value)) ?? test.value } : test,
  )
}

/** The same filter for others to read: persons stand as `rename` has them, and those it knows nothing of as nobody. */
export function hidePeople(filter: Filter, rename: (person: string) => string | null): Filter {
  return eachPerson(filter, (test) => {
    const known = test.test === 'is' ? rename(String(test.value)) : null
    return { ...test, test: 'is', value: known ?? unknownPerson }
  })
}

/** The names of persons that a filter asks for. */
export function peopleIn(filter: Filter): readonly string[] {
  if (filter.kind === 'not') return peopleIn(filter.of)
  if (filter.kind !== 'test') return filter.of.flatMap(peopleIn)
  return filter.field === 'person' && filter.test === 'is' ? [String(filter.value)] : []
}

/** The same filter for rows that know persons by name or as `others` has them. */
export function alsoPeople(filter: Filter, others: ReadonlyMap<string, string>): Filter {
  return eachPerson(filter, (test) => {
    const other = test.test === 'is' ? others.get(String(test.value)) : undefined
    return other === undefined ? test : { kind: 'any', of: [test, { ...test, value: other }] }
  })
}
