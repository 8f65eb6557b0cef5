/**
 * Reads what a client of OpenAI's APIs asks of an agent (`model: "a2a/<agent>"`).
 *
 * Agents keep their conversations themselves, so only the last turn of the user goes to them: what it said since anybody
 * else spoke. What tunes a model (temperature, max_tokens, instructions, tools that may be left alone) means nothing to
 * an agent and is left out; what would promise the caller something that no agent gives is refused.
 */
import { isJsonObject, type JsonObject, readJson } from '../../base/json.ts'
import type { ModelCall } from '../../domain/call.ts'
import { isName } from '../a2a/task-params.ts'
import { objectsOf, textOf } from '../a2a/translate/members.ts'
import type { HeaderMap } from '../http.ts'
import { type BridgeHandle, readHandle } from './bridge-handle.ts'
import { type BridgeMistake, bridgeMistake, isBridgeMistake, partsOf } from './bridge-parts.ts'

export type BridgeDialect = 'openai-chat' | 'openai-responses'

/** What is asked of the agent. */
export interface BridgeAsk {
  readonly kind: 'ask'
  /** Parts of A2A 1.0. */
  readonly parts: readonly JsonObject[]
  readonly contextId: string | null
  readonly taskId: string | null
  /** Whether the caller wants its usage at the end of a stream. */
  readonly usage: boolean
  /** The response it goes on from, as the caller wrote it. */
  readonly previous: string | null
  /** The conversation as the caller named it, where it did so in the words of Responses. */
  readonly conversation: string | null
}

/** Where a caller names the conversation and the task, and is told them. */
export const bridgeHeaders = { context: 'x-a2a-context-id', task: 'x-a2a-task-id' } as const

/** Schemas of tools nest; nobody reads them here. */
const depthMax = 256

export function readBridgeAsk(
  { dialect, body, choices }: Pick<ModelCall, 'dialect' | 'body' | 'choices'>,
  headers: HeaderMap,
  agent: string,
): BridgeAsk | BridgeMistake {
  if (dialect !== 'openai-chat' && dialect !== 'openai-responses')
    return bridgeMistake('An agent is called with /v1/chat/completions or /v1/responses', 'model')
  const read = readJson(Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8'), depthMax)
  if (!read.ok || !isJsonObject(read.value)) return bridgeMistake('The body must be one JSON object', null)
  const asked = read.value
  const unfit = choices > 1 ? bridgeMistake('An agent gives one answer: n must be 1', 'n') : unfitIn(asked)
  if (unfit) return unfit
  const place = placeOf(asked, headers, agent)
  if (isBridgeMistake(place)) return place
  const parts = lastTurn(asked, dialect)
  if (isBridgeMistake(parts)) return parts
  if (parts.length === 0) return bridgeMistake('The last turn of the user says nothing', turnsIn[dialect])
  const { stream_options } = asked
  return {
    kind: 'ask',
    parts,
    ...place,
    usage: isJsonObject(stream_options) && stream_options['include_usage'] === true,
  }
}

const turnsIn = { 'openai-chat': 'messages', 'openai-responses': 'input' } as const

const noTools = 'Agents do not take tools: leave tool_choice out, or set it to auto or none'

/** What no agent gives. */
function unfitIn({ tool_choice, response_format, text, background, modalities }: JsonObject): BridgeMistake | null {
  if (tool_choice === 'required' || forcesTool(tool_choice)) return bridgeMistake(noTools, 'tool_choice')
  if (isSchema(response_format)) return bridgeMistake('Agents take no response_format', 'response_format')
  if (isJsonObject(text) && isSchema(text['format'])) return bridgeMistake('Agents take no text.format', 'text.format')
  if (background === true) return bridgeMistake('Agents are called in the foreground', 'background')
  if (Array.isArray(modalities) && !modalities.includes('text'))
    return bridgeMistake('The answer of an agent is text', 'modalities')
  return null
}

/** An object names a tool that must be used, or a set of them, which may be left alone. */
function forcesTool(choice: unknown): boolean {
  if (!isJsonObject(choice)) return false
  const { allowed_tools } = choice
  const { mode } = isJsonObject(allowed_tools) ? allowed_tools : choice
  return mode !== 'auto'
}

function isSchema(format: unknown): boolean {
  return isJsonObject(format) && format['type'] !== 'text'
}

type Place = Pick<BridgeAsk, 'contextId' | 'taskId' | 'previous' | 'conversation'>

/** The conversation is named in one place, so that no two can differ. */
function placeOf(asked: JsonObject, headers: HeaderMap, agent: string): Place | BridgeMistake {
  const previous = textOf(asked['previous_response_id'])
  const { conversation: named } = asked
  const conversation = textOf(isJsonObject(named) ? named['id'] : named)
  const direct = directly(asked, headers)
  const isDirect = direct.contextId !== null || direct.taskId !== null
  if (Number(previous !== null) + Number(conversation !== null) + Number(isDirect) > 1)
    return bridgeMistake('Name the conversation once: by previous_response_id, conversation or headers', null)
  if (previous !== null) return placeAfter(previous, readHandle(previous), agent)
  for (const id of [direct.contextId, direct.taskId, conversation]) {
    if (id !== null && !isName(id))
      return bridgeMistake('Ids of conversations and tasks have at most 256 characters', null)
  }
  return { ...direct, previous, conversation, ...(conversation === null ? {} : { contextId: conversation }) }
}

/** In headers, or for clients that can set none in a member `a2a`, which is spelled as in the answer. */
function directly({ a2a }: JsonObject, headers: HeaderMap): Pick<Place, 'contextId' | 'taskId'> {
  const said = isJsonObject(a2a) ? a2a : {}
  return {
    contextId: textOf(headers.get(bridgeHeaders.context) ?? said['context_id']),
    taskId: textOf(headers.get(bridgeHeaders.task) ?? said['task_id']),
  }
}

function placeAfter(previous: string, handle: BridgeHandle | null, agent: string): Place | BridgeMistake {
  if (handle?.agent !== agent)
    return bridgeMistake('This is no response of this agent: agents share no conversations', 'previous_response_id')
  const { contextId, taskId } = handle
  return { contextId, taskId, previous, conversation: null }
}

/** Who speaks in an item; others neither end a turn nor begin one. */
const speakers: ReadonlySet<unknown> = new Set(['user', 'assistant', 'tool', 'function'])

/** The messages of the user that nobody else has spoken behind. */
function lastTurn(asked: JsonObject, dialect: BridgeDialect): readonly JsonObject[] | BridgeMistake {
  const name = turnsIn[dialect]
  const given = asked[name]
  if (typeof given === 'string' && dialect === 'openai-responses') return partsOf(given, name)
  if (!Array.isArray(given)) return bridgeMistake(`${name} must be a list`, name)
  const turns = objectsOf(given)
  const parts: (readonly JsonObject[])[] = []
  for (let at = turns.length - 1; at >= 0; at -= 1) {
    const turn = turns[at] ?? {}
    if (turn['role'] === 'user') {
      const read = partsOf(turn['content'], `${name}[${at}].content`)
      if (isBridgeMistake(read)) return read
      parts.unshift(read)
    } else if (speakers.has(turn['role']) || isOutput(turn)) break
  }
  return parts.length > 0 ? parts.flat() : bridgeMistake('The last message must be one of the user', name)
}

/** Items of Responses without a role are what a model or a tool said. */
function isOutput(turn: JsonObject): boolean {
  return turn['role'] === undefined && turn['type'] !== undefined
}
