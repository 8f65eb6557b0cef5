/**
 * What stands in `_meta` between a caller and us: members of ours, and baggage, which is never read and never handed on.
 */
import { editJson, type JsonEdit, membersOf, valueAtPath } from '../../base/json-edit.ts'
import type { TraceManner } from '../traceparent.ts'

/** Before each member of `_meta` that is ours. */
const ourPrefix = 'dev.weir/'
const baggage = 'baggage'
const meta = ['params', '_meta'] as const

export function isBetweenUs(name: string): boolean {
  return name.startsWith(ourPrefix) || name === baggage
}

const ofTraces: ReadonlySet<string> = new Set(['traceparent', 'tracestate'])

/**
 * The message as its server is meant to see it: byte for byte, but for what was for us, and for its trace, which is taken out
 * where the server gets none, and is `own` where that is given and it names one.
 */
export function withoutOurs(message: Uint8Array, traces: TraceManner, own: string | null = null): Uint8Array {
  const isKept = (name: string): boolean => !isBetweenUs(name) && (traces !== 'strip' || !ofTraces.has(name))
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength)
  if (traces !== 'strip' && own === null && !bytes.includes(ourPrefix) && !bytes.includes(baggage)) return message
  const said = valueAtPath(bytes, meta)
  const names = said === null ? [] : membersOf(said).map(([name]) => name)
  const ours = names.filter((name) => !isKept(name))
  if (ours.length > 0 && ours.length === names.length) return editJson(bytes, [{ path: meta, value: undefined }])
  const edits: JsonEdit[] = ours.map((name) => ({ path: [...meta, name], value: undefined }))
  if (own !== null && names.includes('traceparent'))
    edits.push({ path: [...meta, 'traceparent'], value: JSON.stringify(own) })
  return edits.length === 0 ? message : editJson(bytes, edits)
}
