/** Which trace a call came in with, and which one goes on with it. What the body says of it wins over its headers. */
import { type AnyCall, isA2aCall, isMcpCall } from '../domain/call.ts'
import { saidInMetadata } from '../protocol/a2a/run-extension.ts'
import type { Inbound } from '../protocol/http.ts'
import { traceOf } from '../protocol/mcp/trace.ts'
import { traceInHeaders } from '../protocol/run-context.ts'
import { type OwnSpan, readTraceparent, type Trace, type TraceManner, traceTo } from '../protocol/traceparent.ts'

/** As much of a visit as it takes. */
interface Traced {
  readonly call: AnyCall
  readonly inbound: Pick<Inbound, 'headers' | 'body'>
  readonly run: { readonly traceId: string } | null
  readonly hop: object | null
}

/** A visit, as it keeps what was read of it. */
interface Saying extends Pick<Traced, 'call' | 'inbound'> {
  /** Undefined until it was asked for. */
  said?: Trace | null | undefined
}

/** Null where it names none. It is asked for several times on the way and read once. */
export function traceSaid(visit: Saying): Trace | null {
  if (visit.said === undefined) visit.said = read(visit)
  return visit.said
}

function read({ call, inbound }: Saying): Trace | null {
  if (isMcpCall(call)) return traceOf(inbound, bytesOf(call.body))
  const inBody = isA2aCall(call) ? (saidInMetadata(inbound.body)?.traceparent ?? null) : null
  return inBody === null ? traceInHeaders(inbound.headers) : readTraceparent(inBody)
}

/** What its target hears of. Only what is a hop opens a trace. */
export function traceOnward(visit: Traced, said: Trace | null, how: TraceManner): Trace | null {
  return traceTo(said, ownSpan(visit), how === 'open' && visit.hop === null ? 'pass' : how)
}

/** The span of the call in the trace of its run; null where it belongs to none. */
function ownSpan({ call, run }: Traced): OwnSpan | null {
  return run && { traceId: run.traceId, spanId: call.id.slice('hop_'.length) }
}

function bytesOf(body: Uint8Array): Buffer {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength)
}
