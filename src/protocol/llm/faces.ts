/**
 * How a Denial looks to the SDKs of OpenAI and Anthropic. The model behind them reads the sentence and nothing else; the
 * status decides whether the SDK tries again before anyone has read it.
 */
import { familyOf, type ModelCall, type ModelDialect } from '../../domain/call.ts'
import { type DenialCode, type DenialRow, denials } from '../../domain/denials.ts'
import type { HopId, RunId } from '../../domain/ids.ts'
import type { Denial } from '../../domain/verdict.ts'
import { denialFacts, denialHeaders, writeSentence } from '../faces.ts'
import type { HeaderList } from '../http.ts'
import { jsonHeaders, type Written, writeEvent } from '../jsonrpc.ts'

export interface ModelRefused {
  readonly call: Pick<ModelCall, 'id' | 'dialect' | 'target'>
  readonly run: RunId | null
  /** Names of models this caller may use instead, all of them visible to it; null says nothing about them. */
  readonly alternatives: readonly string[] | null
  /** The sentence where it was made already; absent for the one that follows from the rest. */
  readonly sentence?: string
}

/** The whole answer to a refused call. */
export function writeModelDenial(denial: Denial, refused: ModelRefused): Written {
  const { call } = refused
  const headers = [...jsonHeaders, ...denialHeaders(denial), ...waitHeaders(denial, call.id)]
  return { status: statusOf(denial, refused), headers, body: JSON.stringify(errorOf(denial, refused)) }
}

/**
 * The events that end a stream which is open already. Of Responses both events that tell of an end are written: the SDKs
 * raise the first one, and Codex knows only the second.
 */
export function writeModelDenialEvents(denial: Denial, refused: ModelRefused): string {
  const { call } = refused
  const answer = errorOf(denial, refused, typeInStream(denial))
  if (familyOf(call.dialect) === 'anthropic') return `event: error\n${writeEvent(JSON.stringify(answer))}`
  if (call.dialect !== 'openai-responses') return writeEvent(JSON.stringify(answer))
  const message = sentenceOf(denial, refused)
  const { code } = denial
  const error = { type: 'error', sequence_number: 0, code, message, param: null, ...answer }
  const response = { id: call.id, object: 'response', status: 'failed', output: [], error: { code, message } }
  const failed = { type: 'response.failed', sequence_number: 1, response }
  return `event: error\n${writeEvent(JSON.stringify(error))}event: response.failed\n${writeEvent(JSON.stringify(failed))}`
}

/**
 * A stream has no status left to give, so the AI SDK looks for one in code and type, and where it finds none and no word was
 * said yet it asks again: what is over says there that it is.
 */
function typeInStream({ code }: Denial): string {
  return denials[code].retry === 'after_wait' ? `weir_${code}` : 'permission_error'
}

/** What is no refusal: a request that cannot be read, asks with a wrong method, or for a path that is none. */
export interface ModelMistake {
  readonly status: number
  readonly message: string
}

export function writeModelMistake(dialect: ModelDialect, { status, message }: ModelMistake, id: HopId): Written {
  const type = anthropicTypes[status] ?? 'invalid_request_error'
  const body =
    familyOf(dialect) === 'anthropic'
      ? { type: 'error', error: { type, message }, request_id: id }
      : { error: { message, type: 'invalid_request_error', param: null, code: null } }
  const headers: HeaderList = [...jsonHeaders, ['x-should-retry', 'false']]
  return { status, headers, body: JSON.stringify(body) }
}

const timeouts: ReadonlySet<DenialCode> = new Set(['child_timeout', 'stalled'])

/** That a provider was too slow is the wire's own matter and is called so; of an agent behind a model's name it is not. */
function statusOf({ code }: Denial, { call }: ModelRefused): number {
  const { http }: DenialRow = denials[code]
  return call.target.kind === 'model' && timeouts.has(code) ? 504 : http
}

/** Both SDKs go by milliseconds where they are given. */
function waitHeaders(denial: Denial, id: HopId): HeaderList {
  const wait = denialFacts(denial, id, null)['retry_after_ms']
  return wait === undefined ? [] : [['retry-after-ms', wait]]
}

function sentenceOf(denial: Denial, { call, alternatives, sentence }: ModelRefused): string {
  return sentence ?? writeSentence(denial.code, call.id, alternatives, denial)
}

/** `openaiType` is the type in the shape of OpenAI. */
function errorOf(denial: Denial, refused: ModelRefused, openaiType = `weir_${denial.code}`): Answer {
  const { call, run } = refused
  const { code } = denial
  const message = sentenceOf(denial, refused)
  const weir = { code, ...factsOf(denialFacts(denial, call.id, run)) }
  if (familyOf(call.dialect) === 'openai') return { error: { message, type: openaiType, param: null, code, weir } }
  const type = anthropicTypes[statusOf(denial, refused)] ?? 'api_error'
  return { type: 'error', error: { type, message, weir }, request_id: call.id }
}

interface Answer {
  readonly error: object
  readonly type?: 'error'
  readonly request_id?: HopId
}

/** Anthropic's own names by status, from its API reference (errors). */
const anthropicTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
  502: 'api_error',
  503: 'overloaded_error',
  504: 'timeout_error',
}

/** The same facts under names in the style of these APIs, as what they are. */
function factsOf(facts: Readonly<Record<string, string>>): object {
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => {
      const spelt = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
      return [spelt, readers[spelt]?.(value) ?? value]
    }),
  )
}

const readers: Readonly<Record<string, (value: string) => boolean | number>> = {
  retryable: (value) => value === 'true',
  retry_after_ms: Number,
}
