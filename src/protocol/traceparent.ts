/**
 * `traceparent` (W3C Trace Context, section 3.2). What has not exactly the form is no trace, for whoever keeps traces would
 * join it to anything. The id of a run is that of a trace, and the id of a hop that of a span.
 */

export interface Trace {
  /** `00-<trace>-<span>-<flags>`, lower case. */
  readonly traceparent: string
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits: the span of whoever sent it. */
  readonly parentId: string
  readonly sampled: boolean
  /** The `tracestate` beside it; absent where there was none, or nothing that may be handed on. */
  readonly state?: string
}

/** A span of ours: whatever is called from it hangs under it. */
export interface OwnSpan {
  readonly traceId: string
  readonly spanId: string
}

/** How a target hears of traces: as its caller does, with one that Weir opens where its caller has none, or not at all. */
export type TraceManner = 'pass' | 'open' | 'strip'

/** Version 00 exactly; of later ones the part that every version has (section 3.2.4), after which more may follow. */
const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const nothing = /^0+$/

/** What stands beside a traceparent that cannot be read belongs to nobody (section 3.3). */
export function readTraceparent(said: string, state: string | null = null): Trace | null {
  const [, version = '', traceId = '', parentId = '', flags = '', more] = form.exec(said) ?? []
  if (version === '' || version === 'ff' || (version === '00' && more !== undefined)) return null
  if (nothing.test(traceId) || nothing.test(parentId)) return null
  const sampled = (Number.parseInt(flags, 16) & 1) === 1
  const traceparent = `00-${traceId}-${parentId}-${sampled ? '01' : '00'}`
  const read = { traceparent, traceId, parentId, sampled }
  return state === null || !isTracestate(state) ? read : { ...read, state }
}

/** Section 3.3.1: at most 32 members, some of them empty. Their order and bytes stay as they are. */
function isTracestate(state: string): boolean {
  const members = state.split(',', members_max + 1)
  return members.length <= members_max && members.every((member) => memberForm.test(member))
}

const members_max = 32
const memberForm = /^[ \t]*(?:[a-z0-9][a-z0-9_*/@-]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{1,256})?[ \t]*$/

/**
 * What a target is told. In a trace of ours it hears of our span in place of its caller's, so that what it does hangs under
 * the hop that asked it; another trace goes on as it came, for we are no part of it.
 */
export function traceTo(said: Trace | null, own: OwnSpan | null, how: TraceManner): Trace | null {
  if (how === 'strip') return null
  if (said === null) return how === 'open' && own ? spanAsTrace(own, true) : null
  if (own?.traceId !== said.traceId) return said
  return { ...said, ...spanAsTrace(own, said.sampled) }
}

function spanAsTrace({ traceId, spanId }: OwnSpan, sampled: boolean): Trace {
  return { traceparent: `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`, traceId, parentId: spanId, sampled }
}
