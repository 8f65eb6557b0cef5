/**
 * What a request says of the run it belongs to, beside its token: our own headers, W3C Trace Context, and the ids that
 * clients send of themselves. All of it is correlation: `src/pipeline/enter.ts` decides what it is worth. `baggage` is
 * never read.
 */
import { type HopId, isHopId, isRunId, type RunId } from '../domain/ids.ts'
import type { Claims, Vendor } from '../domain/claims.ts'
import type { HeaderMap } from './http.ts'
import { readTraceparent, type Trace } from './traceparent.ts'

export interface RunContext {
  readonly run: RunId | null
  /** The invocation it is made from. */
  readonly parent: HopId | null
  /** A trace id, 32 hexadecimal digits. */
  readonly trace: string | null
  /** What vendors call the same work by, in the order in which it is looked for: `codex:thread 0199-..`. */
  readonly sessions: readonly string[]
}

/** What the body of a request says of its run, in the same words in MCP and A2A; each part wins over its header. */
export interface SaidOfRun {
  readonly run_id: string | null
  readonly parent_hop: string | null
  readonly traceparent: string | null
}

/** Of a request that says nothing: one for all of them. */
export const noContext: RunContext = { run: null, parent: null, trace: null, sessions: [] }

type Part = Exclude<keyof Claims, 'vendor'>

/** `names` is what the header names of the work; null for what names none. */
type Row = readonly [header: string, vendor: Vendor, part: Part, names: string | null]

/** The finest name of the work first. */
const rows: readonly Row[] = [
  ['x-claude-code-session-id', 'claude-code', 'session', 'claude-code:session'],
  ['x-claude-code-agent-id', 'claude-code', 'agent', null],
  ['x-claude-code-parent-agent-id', 'claude-code', 'parent', null],
  ['x-claude-code-agent-type', 'claude-code', 'type', null],
  ['x-claude-code-request-class', 'claude-code', 'type', null],
  ['thread-id', 'codex', 'agent', 'codex:thread'],
  ['x-codex-parent-thread-id', 'codex', 'parent', 'codex:thread'],
  ['session-id', 'codex', 'session', 'codex:session'],
  ['x-openai-subagent', 'codex', 'type', null],
  ['x-litellm-trace-id', 'litellm', 'agent', 'litellm:trace'],
  ['x-litellm-session-id', 'litellm', 'session', 'litellm:session'],
  ['x-portkey-trace-id', 'portkey', 'session', 'portkey:trace'],
  ['x-portkey-span-id', 'portkey', 'agent', null],
  ['x-portkey-parent-span-id', 'portkey', 'parent', null],
  ['helicone-session-id', 'helicone', 'session', 'helicone:session'],
]

type Writable<T> = { -readonly [Member in keyof T]: T[Member] }

/** The headers of vendors that are read. None of them goes on to a target. */
export const vendorHeaders: readonly string[] = rows.map(([name]) => name)

const ours: ReadonlySet<string> = new Set(['weir-run-id', 'weir-parent-hop', 'traceparent'])
const vendorRows: ReadonlyMap<string, number> = new Map(rows.map(([name], at) => [name, at]))

/** Longer ones are ids of nobody we know. Unit: characters. */
const claim_max = 128
const printable = /^[\x20-\x7e]+$/

export function readRunContext(headers: HeaderMap, said: SaidOfRun | null = null): RunContext {
  const found = sayingOf(headers)
  if (said === null && found === 'nothing') return noContext
  const run = said?.run_id ?? headers.get('weir-run-id') ?? ''
  const parent = said?.parent_hop ?? headers.get('weir-parent-hop') ?? ''
  return {
    run: isRunId(run) ? run : null,
    parent: isHopId(parent) ? parent : null,
    trace: traceIdIn(said?.traceparent ?? headers.get('traceparent') ?? null),
    sessions: found === 'vendors' ? sessionsIn(headers) : none,
  }
}

/** One pass over the headers that are there costs less than asking for each that might be. */
function sayingOf(headers: HeaderMap): 'nothing' | 'ours' | 'vendors' {
  let found: 'nothing' | 'ours' = 'nothing'
  for (const name of headers.keys()) {
    if (vendorRows.has(name)) return 'vendors'
    if (ours.has(name)) found = 'ours'
  }
  return found
}

const none: readonly string[] = []

/** The trace id that a header names; null for what has not exactly the form of one. */
function traceIdIn(traceparent: string | null): string | null {
  return traceparent === null ? null : (readTraceparent(traceparent)?.traceId ?? null)
}

/** The trace that headers name, with what stands beside it. */
export function traceInHeaders(headers: HeaderMap): Trace | null {
  const said = headers.get('traceparent')
  return said === undefined ? null : readTraceparent(said, headers.get('tracestate') ?? null)
}

function sessionsIn(headers: HeaderMap): readonly string[] {
  const found: string[] = []
  for (const [name, , , names] of rows) {
    const value = names === null ? null : claimIn(headers, name)
    if (value !== null) found.push(`${names} ${value}`)
  }
  return found
}

/** What the client claims to be; null where it says nothing of the kind. */
export function readClaims(headers: HeaderMap): Claims | null {
  let first = rows.length
  for (const name of headers.keys()) {
    const at = vendorRows.get(name)
    if (at !== undefined && at < first) first = at
  }
  const vendor = rows[first]?.[1]
  if (vendor === undefined) return null
  const claims: Writable<Claims> = { vendor, session: null, agent: null, parent: null, type: null }
  for (const [name, whose, part] of rows) if (whose === vendor) claims[part] ??= claimIn(headers, name)
  return claims
}

function claimIn(headers: HeaderMap, name: string): string | null {
  const value = headers.get(name)
  return value !== undefined && value.length <= claim_max && printable.test(value) ? value : null
}

/** Labels beyond these are left out. */
const tags_max = 16
/** Unit: characters. */
const tag_max = 64
const tagForm = /^[A-Za-z0-9][A-Za-z0-9 ._:/@+-]*$/

/** `Weir-Tags: project=atlas,feature=search`: labels of cost, of the keys that the operator named; null without any. */
export function readTags(headers: HeaderMap, keys: readonly string[]): Readonly<Record<string, string>> | null {
  const said = keys.length === 0 ? undefined : headers.get('weir-tags')
  if (said === undefined) return null
  const tags = new Map<string, string>()
  for (const pair of said.split(',', tags_max)) {
    const at = pair.indexOf('=')
    const [key, value] = [pair.slice(0, Math.max(0, at)).trim(), pair.slice(at + 1).trim()]
    if (keys.includes(key) && !tags.has(key) && value.length <= tag_max && tagForm.test(value)) tags.set(key, value)
  }
  return tags.size === 0 ? null : Object.fromEntries(tags)
}
