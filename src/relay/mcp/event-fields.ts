/** What an event says beside its data (WHATWG HTML section 9.2.6): its name, its id, and when to come again. */

import { LineEnds } from '../../protocol/sse.ts'

export interface EventFields {
  readonly name: string | null
  /** Null where it has none; empty takes an earlier one back. */
  readonly id: string | null
  readonly retry_ms: number | null
}

/** The first letters of `event`, `id` and `retry`: of other lines nothing is read. */
const letters: ReadonlySet<number | undefined> = new Set([0x65, 0x69, 0x72])
/** Longer ids are not sent back. Unit: bytes of a line. */
const lineMax_bytes = 1024

export function fieldsOf(event: Buffer): EventFields {
  const fields = new Map<string, string>()
  const ends = new LineEnds(event)
  for (let at = 0, end = 0; at < event.length; at = end + 1) {
    end = ends.from(at)
    if (!letters.has(event[at]) || end - at > lineMax_bytes) continue
    const line = event.toString('utf8', at, end)
    const split = line.indexOf(':')
    if (split > 0) fields.set(line.slice(0, split), line.slice(split + 1).replace(/^ /, ''))
  }
  const [id = null, retry] = [fields.get('id'), fields.get('retry')]
  return {
    name: fields.get('event') ?? null,
    // What cannot stand in a header cannot be asked for again.
    id: id !== null && /^[\x20-\x7e]*$/.test(id) ? id : null,
    retry_ms: retry !== undefined && /^\d{1,9}$/.test(retry) ? Number(retry) : null,
  }
}
