/** Writes a filter as text that reads back to the same tree: for addresses, for messages, and to hand one on. */
import { type Filter, filterFields } from './filter.ts'
import { readText, writeNumber } from './filter-values.ts'

export function writeFilter(filter: Filter): string {
  if (filter.kind === 'test') return writeTest(filter)
  if (filter.kind === 'not')
    return filter.of.kind === 'test' ? `-${writeTest(filter.of)}` : `not (${writeFilter(filter.of)})`
  if (filter.kind === 'any') return filter.of.map(writeFilter).join(' or ')
  return filter.of.map((each) => (each.kind === 'any' ? `(${writeFilter(each)})` : writeFilter(each))).join(' ')
}

function writeTest({ field, test, value }: Extract<Filter, { kind: 'test' }>): string {
  const { kind } = filterFields[field]
  if (typeof value === 'number') {
    const operator = kind === 'time' || test === 'is' ? ':' : test
    return `${field}${operator}${writeNumber(kind, value)}`
  }
  const written = test === 'is' ? exact(value) : value.split('*').map(exactUnlessEmpty).join('*')
  const plain = readText(field, { text: value, wild: test === 'like', quoted: false })
  const isAsItStands = 'value' in plain && plain.value === value && plain.test === test
  // Anything in quotes, even nothing, says that no prefix was left out.
  return `${field}:${isAsItStands ? '' : '""'}${written}`
}

const plainForm = /^[^\s(),"*\\]+$/

/** In quotes where it could be taken for something else. */
function exact(text: string): string {
  return plainForm.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`
}

function exactUnlessEmpty(text: string): string {
  return text === '' ? '' : exact(text)
}
