/**
 * Where a call belongs in a trace (W3C Trace Context): what its `_meta` says (SEP-414), else its header. What has not exactly
 * the form is no trace, for whoever keeps traces would join it to anything.
 */
import { scanJson } from '../../base/json-scan.ts'
import { jsonShape } from '../../base/json-shape.ts'
import type { Inbound } from '../http.ts'

export interface Trace {
  /** `00-<trace>-<span>-<flags>`, lower case. */
  readonly traceparent: string
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits: the span of whoever sent it. */
  readonly parentId: string
  readonly sampled: boolean
}

const shape = jsonShape(['params._meta.traceparent'], 'ignore')

/** Version 00 exactly; of later ones the part that every version has (section 3.2.4), after which more may follow. */
const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const nothing = /^0+$/

/** The trace of a message; null where it names none, or more than one. */
export function traceOf({ headers }: Pick<Inbound, 'headers'>, message: Buffer): Trace | null {
  const spans = message.includes('traceparent') ? scanJson(message, shape) : null
  if (spans?.kind === 'mistake') return null
  const inMeta = spans?.has('params._meta.traceparent') === true
  // What the body says is what the server sees, so a header does not stand in for a malformed one.
  const said = inMeta ? spans.text('params._meta.traceparent') : (headers.get('traceparent') ?? null)
  return said === null ? null : readTraceparent(said)
}

function readTraceparent(said: string): Trace | null {
  const [, version = '', traceId = '', parentId = '', flags = '', more] = form.exec(said) ?? []
  if (version === '' || version === 'ff' || (version === '00' && more !== undefined)) return null
  if (nothing.test(traceId) || nothing.test(parentId)) return null
  const sampled = (Number.parseInt(flags, 16) & 1) === 1
  return { traceparent: `00-${traceId}-${parentId}-${sampled ? '01' : '00'}`, traceId, parentId, sampled }
}
