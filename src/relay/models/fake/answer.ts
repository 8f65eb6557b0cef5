/**
 * From a request to everything that goes back, before any of it does: no clock runs here and nothing is sent.
 *
 *     path -> dialect -> body read -> model -> its turn -> written in the shape of the dialect
 */
import { type JsonObject, readJsonObject } from '../../../base/json.ts'
import { type ModelDialect, type ModelFamily, familyOf } from '../../../domain/call.ts'
import type { Head, Outbound } from '../../wire/transport.ts'
import { type Asked, readAsked, seedOf } from './asked.ts'
import { type Refusal, badRequest, noSuchModel, noSuchPath, refusalNamed, writeRefusal } from './errors.ts'
import { type Manner, inputTokensOf, mannerOf } from './manners.ts'
import { type Piece, type Telling, eventPiece, idOf } from './piece.ts'
import { streamChat, writeChat } from './write-chat.ts'
import { fitsEmbeddings, writeEmbeddings } from './write-embeddings.ts'
import { streamMessage, writeCount, writeMessage } from './write-messages.ts'
import { writeModel, writeModels } from './write-models.ts'
import { streamResponse, writeResponse } from './write-responses.ts'

export interface Answer {
  readonly status: number
  readonly head: Head
  /** Made while they are sent, so that a long answer is never in memory as a whole. */
  readonly pieces: Iterable<Piece>
  /** Before each piece with words in it; of an answer in one piece, before its head. */
  readonly pace_ms: number
  /** Before the head. */
  readonly wait_ms: number
  /** Whether the connection is lost instead of an end. */
  readonly lost: boolean
}

/** What is answered to at all. */
interface Door {
  readonly method: 'GET' | 'POST'
  readonly path: RegExp
  readonly dialect: ModelDialect
  /** Members without which the provider refuses. */
  readonly required: readonly string[]
  readonly stream?: (telling: Telling) => Iterable<Piece>
  readonly write: (telling: Telling) => string
}

const doors: readonly Door[] = [
  {
    method: 'POST',
    path: /\/chat\/completions$/,
    dialect: 'openai-chat',
    required: ['messages'],
    stream: streamChat,
    write: writeChat,
  },
  {
    method: 'POST',
    path: /\/responses$/,
    dialect: 'openai-responses',
    required: [],
    stream: streamResponse,
    write: writeResponse,
  },
  {
    method: 'POST',
    path: /\/embeddings$/,
    dialect: 'openai-embeddings',
    required: ['input'],
    write: ({ asked }) => writeEmbeddings(asked),
  },
  {
    method: 'POST',
    path: /\/v1\/messages\/count_tokens$/,
    dialect: 'anthropic-count',
    required: ['messages'],
    write: writeCount,
  },
  {
    method: 'POST',
    path: /\/v1\/messages$/,
    dialect: 'anthropic-messages',
    required: ['messages', 'max_tokens'],
    stream: streamMessage,
    write: writeMessage,
  },
]

const listed = /\/models(?:\/([^/]+))?$/

export function answerTo(request: Outbound, now_ms: number): Answer {
  const path = request.path.split('?', 1)[0] ?? ''
  const body = request.body ?? new Uint8Array()
  const seed = seedOf(path, body)
  const door = doors.find((one) => one.method === request.method && one.path.test(path))
  if (door === undefined) return answerToOther(request, path, seed)
  const family = familyOf(door.dialect)
  const members = readJsonObject(Buffer.from(body).toString('utf8'), depth_max)
  const refusal = members === null ? notJson : missing(door, members)
  if (members === null || refusal !== null) return refused(family, refusal ?? notJson, seed)
  const asked = readAsked(door.dialect, members, seed)
  const manner = mannerOf(asked.model)
  if (manner === null) return refused(family, noSuchModel(asked.model), seed)
  if (door.dialect === 'openai-embeddings' && !fitsEmbeddings(asked)) return refused(family, tooMuch, seed)
  if ('fails' in manner) return refused(family, refusalNamed(manner.fails), seed)
  const turn = door.dialect === 'anthropic-count' ? countTurn(inputTokensOf(asked)) : manner.answer(asked)
  const telling = { asked, turn, created_s: Math.floor(now_ms / 1000) }
  return asked.streaming && door.stream
    ? streamed(door.stream(telling), telling, manner)
    : whole(door.write(telling), telling, manner)
}

/** Providers read schemas deeper than tokens are. */
const depth_max = 256
const tooMuch = badRequest("Invalid 'input': too many inputs.", 'input')
const notJson = badRequest('We could not parse the JSON body of your request.')

