/** Reads what somebody asks for or grants: `authorization_details` (RFC 9396) and `scope` (RFC 6749). Strict, and never throws. */
import { isJsonObject } from '../../base/json.ts'
import type { Detail } from '../authority.ts'
import { Misfit, unknownMember } from './misfit.ts'
import { countValues, valuesMax } from './values.ts'
import { membersOf, types } from './vocabulary.ts'

/** Details of one authority. */
export const detailsMax = 32
const scopesMax = 64
const scopeTextMax = 256

/** The details, sorted inside and without repetition, or a sentence that quotes nothing of what was sent. */
export function readDetails(value: unknown): readonly Detail[] | string {
  if (!Array.isArray(value) || value.length > detailsMax) {
    return `authorization_details is no list of at most ${detailsMax} details`
  }
  const details: Detail[] = []
  for (const detail of readAll(value)) {
    if (detail instanceof Misfit) return sentenceOf(detail)
    details.push(detail)
  }
  return details
}

/** Everything that is wrong with a list of details, one mistake a detail; what is no list is none of its business. */
export function misfitsOf(value: unknown): readonly Misfit[] {
  return Array.isArray(value) ? [...readAll(value)].filter((detail) => detail instanceof Misfit) : []
}

/** Each detail or what is wrong with it, until there are more values than an authority may hold. */
function* readAll(list: readonly unknown[]): Generator<Detail | Misfit> {
  let left = valuesMax
  for (const [index, each] of list.entries()) {
    const detail = readDetail(each)
    left -= detail instanceof Misfit ? 0 : countValues(detail)
    if (left < 0) {
      yield new Misfit([index], `at most ${valuesMax} values in all details together`)
      return
    }
    yield detail instanceof Misfit ? detail.below(index) : detail
  }
}

function readDetail(value: unknown): Detail | Misfit {
  if (!isJsonObject(value)) return new Misfit([], 'a mapping with a type')
  const type = Object.hasOwn(value, 'type') ? value.type : null
  const members = typeof type === 'string' ? membersOf(type) : null
  if (!members) {
    const choices = [...types.keys()]
    return new Misfit(['type'], `one of ${choices.join(', ')}`, { choices })
  }
  const detail: Record<string, unknown> = { type }
  for (const [member, written] of Object.entries(value)) {
    if (member === 'type') continue
    const kind = members.get(member)
    if (!kind) return unknownMember(member, [...members.keys()])
    const read = kind.read(written)
    if (read instanceof Misfit) return read.below(member)
    detail[member] = read
  }
  // Every member was read by the row of its type, and the table of rows has the types of Detail.
  return detail as unknown as Detail
}

/** Names of members that nobody knows and pointers into arguments are the sender's text, so the path stops before them. */
function sentenceOf({ path, atKey, expected }: Misfit): string {
  const [index, member] = atKey ? path.slice(0, -1) : path
  const place = `authorization_details[${index}]${member === undefined ? '' : `.${member}`}`
  return `${place} ${atKey ? 'has an unknown member' : 'does not fit'}, expected ${expected}`
}

/** `scope-token` of RFC 6749 section 3.3: printable ASCII without space, quote and backslash. */
const scopeForm = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** The values of a `scope`, sorted and without repetition, or a sentence. An empty text is no scope at all. */
export function readScopes(value: unknown): readonly string[] | string {
  if (typeof value !== 'string') return 'scope is no text'
  if (value === '') return []
  if (value.length > scopesMax * (scopeTextMax + 1)) return `scope has more than ${scopesMax} values`
  const scopes = value.split(' ')
  if (!scopes.every((scope) => scopeForm.test(scope) && scope.length <= scopeTextMax)) {
    return `scope is no list of values of 1 to ${scopeTextMax} characters with single spaces between them`
  }
  const unique = [...new Set(scopes)].toSorted()
  return unique.length > scopesMax ? `scope has more than ${scopesMax} values` : unique
}
