/**
 * What is said to models and by them when a run is played again. What is made up is written by the provider that Weir plays
 * itself, with the tokens that were recorded, so that it costs what the call cost then.
 */
import { createHash } from 'node:crypto'
import { isJsonObject, type JsonObject, readJsonObject } from '../../../base/json.ts'
import type { ModelDialect } from '../../../domain/call.ts'
import type { CallRecord } from '../../../domain/record.ts'
import { noUsage, type Usage } from '../../../domain/usage.ts'
import { readAsked } from '../../../relay/models/fake/asked.ts'
import type { Piece, Telling } from '../../../relay/models/fake/piece.ts'
import { streamChat, writeChat } from '../../../relay/models/fake/write-chat.ts'
import { writeEmbeddings } from '../../../relay/models/fake/write-embeddings.ts'
import { streamMessage, writeMessage } from '../../../relay/models/fake/write-messages.ts'
import { streamResponse, writeResponse } from '../../../relay/models/fake/write-responses.ts'
import { type Answer, type AnswerParts, type Asked, madeUpText, modelDepth_max, type Request } from './said.ts'

interface Form {
  readonly path: string
  /** What says how long an answer may be. */
  readonly end: string | null
  readonly said: JsonObject
  readonly write: (telling: Telling) => string
  readonly stream: ((telling: Telling) => Iterable<Piece>) | null
}

const messages = [{ role: 'user', content: madeUpText }]

const forms: Readonly<Partial<Record<ModelDialect, Form>>> = {
  'openai-chat': {
    path: '/v1/chat/completions',
    end: 'max_completion_tokens',
    said: { messages },
    write: writeChat,
    stream: streamChat,
  },
  'openai-responses': {
    path: '/v1/responses',
    end: 'max_output_tokens',
    said: { input: madeUpText },
    write: writeResponse,
    stream: streamResponse,
  },
  'openai-embeddings': {
    path: '/v1/embeddings',
    end: null,
    said: { input: madeUpText },
    write: ({ asked }) => writeEmbeddings(asked),
    stream: null,
  },
  'anthropic-messages': {
    path: '/v1/messages',
    end: 'max_tokens',
    said: { messages, max_tokens: 1024 },
    write: writeMessage,
    stream: streamMessage,
  },
}

/** Null for a call that starts nothing, or that came in words of something else. */
export function requestToModel(record: CallRecord, captured: Buffer | null): Request | null {
  const form = formOf(record)
  if (!form) return null
  const read = captured && readJsonObject(captured.toString(), modelDepth_max)
  const said = read && typeof read['model'] === 'string' ? withoutThread(read) : null
  const body = JSON.stringify(said ?? madeUp(record, form))
  const headers = { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' }
  return { path: form.path, headers, body, from: said ? 'captured' : 'made_up' }
}

/** A conversation that a provider keeps is not kept here. */
function withoutThread({ previous_response_id: _before, conversation: _thread, ...rest }: JsonObject): JsonObject {
  return rest
}

function madeUp({ target, asked }: CallRecord, { said, end }: Form): JsonObject {
  const most = end !== null && asked?.max_tokens ? { [end]: asked.max_tokens } : {}
  const stream = asked?.streaming === true ? { stream: true } : {}
  return { model: target.slice('model:'.length), ...said, ...most, ...stream }
}

function formOf({ dialect }: CallRecord): Form | undefined {
  return forms[dialect as ModelDialect]
}

export function answerOfModel(record: CallRecord, { body, path }: Asked, { captured }: AnswerParts): Answer {
  const streams = body?.['stream'] === true
  if (captured && !streams && readJsonObject(captured.toString(), modelDepth_max))
    return { body: captured.toString(), contentType: 'application/json', from: 'captured' }
  const form = formOf(record)
  const from = 'made_up'
  if (!form || !body) return { body: '{}', contentType: 'application/json', from }
  const usage = record.outcome.metered?.usage ?? noUsage
  const telling = tellingOf(record, { body, path, usage })
  if (!streams || !form.stream)
    return { body: counted(form.write(telling), record, usage), contentType: 'application/json', from }
  const pieces = Array.from(form.stream(telling), ({ data }) => data)
  return { body: pieces.join(''), contentType: 'text/event-stream', from }
}

interface Told {
  readonly body: JsonObject
  readonly path: string
  readonly usage: Usage
}

function tellingOf({ dialect, rid, ts }: CallRecord, { body, usage }: Told): Telling {
  const seed = createHash('sha256').update(rid).digest('hex')
  const { input_tokens: inputTokens, output_tokens: outputTokens } = usage
  const turn = { tokens: [madeUpText], tool: null, stop: 'stop', inputTokens, outputTokens } as const
  return { asked: readAsked(dialect as ModelDialect, body, seed), turn, created_s: Math.floor(ts / 1000) }
}

/** Embeddings count by themselves; here they count as they did then. */
function counted(text: string, { dialect }: CallRecord, { input_tokens }: Usage): string {
  const read = dialect === 'openai-embeddings' ? readJsonObject(text) : null
  if (!isJsonObject(read)) return text
  return JSON.stringify({ ...read, usage: { prompt_tokens: input_tokens, total_tokens: input_tokens } })
}
