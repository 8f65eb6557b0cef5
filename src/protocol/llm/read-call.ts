/**
 * Reads one request to a model into a ModelCall. What providers may make of the rest is theirs to say: refused is only what
 * cannot be read, or what two readers could read in two ways.
 */
import { openBrace } from '../../base/json-bytes.ts'
import { isSpace } from '../../base/json-items.ts'
import { type JsonShape, jsonShape } from '../../base/json-shape.ts'
import { type JsonMistake, type JsonSpans, scanJson } from '../../base/json-scan.ts'
import type { AnyCall, ModelCall, ModelDialect } from '../../domain/call.ts'
import type { HopId } from '../../domain/ids.ts'
import { isOtherType } from '../a2a/malformed.ts'
import type { Inbound } from '../http.ts'
import type { Written } from '../jsonrpc.ts'
import type { ModelRoute } from './contract.ts'
import { writeModelMistake } from './faces.ts'
import { inputBoundOf, otherModelsMax } from './input-bound.ts'
import { ceilingNames, type Found, isNoEnd, rememberPlaces } from './write-request.ts'

export interface ModelReading extends ModelCall {
  /**
   * Part of the input is not in the request: an earlier response, a stored prompt, a document behind a link, a tool of the
   * provider. `inputBound` then counts a whole context for it, which most calls do not come near.
   */
  readonly boundless: boolean
  /** The id of the earlier response that is all that is missing; null where there is none, or more is missing. */
  readonly previous: string | null
  /**
   * Models that the request names beside `model` and that its provider may let answer: `fallbacks`, `models`, the model of a
   * tool of the provider. As the provider calls them. None of them was judged yet.
   */
  readonly otherModels: readonly string[]
  /** What makes the provider take another price than usual: `service_tier:priority`, `speed:fast`. Null for the usual one. */
  readonly premium: string | null
}

/** A request that is no call; the answer is already written. */
export interface ModelMalformed extends Written {
  readonly kind: 'malformed'
}

export function isMalformed(read: ModelReading | ModelMalformed): read is ModelMalformed {
  return 'kind' in read
}

export interface ReadingLimits {
  /** What each picture, sound and file is taken for: `models.media_tokens_max`. */
  readonly media_tokens: number
}

/** Members by which a caller chooses what it pays for, and the values of the usual price, or of a lower one. */
const premiums = [
  ['service_tier', ['auto', 'default', 'flex', 'standard_only', 'standard', 'on_demand', 'batch']],
  ['speed', ['standard']],
  ['inference_geo', ['global', 'not_available']],
] as const

/** The first line is read; the others are only looked at so that none of them can be there twice, or in two spellings. */
const shape = jsonShape(
  [
    ...(['model', 'stream', 'n', 'max_completion_tokens', 'max_tokens', 'max_output_tokens'] as const),
    ...(['messages', 'input', 'system', 'instructions', 'tools', 'mcp_servers'] as const),
    ...(['previous_response_id', 'conversation', 'prompt'] as const),
    ...(['stream_options', 'stream_options.include_usage'] as const),
    ...(['models', 'fallbacks', 'context_window_fallbacks', 'content_policy_fallbacks'] as const),
    ...(['providerOptions.gateway.models', 'plugins', 'web_search_options'] as const),
    ...premiums.map(([name]) => name),
  ],
  'refuse',
)

type Spans = JsonSpans<typeof shape extends JsonShape<infer Path> ? Path : never>
type Name = Parameters<Spans['raw']>[0]

/** `id` is that of the hop to come, and of the refusal. */
export function readModelCall(
  inbound: Inbound,
  route: ModelRoute,
  id: HopId,
  { media_tokens }: ReadingLimits,
): ModelReading | ModelMalformed {
  const refuse = (message: string, status = 400): ModelMalformed => ({
    kind: 'malformed',
    ...writeModelMistake(route.dialect, { status, message }, id),
  })
  if (route.method === 'GET') return unread(inbound, route, id)
  if (isOtherType(inbound.headers.get('content-type'))) return refuse('The body must be application/json', 415)
  const spans = scanJson(inbound.body, shape)
  if (spans.kind === 'mistake') return refuse(mistakes[spans.what])
  const said = readMembers(spans, route.dialect)
  if (typeof said === 'string') return refuse(said)
  const { tokens, obscure, ...found } = inputBoundOf(inbound.body, route.dialect, media_tokens)
  if (obscure) return refuse('Other models may be named by their names, and with nothing that changes what they cost')
  rememberPlaces(inbound.body, (name) => spans.slice(pathsOf[name]) ?? undefined)
  if (found.otherModels.length > otherModelsMax) return refuse(`At most ${otherModelsMax} other models may be named`)
  return callOf(inbound, route, id, { ...said, ...found, inputBound: tokens, premium: premiumOf(spans) })
}

