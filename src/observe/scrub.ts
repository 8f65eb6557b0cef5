/** Takes out of texts and facts what must never be in a log: credentials, keys, tokens, control characters. */
import { Secret } from '../config/secret.ts'

const redacted = '[redacted]'

/** Shapes of credentials inside a text, each with what takes its place. All are linear in the length of the text. */
const credentialForms: readonly (readonly [form: RegExp, instead: string])[] = [
  [/\bwk_[A-Za-z0-9_-]+/g, redacted],
  [/\beyJ[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*){1,4}/g, redacted],
  [/\b(bearer|basic|digest) +[A-Za-z0-9._~+/=-]{6,}/gi, `$1 ${redacted}`],
  [/(:\/\/)[^\s/@]{1,256}@/g, `$1${redacted}@`],
  [/\b((?:sk|pk|ghp|xox[abp])[-_])[A-Za-z0-9_-]{8,}/g, redacted],
]

const credentialKeys =
  /^(?:authorization|proxy-authorization|txn-token|cookie|set-cookie|x-api-key|api-?_?key|.*passw(?:or)?d|.*secret|.*token|private-?_?key|d)$/i

const textMax = 8192
const depthMax = 6
const membersMax = 100

/** C0 is escaped by JSON; DEL, C1 and what turns the direction of writing or breaks lines are escaped here. */
const invisible = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/** Whether what stands under this name is a secret, whatever it looks like. */
export function isCredentialName(name: string): boolean {
  return credentialKeys.test(name)
}

export function scrubText(text: string): string {
  let plain = text.length > textMax ? `${text.slice(0, textMax)}…` : text
  for (const [form, instead] of credentialForms) plain = plain.replace(form, instead)
  return plain.replace(invisible, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** A copy of `value` that may be logged: bounded in depth, width and length. */
export function scrub(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return scrubText(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Secret) return value.toString()
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`
  if (value instanceof Error) return scrubError(value, depth)
  if (depth >= depthMax) return '[deep]'
  if (value instanceof Map) return scrubMembers([...value.entries()], depth)
  const list = value instanceof Set ? [...value] : value
  if (Array.isArray(list)) return list.slice(0, membersMax).map((each: unknown) => scrub(each, depth + 1))
  return scrubMembers(Object.entries(value), depth)
}

function scrubMembers(entries: readonly (readonly [unknown, unknown])[], depth: number): unknown {
  return Object.fromEntries(
    entries.slice(0, membersMax).map(([key, value]) => {
      const name = scrubText(String(key))
      return [
        name,
        credentialKeys.test(name) && value !== null && value !== undefined ? redacted : scrub(value, depth + 1),
      ]
    }),
  )
}

function scrubError(error: Error, depth: number): unknown {
  const cause = error.cause === undefined || depth >= depthMax ? {} : { cause: scrub(error.cause, depth + 1) }
  const code = 'code' in error ? { code: scrub(error.code, depthMax) } : {}
  return { name: error.name, message: scrubText(error.message), stack: scrubText(error.stack ?? ''), ...code, ...cause }
}