function missing({ required }: Door, members: JsonObject): Refusal | null {
  if (typeof members['model'] !== 'string') return badRequest('you must provide a model parameter', 'model')
  const absent = required.find((name) => members[name] === undefined)
  if (absent !== undefined) return badRequest(`Missing required parameter: '${absent}'.`, absent)
  const before = members['previous_response_id']
  // Nothing is kept from one request to the next.
  if (typeof before !== 'string') return null
  return badRequest(`Previous response with id '${before}' not found.`, 'previous_response_id')
}

function countTurn(inputTokens: number): Telling['turn'] {
  return { tokens: [], tool: null, stop: 'stop', inputTokens, outputTokens: 0 }
}

/** Lists of models, and everything that is not there. */
function answerToOther({ method, headers }: Outbound, path: string, seed: string): Answer {
  const names = headers.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase())
  const family = names.includes('anthropic-version') ? 'anthropic' : 'openai'
  const match = method === 'GET' ? listed.exec(path) : null
  if (match === null) return refused(family, noSuchPath(method, path), seed)
  const one = match[1] === undefined ? null : decoded(match[1])
  if (one !== null && mannerOf(one) === null) return refused(family, noSuchModel(one), seed)
  return unary(family, 200, seed, one === null ? writeModels(family) : writeModel(family, one))
}

function decoded(written: string): string {
  try {
    return decodeURIComponent(written)
  } catch {
    return written
  }
}

function refused(family: ModelFamily, refusal: Refusal, seed: string): Answer {
  const answer = unary(family, refusal.status, seed, writeRefusal(family, refusal, requestIdOf(seed)))
  if (refusal.retryAfter_s === null) return answer
  return { ...answer, head: { ...answer.head, 'retry-after': String(refusal.retryAfter_s) } }
}

function whole(text: string, { asked, turn }: Telling, { pace_ms, ending }: Manner): Answer {
  const answer = unary(familyOf(asked.dialect), 200, asked.seed, text)
  const wait_ms = pace_ms * turn.tokens.length
  if (ending === 'error') return refused(familyOf(asked.dialect), refusalNamed('500'), asked.seed)
  if (ending === 'whole') return { ...answer, wait_ms }
  return { ...answer, pieces: [{ data: text.slice(0, Math.floor(text.length / 2)), said: false }], lost: true }
}

function unary(family: ModelFamily, status: number, seed: string, text: string): Answer {
  const length = String(Buffer.byteLength(text))
  const head = { ...headOf(family, seed, 'application/json'), 'content-length': length }
  return { status, head, pieces: [{ data: text, said: false }], pace_ms: 0, wait_ms: 0, lost: false }
}

function streamed(pieces: Iterable<Piece>, { asked, turn }: Telling, { pace_ms, ending }: Manner): Answer {
  const family = familyOf(asked.dialect)
  const head = headOf(family, asked.seed, 'text/event-stream; charset=utf-8')
  const half = Math.ceil((turn.tokens.length * asked.choices) / 2)
  const last = ending === 'error' ? (number: number) => errorPiece(asked, number) : null
  const sent = ending === 'whole' ? pieces : halfOf(pieces, half, last)
  return { status: 200, head, pieces: sent, pace_ms, wait_ms: 0, lost: ending === 'lost' }
}

function* halfOf(pieces: Iterable<Piece>, half: number, last: ((number: number) => Piece) | null): Generator<Piece> {
  let [said, sent] = [0, 0]
  for (const piece of pieces) {
    if (piece.said) said += 1
    if (said > half) break
    sent += 1
    yield piece
  }
  if (last !== null) yield last(sent)
}

/** An error in the middle of a stream: an event of its own at Anthropic and in Responses, a bare one in chat completions. */
function errorPiece({ dialect, seed }: Asked, number: number): Piece {
  const family = familyOf(dialect)
  const refusal = refusalNamed(family === 'openai' ? '500' : '529')
  const { code, message, param } = refusal
  if (dialect === 'openai-responses') {
    return eventPiece('error', { type: 'error', code: code ?? 'server_error', message, param, sequence_number: number })
  }
  const written = JSON.parse(writeRefusal(family, refusal, requestIdOf(seed))) as object
  return eventPiece(family === 'openai' ? null : 'error', written)
}

function headOf(family: ModelFamily, seed: string, type: string): Head {
  const id = requestIdOf(seed)
  return { 'content-type': type, ...(family === 'openai' ? { 'x-request-id': id } : { 'request-id': id }) }
}

function requestIdOf(seed: string): string {
  return idOf('req_', { seed }, 16)
}