/** What may have to be exchanged in what its provider gets. */
const pathsOf: Readonly<Record<Found, Name>> = {
  model: 'model',
  max_completion_tokens: 'max_completion_tokens',
  max_tokens: 'max_tokens',
  max_output_tokens: 'max_output_tokens',
  stream_options: 'stream_options',
  include_usage: 'stream_options.include_usage',
}

/** A request whose body nobody looked at. */
export function unread(inbound: Inbound, route: ModelRoute, id: HopId): ModelReading {
  return callOf(inbound, route, id, { ...nothing, model: route.one ?? '' })
}

type Said = Omit<ModelReading, keyof AnyCall>

const nothing: Said = {
  model: '',
  streaming: false,
  outputMax: null,
  choices: 1,
  inputBound: 0,
  boundless: false,
  previous: null,
  otherModels: [],
  premium: null,
}

function premiumOf(spans: Spans): string | null {
  for (const [name, usual] of premiums) {
    if (kindOf(spans, name) === null) continue
    const said = spans.text(name)
    if (said === null || !usual.some((each) => each === said)) return `${name}:${said?.slice(0, nameMax) ?? ''}`
  }
  return null
}

function callOf(inbound: Inbound, route: ModelRoute, id: HopId, said: Said): ModelReading {
  const { body, receivedAt, method } = inbound
  const { dialect, operation } = route
  const path = route.method === 'GET' ? '/v1/models' : inbound.path
  const target = { kind: 'model', id: said.model } as const
  return { id, dialect, operation, method: `${method} ${path}`, target, rpcId: 'null', body, receivedAt, ...said }
}

type Members = Pick<Said, 'model' | 'streaming' | 'outputMax' | 'choices'>

const streaming: ReadonlySet<ModelDialect> = new Set(['openai-chat', 'openai-responses', 'anthropic-messages'])

/** As long as the name of a model can be in a configuration. */
const nameMax = 256

/** Or the sentence that says what is wrong. */
function readMembers(spans: Spans, dialect: ModelDialect): Members | string {
  if (!isObject(spans.bytes)) return 'The body must be a JSON object'
  const model = spans.text('model')
  if (model === null || model === '') return '`model` must be there, and the name of a model'
  if (model.length > nameMax) return `\`model\` must have at most ${nameMax} characters`
  const stream = streaming.has(dialect) ? kindOf(spans, 'stream') : null
  if (stream !== null && stream !== 'true' && stream !== 'false') return '`stream` must be true or false'
  const choices = (dialect === 'openai-chat' ? readWhole(spans, 'n') : null) ?? 1
  if (!isCount(choices) || choices < 1) return '`n` must be a whole number of at least 1'
  const ceilings = (ceilingNames[dialect] ?? []).map((name) => [name, readWhole(spans, name)] as const)
  for (const [name, said] of ceilings)
    if (said !== null && !isCount(Math.abs(said))) return `\`${name}\` must be a whole number`
  const set = ceilings.flatMap(([, said]) => said ?? [])
  // Of two names nobody knows which one counts.
  const outputMax = set.length === 0 || set.some((said) => isNoEnd(said, dialect)) ? null : Math.max(...set)
  return { model, streaming: stream === 'true', outputMax, choices }
}

function isObject(bytes: Buffer): boolean {
  let at = 0
  while (isSpace(bytes[at])) at += 1
  return bytes[at] === openBrace
}

/** SDKs write null for what was not set. */
function kindOf(spans: Spans, name: Name): ReturnType<Spans['kindOf']> {
  const kind = spans.kindOf(name)
  return kind === 'null' ? null : kind
}

/** Null where it is not set, NaN where it is no number. */
function readWhole(spans: Spans, name: Name): number | null {
  const kind = kindOf(spans, name)
  if (kind === null) return null
  return kind === 'number' ? Number(spans.raw(name)) : Number.NaN
}

function isCount(said: number): boolean {
  return Number.isSafeInteger(said)
}

const mistakes: Readonly<Record<JsonMistake['what'], string>> = {
  syntax: 'The body is not JSON',
  utf8: 'The body is not UTF-8',
  depth: 'The body is nested too deeply',
  duplicate: 'A member appears twice',
  lookalike: 'A member is a second spelling of one that is read',
  forbidden: 'A member has a forbidden name',
}
