/**
 * Values of parameters as text, in every style there is (OpenAPI 3.1.1, 4.8.12 and appendix C; RFC 6570). A value that is
 * null is one that is not there; what no style knows, an object inside of a list, is written as JSON.
 */
import { exactNumber } from '../../base/exact-json.ts'
import { isJsonObject } from '../../base/json.ts'
import type { Manner, Style } from './contract.ts'

/** A value by its shape: nothing, one text, texts, or texts by name. */
export type Shape =
  | { readonly kind: 'none' }
  | { readonly kind: 'one'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'map'; readonly members: readonly (readonly [name: string, text: string])[] }

export function shapeOf(value: unknown): Shape {
  if (value === undefined || value === null) return { kind: 'none' }
  if (Array.isArray(value)) return { kind: 'list', items: value.filter(isThere).map(plainText) }
  if (!isJsonObject(value) || exactNumber(value) !== null) return { kind: 'one', text: plainText(value) }
  const members = Object.entries(value).filter(([, each]) => isThere(each))
  return { kind: 'map', members: members.map(([name, each]) => [name, plainText(each)] as const) }
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null
}

/** Well-formed, because nothing else can be written in UTF-8. */
export function plainText(value: unknown): string {
  if (typeof value === 'string') return value.toWellFormed()
  return exactNumber(value) ?? JSON.stringify(value).toWellFormed()
}

/** Everything but the unreserved characters of RFC 3986 as escapes. */
export function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, escaped)
}

function escaped(letter: string): string {
  return `%${letter.charCodeAt(0).toString(16).toUpperCase()}`
}

/** What `allowReserved` leaves alone: reserved characters that mean nothing in a query, so that none of them ends a value. */
const unescapable = /%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/g

function encoder({ allowReserved }: Pick<Manner, 'allowReserved'>): (text: string) => string {
  return allowReserved ? (text) => encode(text).replaceAll(unescapable, decodeURIComponent) : encode
}

/** What stands in a path in place of `{name}`; null where there is nothing to put there. */
export function pathText(name: string, value: unknown, { style, explode }: Manner): string | null {
  const shape = shapeOf(value)
  const rule = pathRules[style]
  if (rule === undefined || shape.kind === 'none') return null
  const { before, between, named } = rule
  const key = encode(name)
  const prefix = named ? `${before}${key}` : before
  const assign = (text: string): string => (named && text !== '' ? `${prefix}=${text}` : `${prefix}${text}`)
  if (shape.kind === 'one') return assign(encode(shape.text))
  if (shape.kind === 'list') {
    const items = shape.items.map(encode)
    if (items.length === 0) return null
    if (!explode) return assign(items.join(','))
    return named ? items.map((item) => `${prefix}=${item}`).join('') : before + items.join(between)
  }
  const members = shape.members.map(([member, text]) => [encode(member), encode(text)] as const)
  if (members.length === 0) return null
  if (!explode) return assign(members.flat().join(','))
  return before + members.map((member) => member.join('=')).join(between)
}

interface PathRule {
  readonly before: string
  /** Between items and members that are exploded. */
  readonly between: string
  /** Whether the name of the parameter stands before a value. */
  readonly named: boolean
}

const pathRules: Readonly<Partial<Record<Style, PathRule>>> = {
  simple: { before: '', between: ',', named: false },
  label: { before: '.', between: '.', named: false },
  matrix: { before: ';', between: ';', named: true },
}

/** What parts items where they are not exploded, as it stands in a query. */
const delimiters: Readonly<Partial<Record<Style, string>>> = {
  form: ',',
  spaceDelimited: '%20',
  pipeDelimited: '%7C',
}

/** Pairs of a query, each `name=value`. */
export function queryPairs(name: string, value: unknown, manner: Manner): readonly string[] {
  if (manner.style === 'deepObject') return deepPairs(encode(name), value, manner)
  const write = encoder(manner)
  const shape = shapeOf(value)
  const key = encode(name)
  const delimiter = delimiters[manner.style] ?? ','
  if (shape.kind === 'none') return []
  if (shape.kind === 'one') return [`${key}=${write(shape.text)}`]
  const isEmpty = shape.kind === 'list' ? shape.items.length === 0 : shape.members.length === 0
  if (isEmpty) return []
  if (shape.kind === 'list') {
    if (manner.explode) return shape.items.map((item) => `${key}=${write(item)}`)
    return [`${key}=${shape.items.map(write).join(delimiter)}`]
  }
  if (manner.explode) return shape.members.map(([member, text]) => `${encode(member)}=${write(text)}`)
  return [`${key}=${shape.members.flatMap(([member, text]) => [encode(member), write(text)]).join(delimiter)}`]
}

/** `color[R]=100`; what is deeper goes on in the same way, with numbers for items, as the servers that use it read it. */
function deepPairs(key: string, value: unknown, manner: Manner): readonly string[] {
  if (!isThere(value)) return []
  const inner = (name: string, each: unknown): readonly string[] =>
    deepPairs(`${key}%5B${encode(name)}%5D`, each, manner)
  if (Array.isArray(value)) return value.flatMap((each, at) => inner(String(at), each))
  if (!isJsonObject(value) || exactNumber(value) !== null) return [`${key}=${encoder(manner)(plainText(value))}`]
  return Object.entries(value).flatMap(([name, each]) => inner(name, each))
}

/** The value of a header; only `simple` is known there, and nothing is escaped. */
export function headerText(value: unknown, explode: boolean): string | null {
  const shape = shapeOf(value)
  if (shape.kind === 'none') return null
  if (shape.kind === 'one') return shape.text
  if (shape.kind === 'list') return shape.items.join(',')
  return shape.members.map((member) => member.join(explode ? '=' : ',')).join(',')
}

/** Cookies, each `name=value`. An `&` between them, as `form` would have it, is no boundary there. */
export function cookiePairs(name: string, value: unknown, explode: boolean): readonly string[] {
  return queryPairs(name, value, { style: 'form', explode, allowReserved: false })
}
