/**
 * Spans made of entries of the ledger. One for each hop, of kind SERVER: it is the request that Weir was asked, from its first
 * byte to the last byte of its answer, and a refused one never left, so CLIENT would be untrue of it. How long the target
 * took is an attribute. One more for the run, of kind INTERNAL, which holds those of its root.
 */
import {
  type Attributes,
  type Link,
  type SpanContext,
  SpanKind,
  type SpanStatus,
  SpanStatusCode,
} from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import type { Millis } from '../../base/clock.ts'
import type { RunId } from '../../domain/ids.ts'
import type { CallRecord, RunEntry } from '../../domain/record.ts'
import { errorOf, hopAttributes, hopName } from './hop-words.ts'
import { names } from './names.ts'
import { hrTime, said, type Source } from './resource.ts'
import type { KnownRun } from './runs.ts'
import { placed, spanOfHop, spanOfRun, type TraceOfRun } from './trace-place.ts'

/** A span with the number of the entry it was made of. */
export interface SeqSpan {
  readonly seq: number
  readonly span: ReadableSpan
}

export interface Seen {
  readonly seq: number
  readonly trace: TraceOfRun
  readonly user_id: boolean
}

export function hopSpan(source: Source, record: CallRecord, { seq, trace, user_id }: Seen): SeqSpan {
  const { traceId } = trace
  const parent = parentOf(record, trace)
  const span = spanOf(source, {
    name: hopName(record),
    kind: SpanKind.SERVER,
    at: placed(traceId, spanOfHop(record.rid)),
    parent,
    from: record.ts,
    to: record.ts + record.outcome.ms,
    status: statusOf(record),
    attributes: hopAttributes(record, seq, user_id),
    links: linksOf(record, traceId, parent),
    events: [],
  })
  return { seq, span }
}

/** The hop it was made from; else the run; else nothing. */
function parentOf({ parent_rid, run }: CallRecord, { traceId, above }: TraceOfRun): SpanContext | null {
  if (parent_rid !== null) return placed(traceId, spanOfHop(parent_rid))
  return run === null ? above : placed(traceId, spanOfRun(run))
}

/** What the caller said of its trace, where that is another one or a span that is not ours: it says more than we know. */
function linksOf({ trace }: CallRecord, traceId: string, parent: SpanContext | null): Link[] {
  const [, theirs, spanId] = trace?.split('-') ?? []
  if (theirs === undefined || spanId === undefined) return []
  if (theirs === traceId && spanId === parent?.spanId) return []
  return [{ context: placed(theirs, spanId, true) }]
}

/** A caller that went away is nobody's error. */
function statusOf(record: CallRecord): SpanStatus {
  const { outcome, rule } = record
  if (outcome.status === 'answered' || outcome.status === 'aborted') return { code: SpanStatusCode.UNSET }
  const by = rule === null ? '' : ` by ${rule}`
  return { code: SpanStatusCode.ERROR, message: `${errorOf(record)}${by}` }
}

/** The run as a whole, when it was halted or has ended. */
export function runSpan(source: Source, entry: RunEntry, seen: Seen & { readonly known: KnownRun | null }): SeqSpan {
  const { seq, trace, user_id, known } = seen
  const { run, root } = entry
  const halted = entry.event === 'halted'
  const sums = known && {
    [names.runCost]: known.cost_micros / 1_000_000,
    [names.runCalls]: known.calls,
    [names.runRefused]: known.refused,
    [names.runDepth]: known.depth,
  }
  const span = spanOf(source, {
    name: `run ${root}`,
    kind: SpanKind.INTERNAL,
    at: placed(trace.traceId, spanOfRun(run)),
    parent: trace.above,
    from: startOf(run),
    to: entry.ts,
    status: halted ? { code: SpanStatusCode.ERROR, message: entry.code ?? 'halted' } : { code: SpanStatusCode.UNSET },
    attributes: said({
      [names.operation]: 'invoke_workflow',
      [names.agentId]: root,
      [names.agentName]: root.slice('agent:'.length),
      [names.runId]: run,
      [names.userId]: user_id ? entry.human : null,
      [names.errorType]: halted ? (entry.code ?? 'halted') : null,
      [names.actor]: entry.actor,
      [names.reason]: entry.reason,
      [names.seq]: seq,
      ...sums,
    }),
    links: known?.caller && !trace.above ? [{ context: known.caller }] : [],
    events: (known?.events ?? []).map(({ name, at }) => ({ name, time: hrTime(at), attributes: {} })),
  })
  return { seq, span }
}

/** The id of a run is a UUIDv7 (RFC 9562 section 5.7): its first 48 bits are the milliseconds at which it opened. */
function startOf(run: RunId): Millis {
  return Number.parseInt(run.slice(4, 16), 16)
}

interface Drawn extends Pick<ReadableSpan, 'name' | 'kind' | 'status' | 'links' | 'events'> {
  readonly at: SpanContext
  readonly parent: SpanContext | null
  readonly from: Millis
  readonly to: Millis
  readonly attributes: Attributes
}

function spanOf({ resource, scope }: Source, { at, parent, from, to, ...rest }: Drawn): ReadableSpan {
  return {
    ...rest,
    spanContext: () => at,
    ...(parent && { parentSpanContext: parent }),
    startTime: hrTime(from),
    endTime: hrTime(Math.max(from, to)),
    duration: hrTime(Math.max(0, to - from)),
    ended: true,
    resource,
    instrumentationScope: scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
}
