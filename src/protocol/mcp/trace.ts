/**
 * Where a message belongs, as its `_meta` says it: in a trace (SEP-414), and in a run of ours. What is said there wins over
 * the headers beside it.
 */
import { type JsonSpans, scanJson } from '../../base/json-scan.ts'
import { jsonShape } from '../../base/json-shape.ts'
import type { Inbound } from '../http.ts'
import type { SaidOfRun } from '../run-context.ts'
import { traceInHeaders } from '../run-context.ts'
import { readTraceparent, type Trace } from '../traceparent.ts'

/** Ours in `_meta`: `{run_id, parent_hop}`. */
const runKey = 'dev.weir/run'
const [trace, state, run, hop] = [
  'params._meta.traceparent',
  'params._meta.tracestate',
  'params._meta.dev\\.weir/run.run_id',
  'params._meta.dev\\.weir/run.parent_hop',
] as const

const shape = jsonShape([trace, state, run, hop], 'ignore')
type Spans = JsonSpans<typeof trace | typeof state | typeof run | typeof hop>

/** The trace of a message; null where it names none, or more than one. */
export function traceOf({ headers }: Pick<Inbound, 'headers'>, message: Buffer): Trace | null {
  const spans = message.includes('traceparent') ? scanJson(message, shape) : null
  if (spans?.kind === 'mistake') return null
  // What the body says is what the server sees, so a header does not stand in for a malformed one.
  if (spans?.has(trace) !== true) return traceInHeaders(headers)
  return readTraceparent(spans.text(trace) ?? '', spans.has(state) ? spans.text(state) : null)
}

/** What `_meta` says of the run; null where it says nothing of it, or cannot be read. */
export function saidInMeta(message: Buffer): SaidOfRun | null {
  if (!message.includes(runKey) && !message.includes('traceparent')) return null
  const spans: Spans | { readonly kind: 'mistake' } = scanJson(message, shape)
  if (spans.kind === 'mistake') return null
  const text = (path: typeof trace | typeof run | typeof hop): string | null =>
    spans.has(path) ? (spans.text(path) ?? '') : null
  const said = { run_id: text(run), parent_hop: text(hop), traceparent: text(trace) }
  return said.run_id === null && said.parent_hop === null && said.traceparent === null ? null : said
}
