/**
 * The parameters of a request on their way between eras: what its `_meta` says belongs to one hop or to one era, and is
 * written anew for the next one. Everything else keeps its bytes.
 */
import { membersOf, valueAtPath } from '../../base/json-edit.ts'
import { isBetweenUs } from '../../protocol/mcp/run-meta.ts'
import type { Trace } from '../../protocol/traceparent.ts'
import { metaPrefix } from '../../protocol/mcp/words.ts'
import { joined } from './heard.ts'
import type { Json } from './channel.ts'

/** What the modern era says in `_meta` of a request, and what belongs to a hop of its own in either. */
const ofTheHop: ReadonlySet<string> = new Set([
  `${metaPrefix}protocolVersion`,
  `${metaPrefix}clientCapabilities`,
  `${metaPrefix}clientInfo`,
  `${metaPrefix}logLevel`,
  `${metaPrefix}subscriptionId`,
  'progressToken',
  'traceparent',
  'tracestate',
])

/** A member and its value as JSON text. */
export type Member = readonly [name: string, value: Json | string]

/** The parameters with these members in their `_meta`, and these beside it; null where nothing is left to say. */
export function withMeta(params: Json | null, meta: readonly Member[], beside: readonly Member[] = []): Json | null {
  const members = params === null ? [] : membersOf(params)
  const said = params === null ? null : valueAtPath(params, ['_meta'])
  const written = new Set(meta.map(([name]) => name))
  const handedOn = (name: string): boolean => !ofTheHop.has(name) && !isBetweenUs(name) && !written.has(name)
  const kept = (said === null ? [] : membersOf(said)).filter(([name]) => handedOn(name))
  const inMeta = [...kept, ...meta]
  const besides = new Set(beside.map(([name]) => name))
  const others = members.filter(([name]) => name !== '_meta' && !besides.has(name))
  const all: readonly Member[] = [
    ...others,
    ...beside,
    ...(inMeta.length === 0 ? [] : ([['_meta', objectOf(inMeta)]] as const)),
  ]
  return params === null && all.length === 0 ? null : objectOf(all)
}

/** A trace as `_meta` says it (SEP-414). */
export function traceMembers(trace: Trace | null): readonly Member[] {
  if (trace === null) return []
  const said: Member = ['traceparent', JSON.stringify(trace.traceparent)]
  return trace.state === undefined ? [said] : [said, ['tracestate', JSON.stringify(trace.state)]]
}

export function objectOf(members: readonly Member[]): Json {
  const parts = members.flatMap(([name, value], i) => [`${i === 0 ? '' : ','}${JSON.stringify(name)}:`, value])
  return joined(['{', ...parts, '}'])
}

/** The client's own progress token as it stood, a string or a number. */
export function progressTokenOf(params: Json | null): Json | null {
  const token = params === null ? null : valueAtPath(params, ['_meta', 'progressToken'])
  return token !== null && /^["\d-]/.test(token.toString('latin1', 0, 1)) ? token : null
}

export function textAt(json: Json | null, path: readonly string[]): string | null {
  const value = json === null ? null : valueAtPath(json, path)
  if (value === null || value[0] !== quote) return null
  return JSON.parse(value.toString('utf8')) as string
}

const quote = 0x22
