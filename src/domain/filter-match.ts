/** Asks a row in memory whether a filter fits it. What a row lacks fits no test; its negation does. */
import type { Filter, Filterable } from './filter.ts'

/** Takes no longer than the filter and the texts are long. */
export function matches(filter: Filter, row: Filterable): boolean {
  if (filter.kind === 'test') return passes(filter, row)
  if (filter.kind === 'not') return !matches(filter.of, row)
  const fits = (each: Filter): boolean => matches(each, row)
  return filter.kind === 'all' ? filter.of.every(fits) : filter.of.some(fits)
}

type Test = Extract<Filter, { kind: 'test' }>

function passes({ field, test, value }: Test, row: Filterable): boolean {
  const has = field === 'since' || field === 'until' ? row.at : row[field]
  if (has === undefined || has === null) return false
  if (test === 'like') return isLike(String(has), String(value))
  if (test === 'is') return has === value
  return typeof has === 'number' && typeof value === 'number' && compare[test](has, value)
}

const compare: Readonly<Record<'<' | '<=' | '>' | '>=', (has: number, value: number) => boolean>> = {
  '<': (has, value) => has < value,
  '<=': (has, value) => has <= value,
  '>': (has, value) => has > value,
  '>=': (has, value) => has >= value,
}

/** Whether `text` is like `pattern`, in which `*` stands for anything. Each part takes the first place that fits: no going back. */
export function isLike(text: string, pattern: string): boolean {
  const parts = pattern.split('*')
  const [first = '', last = ''] = [parts[0], parts.at(-1)]
  if (parts.length === 1) return text === pattern
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false
  const end = text.length - last.length
  let at = first.length
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at)
    if (found === -1 || found + part.length > end) return false
    at = found + part.length
  }
  return true
}
