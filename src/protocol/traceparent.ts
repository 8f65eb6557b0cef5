/**
 * `traceparent` (W3C Trace Context, section 3.2). What has not exactly the form is no trace, for whoever keeps traces would
 * join it to anything. The id of a run is that of a trace, and the id of a hop that of a span.
 */
import type { HopId, RunId } from '../domain/ids.ts'

export interface Trace {
  /** `00-<trace>-<span>-<flags>`, lower case. */
  readonly traceparent: string
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits: the span of whoever sent it. */
  readonly parentId: string
  readonly sampled: boolean
}

/** Version 00 exactly; of later ones the part that every version has (section 3.2.4), after which more may follow. */
const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const nothing = /^0+$/

export function readTraceparent(said: string): Trace | null {
  const [, version = '', traceId = '', parentId = '', flags = '', more] = form.exec(said) ?? []
  if (version === '' || version === 'ff' || (version === '00' && more !== undefined)) return null
  if (nothing.test(traceId) || nothing.test(parentId)) return null
  const sampled = (Number.parseInt(flags, 16) & 1) === 1
  return { traceparent: `00-${traceId}-${parentId}-${sampled ? '01' : '00'}`, traceId, parentId, sampled }
}

/** The trace that Weir opens where the caller sent none. Sampled: else whoever follows its flag would keep nothing. */
export function traceparentOf(run: RunId, hop: HopId): string {
  return `00-${run.slice(4)}-${hop.slice(4)}-01`
}
