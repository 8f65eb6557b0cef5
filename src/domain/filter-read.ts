/**
 * Reads the filter grammar. What cannot be read is answered with where it went wrong and what would have been right, never
 * thrown: the text comes from terminals, address bars and scripts.
 *
 *     any   = all { "or" all }
 *     all   = one { ["and"] one }
 *     one   = ("-" | "not") one | "(" any ")" | test
 *     test  = field (":" | "=" | ">" | ">=" | "<" | "<=") value { "," value } | id
 *     value = { characters other than blanks , ( ) and " | quoted text in which \ stands before " and \ }
 */
import type { Millis } from '../base/clock.ts'
import { nearest } from '../base/suggest.ts'
import { type Filter, type FilterField, filterFields, type FilterTest } from './filter.ts'
import {
  filterWords,
  isValueProblem,
  operatorsOf,
  readNumber,
  readText,
  type ValueProblem,
  type WrittenValue,
} from './filter-values.ts'
import { isSlug } from './ids.ts'

export interface FilterProblem {
  readonly kind: 'filter_problem'
  /** Where, counted in characters from 1. */
  readonly column: number
  /** What would have been right there. */
  readonly expected: string
  /** What was probably meant; null where nothing comes near. */
  readonly meant: string | null
  /** All of it in one sentence. */
  readonly sentence: string
}

export function isFilterProblem(read: Filter | FilterProblem): read is FilterProblem {
  return read.kind === 'filter_problem'
}

/** Characters of a text, tests in it, and parentheses and negations inside each other. */
export const filterMaximums = { characters: 2000, tests: 64, depth: 16 } as const

/** `now` is what `since:2h` counts back from: milliseconds since the epoch. */
export function readFilter(text: string, now: Millis): Filter | FilterProblem {
  if (text.length > filterMaximums.characters)
    return problem(filterMaximums.characters + 1, `no more than ${filterMaximums.characters} characters`)
  const reader: Reader = { text, now, at: 0, tests: 0 }
  const read = readAny(reader, 0)
  if (isFilterProblem(read) || reader.at === text.length) return read
  return problem(reader.at + 1, 'no parenthesis that closes nothing')
}

interface Reader {
  readonly text: string
  readonly now: Millis
  /** Index of the next character. */
  at: number
  tests: number
}

function problem(column: number, expected: string, meant: string | null = null): FilterProblem {
  const hint = meant === null ? '' : `; did you mean ${meant}?`
  return { kind: 'filter_problem', column, expected, meant, sentence: `Column ${column}: expected ${expected}${hint}` }
}

function readAny(reader: Reader, depth: number): Filter | FilterProblem {
  const of: Filter[] = []
  for (;;) {
    const all = readAll(reader, depth)
    if (isFilterProblem(all)) return all
    of.push(all)
    if (!takeWord(reader, 'or')) return joined('any', of)
    if (of.some(isEmpty)) return problem(reader.at + 1, 'something before "or"')
    skipBlanks(reader)
    if (isOver(reader)) return problem(reader.at + 1, 'something after "or"')
  }
}

function isEmpty(filter: Filter): boolean {
  return filter.kind === 'all' && filter.of.length === 0
}

function readAll(reader: Reader, depth: number): Filter | FilterProblem {
  const of: Filter[] = []
  for (;;) {
    skipBlanks(reader)
    if (isOver(reader) || peekWord(reader) === 'or') return joined('all', of)
    if (of.length > 0 && takeWord(reader, 'and')) {
      skipBlanks(reader)
      if (isOver(reader)) return problem(reader.at + 1, 'something after "and"')
    }
    const one = readOne(reader, depth)
    if (isFilterProblem(one)) return one
    of.push(one)
  }
}

function readOne(reader: Reader, depth: number): Filter | FilterProblem {
  if (depth >= filterMaximums.depth) return problem(reader.at + 1, `no more than ${filterMaximums.depth} levels`)
  const sign = reader.text[reader.at] === '-'
  if (sign) reader.at++
  if (sign || takeWord(reader, 'not')) {
    skipBlanks(reader)
    if (isOver(reader)) return problem(reader.at + 1, 'something to negate')
    const of = readOne(reader, depth + 1)
    if (isFilterProblem(of)) return of
    return of.kind === 'not' ? of.of : { kind: 'not', of }
  }
  if (reader.text[reader.at] !== '(') return readTest(reader)
  const opened = reader.at++
  const inner = readAny(reader, depth + 1)
  if (isFilterProblem(inner)) return inner
  if (isEmpty(inner)) return problem(opened + 1, 'something in the parentheses')
  if (reader.text[reader.at] !== ')') return problem(opened + 1, 'a parenthesis that closes this one')
  reader.at++
  return inner
}

/** Of one only that one; what is of the same kind inside becomes part of it. */
function joined(kind: 'all' | 'any', of: readonly Filter[]): Filter {
  const flat = of.flatMap((each) => (each.kind === kind ? each.of : [each]))
  const [only] = flat
  return only && flat.length === 1 ? only : { kind, of: flat }
}

const testForm = /([A-Za-z_]+)(:|>=|<=|>|<|=)/y

/** Beginnings of ids that say by themselves what they are. */
const selfEvident = [
  { form: /^run_[0-9a-f*]+$/, field: 'run' },
  { form: /^[0-9a-f]{32}$/, field: 'run' },
  { form: /^hop_[0-9a-f*]+$/, field: 'hop' },
  { form: /^[0-9a-f]{16}$/, field: 'hop' },
] as const satisfies readonly { readonly form: RegExp; readonly field: FilterField }[]

