/** Values of the filter grammar by what their field compares: how people write them, and the base units they come to. */
import type { Millis } from '../base/clock.ts'
import { scaledUp } from '../base/decimal.ts'
import { nearest } from '../base/suggest.ts'
import type { FilterField, FilterKind, FilterTest } from './filter.ts'

/** What was written, put together from its quoted and its plain parts. */
export interface WrittenValue {
  readonly text: string
  /** A `*` stood in it outside of quotes. */
  readonly wild: boolean
  /** Some of it was in quotes: then it is taken as it is. */
  readonly quoted: boolean
}

/** Why a value cannot be one, in the words that follow "expected". */
export interface ValueProblem {
  readonly expected: string
  readonly meant: string | null
}

/** A test of a text. */
interface TextTest {
  readonly test: 'is' | 'like'
  readonly value: string
}

export function isValueProblem(read: object): read is ValueProblem {
  return 'expected' in read
}

/** What a name must begin with to be the id that rows have. */
const prefixes: Partial<Record<FilterField, string>> = {
  agent: 'agent:',
  root: 'agent:',
  person: 'user:',
  run: 'run_',
  hop: 'hop_',
}

/** Digits of an id; fewer are its beginning. */
const idDigits: Partial<Record<FilterField, number>> = { run: 32, hop: 16 }

/** Where only a few words make sense. */
export const filterWords: Partial<Record<FilterField, readonly string[]>> = {
  decision: ['allow', 'deny'],
  status: ['refused', 'answered', 'failed', 'aborted', 'halted', 'active', 'ended', 'open'],
}

export function readText(field: FilterField, { text, wild, quoted }: WrittenValue): TextTest | ValueProblem {
  const words = filterWords[field]
  if (words && !wild && !words.includes(text))
    return { expected: `one of ${words.join(', ')}`, meant: nearest(text, words) }
  const prefix = quoted ? '' : (prefixes[field] ?? '')
  const value = text.startsWith(prefix) ? text : prefix + text
  if (wild) return { test: 'like', value }
  const digits = idDigits[field]
  const isBeginning = digits !== undefined && !quoted && value.length < prefix.length + digits
  return isBeginning ? { test: 'like', value: `${value}*` } : { test: 'is', value }
}

interface Scale {
  readonly units: Readonly<Record<string, number>>
  readonly example: string
}

const counts: Scale = { units: { '': 1, k: 1000, m: 1_000_000 }, example: 'a number, as in 5, 10k or 1.5m' }
const dollars: Scale = { units: { '': 1_000_000 }, example: 'dollars, as in 0.50' }
const durations: Scale = {
  units: { '': 1, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 },
  example: 'a duration, as in 1500 (milliseconds), 1.5s or 2h',
}
const moment = 'a moment, as in 2h, 7d or 2026-11-28T02:00Z'

const scales: Readonly<Record<Exclude<FilterKind, 'text' | 'time'>, Scale>> = {
  number: counts,
  dollars,
  duration: durations,
}

const quantityForm = /^\$?(\d{1,16}(?:\.\d{1,9})?)([a-z]{0,2})$/i

/** A quantity with its unit, in base units; null for what is none. */
function quantity(text: string, { units }: Scale): number | null {
  const [, digits = '', unit = ''] = quantityForm.exec(text) ?? []
  const scale = Object.hasOwn(units, unit.toLowerCase()) ? units[unit.toLowerCase()] : undefined
  return digits === '' || scale === undefined ? null : scaledUp(digits.replace(/^0+(?=\d)/, ''), scale, 2 ** 53 - 1)
}

/** In base units. */
export function readNumber(
  kind: Exclude<FilterKind, 'text'>,
  { text }: WrittenValue,
  now: Millis,
): number | ValueProblem {
  const number = kind === 'time' ? readMoment(text, now) : quantity(text, scales[kind])
  if (number !== null) return number
  return { expected: kind === 'time' ? moment : scales[kind].example, meant: null }
}

const dateForm = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})?)?$/

/** So long ago, or a date of RFC 3339, of which seconds, the zone (then UTC) and the time may be left out. */
function readMoment(text: string, now: Millis): Millis | null {
  if (text === 'now') return now
  if (dateForm.test(text)) {
    const hasZone = !text.includes('T') || /(?:Z|[+-]\d{2}:\d{2})$/.test(text)
    const at = Date.parse(hasZone ? text : `${text}Z`)
    return Number.isNaN(at) || at < 0 ? null : at
  }
  if (!/[a-z]$/i.test(text)) return null
  const ago = quantity(text, durations)
  return ago === null || ago > now ? null : now - ago
}

/** The plainest way to write a number of that kind. */
export function writeNumber(kind: FilterKind, number: number): string {
  if (kind === 'time') return new Date(number).toISOString()
  if (kind !== 'dollars') return String(number)
  const fraction = String(number % 1_000_000)
    .padStart(6, '0')
    .replace(/0{1,4}$/, '')
  return `${Math.floor(number / 1_000_000)}.${fraction}`
}

/** The operators a field takes. */
export function operatorsOf(kind: FilterKind): readonly (FilterTest | ':')[] {
  return kind === 'text' || kind === 'time' ? [':'] : [':', '>', '>=', '<', '<=']
}
