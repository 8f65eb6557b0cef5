/**
 * One number for everything a definition says. The canonical form (RFC 8785) holds every member, unknown ones included, so
 * that nothing can be changed beside what is hashed; a definition that has no such form, or more than one reading, has no
 * digest and is never approved.
 */
import { createHash } from 'node:crypto'
import { readCanonicalJson } from '../base/jcs.ts'
import { isJsonObject, type JsonObject, readJson } from '../base/json.ts'

export interface ReadDefinition {
  readonly kind: 'read'
  readonly value: JsonObject
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string
  /** As in RFC 8785. */
  readonly canonical: string
}

export interface UnreadableDefinition {
  readonly kind: 'unreadable'
  /** For people. */
  readonly why: string
  /** Of its bytes, so that a person can still say which one is meant. */
  readonly digest: string
}

/** Deeper has no canonical form. */
const depth_max = 64

const whys = {
  invalid: 'it is no JSON',
  duplicate_member: 'it has two members of one name, so two readers may read two things',
  forbidden_member: 'it has a member __proto__',
  too_deep: `it is nested deeper than ${depth_max}`,
} as const

export function readDefinition(bytes: Buffer): ReadDefinition | UnreadableDefinition {
  const text = bytes.toString('utf8')
  const unreadable = (why: string) => ({ kind: 'unreadable', why, digest: digestOf(text) }) as const
  const read = readJson(text, depth_max)
  if (!read.ok) return unreadable(whys[read.reason])
  if (!isJsonObject(read.value)) return unreadable('it is no object')
  const canonical = readCanonicalJson(read.value)
  if (canonical === null) return unreadable('it has no canonical form: a lone surrogate, or a number nobody can hold')
  const digest = digestOf([canonical, ...inexactNumbers(text)].join('\n'))
  return { kind: 'read', value: read.value, digest, canonical }
}

/** Of a definition as it stands; of one that cannot be read it is that of its bytes. */
export function digestOfDefinition(bytes: Buffer): string {
  return readDefinition(bytes).digest
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

const inexactForm = /\d{15}|\d[eE]|-0/
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g

/**
 * Numbers that a double does not hold exactly, with all their digits and in their order: their canonical form is that of
 * another number, so that a changed digit would not show in it.
 */
function inexactNumbers(text: string): readonly string[] {
  if (!inexactForm.test(text)) return []
  const numbers = [...text.matchAll(tokens)].map(([token]) => token).filter((token) => !token.startsWith('"'))
  return numbers.filter((token) => plain(token) !== plain(JSON.stringify(Number(token)))).map(plain)
}

/** Sign, digits without zeros around them, and exponent: one spelling for one number. */
function plain(token: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(token) ?? []
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  let end = digits.length
  while (digits[end - 1] === '0') end -= 1
  const short = digits.slice(0, end)
  return short === ''
    ? `${sign}0`
    : `${sign}${short}e${Number(exponent) - fraction.length + digits.length - short.length}`
}
