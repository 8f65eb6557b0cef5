/** Where a span stands: the ids of runs and hops are those of traces and spans, so nothing has to be remembered for it. */
import { createHash } from 'node:crypto'
import { type SpanContext, TraceFlags } from '@opentelemetry/api'
import type { HopId, RunId } from '../../domain/ids.ts'

/** Of a run: its own id, or that of the caller's trace where it joins it. */
export interface TraceOfRun {
  readonly traceId: string
  /** The caller's span that the run hangs under; null where it hangs under none. */
  readonly above: SpanContext | null
}

/** The trace of a run that joins nobody's. */
export function traceOfRun(run: RunId): TraceOfRun {
  return { traceId: run.slice(4), above: null }
}

/** The trace of a call that belongs to no run: one of its own, always the same. */
export function traceOfStray(hop: HopId): TraceOfRun {
  return { traceId: createHash('sha256').update(hop).digest('hex').slice(0, 32), above: null }
}

/** The span of the run itself: the second half of its id, which is chance. */
export function spanOfRun(run: RunId): string {
  return notZero(run.slice(20))
}

export function spanOfHop(hop: HopId): string {
  return notZero(hop.slice(4))
}

export function placed(traceId: string, spanId: string, isRemote = false): SpanContext {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote }
}

/** Whether the trace is among those that are sent, by its last 56 bits, as W3C Trace Context level 2 has them at random. */
export function isSampled(traceId: string, ratio: number): boolean {
  return ratio >= 1 || Number.parseInt(traceId.slice(-14), 16) < ratio * 2 ** 56
}

/** Eight bytes of zero are no span. */
function notZero(spanId: string): string {
  return /^0+$/.test(spanId) ? `${'0'.repeat(15)}1` : spanId
}
