/** The building blocks of the configuration table: every field says what it means, its unit and its range. */
import { z } from 'zod'
import { isPersonId, isSlug, isTeamId } from '../domain/ids.ts'

/** What a row of the table says beside its type; carried into the JSON Schema and the reference page. */
export interface Facts {
  readonly description: string
  readonly unit?: string
  /** What is expected, in words, where type and range do not say it. */
  readonly form?: string
  /** The value is never shown, not even in a problem. */
  readonly secret?: boolean
}

/** Headers that belong to the connection and the message frame; no row may set them. */
export const frameHeaders = [
  'host',
  'connection',
  'content-length',
  'content-type',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'keep-alive',
] as const

/** A whole number from `min` to `max`. */
export function whole(min: number, max: number, facts: Facts): z.ZodInt {
  return z
    .int()
    .min(min)
    .max(max)
    .meta({ ...facts })
}

/** One row per number: smallest, default and largest value, unit and meaning. */
export type NumberRow = readonly [min: number, usual: number, max: number, unit: string, meaning: string]

type Numbers<Rows> = { [Name in keyof Rows]: z.ZodDefault<z.ZodInt> }

/** The fields of a table of numbers, all of which have a default. */
export function numberFields<Rows extends Readonly<Record<string, NumberRow>>>(rows: Rows): Numbers<Rows> {
  const fields = Object.entries(rows).map(([name, [min, usual, max, unit, description]]) => [
    name,
    whole(min, max, { description, unit }).default(usual),
  ])
  return Object.fromEntries(fields) as Numbers<Rows>
}

/** A text of at most 1024 characters that satisfies `holds`; `facts.form` says in words what that is. */
export function text(holds: (value: string) => boolean, facts: Facts & { readonly form: string }): z.ZodString {
  return z
    .string()
    .max(1024)
    .refine(holds)
    .meta({ ...facts })
}

/** Operator's prose: shown to people, never interpreted. */
export function prose(facts: Facts): z.ZodString {
  return text((value) => value.length > 0, { ...facts, form: 'a text of 1 to 1024 characters' })
}

export function slug(facts: Facts): z.ZodString {
  return text(isSlug, { ...facts, form: slugForm })
}

/** The words for the name of a person, for keys of maps as well as for references. */
export const personForm = 'a person: letters, digits and . _ @ + - after an optional user:'

export function isPersonName(value: string): boolean {
  return isPersonId(prefixed('user:', value))
}

export function person(facts: Facts): z.ZodString {
  return text(isPersonName, { ...facts, form: personForm })
}

export function team(facts: Facts): z.ZodString {
  const form = 'a team: a slug after an optional team:'
  return text((value) => isTeamId(prefixed('team:', value)), { ...facts, form })
}

export function url(facts: Facts): z.ZodString {
  return text(isPlainUrl, { ...facts, form: 'an http or https URL without credentials and fragment' })
}

/** Where something secret is sent. */
export function protectedUrl(facts: Facts): z.ZodString {
  return text(isProtectedUrl, {
    ...facts,
    form: 'an https URL (http on loopback only), without credentials and fragment',
  })
}

export function path(facts: Facts): z.ZodString {
  return text((value) => value.length > 0 && !value.includes('\0'), { ...facts, form: 'a path' })
}

/** A text that is never shown: at most 8192 printable ASCII characters, so that it fits a header. */
export function secret(facts: Facts): z.ZodString {
  return z
    .string()
    .max(8192)
    .regex(/^[\x20-\x7e]+$/)
    .meta({ ...facts, secret: true, form: 'a text of 1 to 8192 printable ASCII characters' })
}

/** The words for a slug, for keys of maps as well as for references. */
export const slugForm = 'a slug: 1 to 63 characters of a-z, 0-9 and inner dashes'

/** The same text with the prefix, whether it had it or not. */
export function prefixed(prefix: string, value: string): string {
  return value.startsWith(prefix) ? value : prefix + value
}

/** An http(s) URL with a host and without user, password and fragment. */
export function isPlainUrl(value: string): boolean {
  const parsed = URL.parse(value)
  if (!parsed || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) return false
  return parsed.username === '' && parsed.password === '' && !value.includes('#')
}

const loopbackHosts = new Set(['127.0.0.1', '[::1]', 'localhost'])

/** An https URL; what travels in clear text can be read and replaced on the way, so plain http is for loopback. */
export function isProtectedUrl(value: string): boolean {
  const parsed = isPlainUrl(value) ? URL.parse(value) : null
  return parsed !== null && (parsed.protocol === 'https:' || loopbackHosts.has(parsed.hostname))
}

const addressForm = /^(?:\[([0-9A-Fa-f:]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/

/** A place to listen. Port 0 lets the system choose. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** `http://127.0.0.1:8080` or `http://[::1]:8080`; `https` where the listener speaks TLS. */
export function addressUrl({ host, port }: Address, secure = false): string {
  return `${secure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Reads `127.0.0.1:8080` or `[::1]:8080`; null if it is neither. */
export function readAddress(value: string): Address | null {
  const found = addressForm.exec(value)
  const port = Number(found?.[3])
  if (!found || port > 65_535) return null
  return { host: found[1] ?? found[2] ?? '', port }
}

export function address(facts: Facts): z.ZodString {
  return text((value) => readAddress(value) !== null, { ...facts, form: 'host:port with a port from 0 to 65535' })
}