/** Prefixes of ids that are no names of fields: `user:tomas`, `tool:files/read`. */
const prefixed: Readonly<Record<string, FilterField>> = {
  user: 'person',
  tool: 'target',
  model: 'target',
  server: 'target',
}

function readTest(reader: Reader): Filter | FilterProblem {
  if (++reader.tests > filterMaximums.tests) return problem(reader.at + 1, `no more than ${filterMaximums.tests} tests`)
  const start = reader.at
  testForm.lastIndex = start
  const [head, word = '', operator = ''] = testForm.exec(reader.text) ?? []
  if (head === undefined) return readId(reader)
  const name = word.toLowerCase()
  const alias = operator === ':' && Object.hasOwn(prefixed, name) ? prefixed[name] : undefined
  if (alias) return readValues(reader, { field: alias, operator: ':' })
  if (!isField(name)) {
    const meant = nearest(name, Object.keys(filterFields))
    return problem(start + 1, `one of the fields ${Object.keys(filterFields).join(', ')}`, meant)
  }
  const asked = operator === '=' ? ':' : (operator as FilterTest | ':')
  const allowed = operatorsOf(filterFields[name].kind)
  if (!allowed.includes(asked))
    return problem(start + 1 + word.length, `${allowed.join(' or ')} after ${name}`, `${name}:`)
  reader.at = start + head.length
  return readValues(reader, { field: name, operator: asked })
}

function isField(word: string): word is FilterField {
  return Object.hasOwn(filterFields, word)
}

interface Asked {
  readonly field: FilterField
  readonly operator: FilterTest | ':'
}

/** `status:refused,halted` is any of them. */
function readValues(reader: Reader, asked: Asked): Filter | FilterProblem {
  const of: Filter[] = []
  do {
    const start = reader.at
    const value = readWritten(reader)
    if ('kind' in value) return value
    if (value.text === '' && !value.quoted) return problem(start + 1, `a value for ${asked.field}`)
    if (of.length > 0 && ++reader.tests > filterMaximums.tests)
      return problem(start + 1, `no more than ${filterMaximums.tests} tests`)
    const test = testOf(asked, value, reader.now)
    if (isValueProblem(test)) return problem(start + 1, `${test.expected} for ${asked.field}`, test.meant)
    of.push(test)
    if (asked.operator !== ':' && reader.text[reader.at] === ',')
      return problem(reader.at + 1, `one value after ${asked.operator}`)
  } while (takeComma(reader))
  return joined('any', of)
}

function testOf({ field, operator }: Asked, value: WrittenValue, now: Millis): Filter | ValueProblem {
  const { kind } = filterFields[field]
  if (kind === 'text') {
    const read = readText(field, value)
    return isValueProblem(read) ? read : { kind: 'test', field, ...read }
  }
  const read = readNumber(kind, value, now)
  if (typeof read !== 'number') return read
  const test = field === 'since' ? '>=' : field === 'until' ? '<' : operator === ':' ? 'is' : operator
  return { kind: 'test', field, test, value: read }
}

function readId(reader: Reader): Filter | FilterProblem {
  const start = reader.at
  const value = readWritten(reader)
  if ('kind' in value) return value
  const known = value.quoted ? undefined : selfEvident.find(({ form }) => form.test(value.text))
  const test = known && testOf({ field: known.field, operator: ':' }, value, reader.now)
  if (test && !isValueProblem(test)) return test
  return problem(start + 1, 'a test such as agent:research, cost>0.50 or the id of a run', meantBy(value.text))
}

/** A word without its field. */
function meantBy(word: string): string | null {
  for (const [field, words] of Object.entries(filterWords)) if (words.includes(word)) return `${field}:${word}`
  return isSlug(word) ? `agent:${word}` : null
}

/** A value as it stands there, with its quotes taken off. */
function readWritten(reader: Reader): WrittenValue | FilterProblem {
  let text = ''
  let [wild, quoted, starred] = [false, false, false]
  for (; reader.at < reader.text.length; reader.at++) {
    const character = reader.text.charAt(reader.at)
    if (/[\s(),]/.test(character)) break
    if (character === '"') {
      const part = readQuoted(reader)
      if (part === null) return problem(reader.at + 1, 'a quote that closes this one')
      quoted = true
      starred ||= part.includes('*')
      text += part
    } else {
      wild ||= character === '*'
      text += character
    }
  }
  if (wild && starred) return problem(reader.at + 1, 'no * in quotes beside one that stands for anything')
  return { text, wild, quoted }
}

/** From the quote at which the reader stands up to the one that closes it; null, and nothing is taken, where none does. */
function readQuoted(reader: Reader): string | null {
  let text = ''
  for (let at = reader.at + 1; at < reader.text.length; at++) {
    const character = reader.text.charAt(at)
    if (character === '"') {
      reader.at = at
      return text
    }
    text += character === '\\' ? reader.text.charAt(++at) : character
  }
  return null
}

function skipBlanks(reader: Reader): void {
  while (/\s/.test(reader.text.charAt(reader.at))) reader.at++
}

function isOver({ text, at }: Reader): boolean {
  return at >= text.length || text[at] === ')'
}

const wordForm = /(or|and|not)(?=[\s()]|$)/iy

function peekWord({ text, at }: Reader): string | null {
  wordForm.lastIndex = at
  return wordForm.exec(text)?.[0].toLowerCase() ?? null
}

function takeWord(reader: Reader, word: 'or' | 'and' | 'not'): boolean {
  if (peekWord(reader) !== word) return false
  reader.at += word.length
  return true
}

function takeComma(reader: Reader): boolean {
  if (reader.text[reader.at] !== ',') return false
  reader.at++
  return true
}
