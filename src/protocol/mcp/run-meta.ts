/**
 * What stands in `_meta` between a caller and us: members of ours, and baggage, which is never read and never handed on.
 */
import { editJson, membersOf, valueAtPath } from '../../base/json-edit.ts'

/** Before each member of `_meta` that is ours. */
const ourPrefix = 'dev.weir/'
const baggage = 'baggage'
const meta = ['params', '_meta'] as const

export function isBetweenUs(name: string): boolean {
  return name.startsWith(ourPrefix) || name === baggage
}

const ofTraces: ReadonlySet<string> = new Set(['traceparent', 'tracestate'])

/** The message as its server is meant to see it: byte for byte, but for what was for us, and for traces where it gets none. */
export function withoutOurs(message: Uint8Array, traces: 'pass' | 'open' | 'strip'): Uint8Array {
  const isKept = (name: string): boolean => !isBetweenUs(name) && (traces !== 'strip' || !ofTraces.has(name))
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength)
  if (traces !== 'strip' && !bytes.includes(ourPrefix) && !bytes.includes(baggage)) return message
  const said = valueAtPath(bytes, meta)
  const names = said === null ? [] : membersOf(said).map(([name]) => name)
  const ours = names.filter((name) => !isKept(name))
  if (ours.length === 0) return message
  return editJson(
    bytes,
    ours.length === names.length
      ? [{ path: meta, value: undefined }]
      : ours.map((name) => ({ path: [...meta, name], value: undefined })),
  )
}
