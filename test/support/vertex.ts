/**
 * One deployed ADK agent on Vertex AI Agent Engine: `:query` for sessions and `:streamQuery` for work, answered with ADK
 * events as `AdkApp` dumps them, one JSON text per line, members in snake_case and absent where they are null. Strict as
 * protobuf JSON is about the envelope, and as the app is about its methods, its sessions and whose they are.
 */
import type { ServerResponse } from 'node:http'
import type { JsonObject } from '../../src/base/json.ts'
import {
  type Asked,
  type Emulator,
  Gate,
  moodOf,
  pause,
  piecesOf,
  Refusal,
  sendJson,
  startEmulator,
} from './cloud-emulator.ts'

const base = '/v1/projects/proj/locations/us-central1/reasoningEngines/4242'

export interface VertexEmulator extends Emulator {
  /** The user of each session, in the order they were created. */
  readonly users: readonly string[]
}

export async function startVertex(): Promise<VertexEmulator> {
  const gate = new Gate()
  const service = new Vertex(gate)
  const emulator = await startEmulator(base, (asked, response) => service.answer(asked, response), gate)
  return { ...emulator, users: service.users }
}

interface Session {
  readonly user: string
  turns: number
  /** The function call that waits for its response. */
  pending: { readonly id: string; readonly name: string; readonly invocation: string } | null
}

interface Turn {
  readonly text: string
  readonly session: Session
  readonly invocation: string
  /** What the user said to a request for confirmation, or null. */
  readonly response: JsonObject | null
}

const methods = ['async_create_session', 'async_stream_query'].map((name) => ({ name }))

class Vertex {
  readonly users: string[] = []
  readonly #gate: Gate
  readonly #sessions = new Map<string, Session>()
  #invocations = 0

  constructor(gate: Gate) {
    this.#gate = gate
  }

  async answer(asked: Asked, response: ServerResponse): Promise<void> {
    if (!/^Bearer \S+$/.test(asked.headers.authorization ?? ''))
      throw refuse(401, 'UNAUTHENTICATED', 'Request is missing required authentication credential.')
    if (asked.method === 'GET' && asked.path === base)
      return sendJson(response, { name: base.slice('/v1/'.length), spec: { classMethods: methods } })
    const verb = asked.path.startsWith(`${base}:`) ? asked.path.slice(base.length) : ''
    if (asked.method !== 'POST' || (verb !== ':query' && verb !== ':streamQuery'))
      throw refuse(404, 'NOT_FOUND', 'Not found.')
    if (asked.body === null) throw refuse(400, 'INVALID_ARGUMENT', 'Invalid JSON payload received.')
    for (const name of Object.keys(asked.body)) {
      if (name === 'class_method' || name === 'classMethod' || name === 'input') continue
      throw refuse(400, 'INVALID_ARGUMENT', `Invalid JSON payload received. Unknown name "${name}": Cannot find field.`)
    }
    const method = asked.body['class_method'] ?? asked.body['classMethod']
    const input = (asked.body['input'] ?? {}) as JsonObject
    if (verb === ':query' && method === 'async_create_session') return this.#createSession(input, response)
    if (verb === ':streamQuery' && method === 'async_stream_query') return this.#streamQuery(input, response)
    throw refuse(400, 'FAILED_PRECONDITION', `${failed} Unsupported api mode or method: ${String(method)}`)
  }

  #createSession(input: JsonObject, response: ServerResponse): Promise<void> {
    const user = checked(input, ['user_id', 'session_id', 'state'])
    const id = `${5000 + this.#sessions.size}`
    this.#sessions.set(id, { user, turns: 0, pending: null })
    this.users.push(user)
    sendJson(response, {
      output: { id, appName: '4242', userId: user, state: {}, events: [], lastUpdateTime: 1_800_000_000.5 },
    })
    return Promise.resolve()
  }

  async #streamQuery(input: JsonObject, response: ServerResponse): Promise<void> {
    const user = checked(input, ['user_id', 'session_id', 'message', 'run_config'])
    const session = this.#sessions.get(String(input['session_id']))
    if (session?.user !== user)
      throw refuse(400, 'FAILED_PRECONDITION', `${failed} Session not found: ${String(input['session_id'])}`)
    const { text, answered } = readMessage(input['message'])
    if (answered && answered.id !== session.pending?.id)
      throw refuse(400, 'FAILED_PRECONDITION', `${failed} No function call ${answered.id}`)
    const mood = moodOf(text)
    if (mood === 'limit')
      throw refuse(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded for aiplatform.googleapis.com', { 'retry-after': '9' })
    if (mood === 'busy') throw refuse(400, 'FAILED_PRECONDITION', `${failed} Service Unavailable`)
    session.turns += 1
    if (!answered) this.#invocations += 1
    // Where the agent had waited, the kit goes on with the same invocation.
    const invocation = answered ? (session.pending?.invocation ?? '') : `e-${this.#invocations}`
    session.pending = null
    const turn = { text, session, invocation, response: answered?.response ?? null }
    response.writeHead(200, { 'content-type': 'application/json' })
    if (mood === 'hold') response.write(line(eventOf(turn, [{ text: 'one moment ' }], { partial: true })))
    if (mood === 'hold') await this.#gate.pass(() => response.destroyed)
    for await (const event of work(turn, mood)) {
      if (response.destroyed) return
      const text_ = line(event)
      const last = event['partial'] !== true
      if (last && mood === 'break') return void response.destroy()
      if (last && mood === 'truncate') return void response.end(text_.slice(0, text_.length / 2))
      if (last && mood === 'garbage') response.write('{"content":\n')
      if (!response.write(text_)) await new Promise((resolve) => response.once('drain', resolve))
    }
    response.end()
  }
}

async function* work(turn: Turn, mood: string): AsyncGenerator<JsonObject, void> {
  if (mood === 'ask') {
    yield* askConfirmation(turn)
    return
  }
  if (mood === 'think') yield eventOf(turn, [{ text: 'secretly pondering', thought: true }], { partial: true })
  // A deployed engine says nothing of an exception: the stream just ends, with a status of success.
  if (mood === 'empty') return
  if (mood === 'vanish') {
    yield eventOf(turn, [{ text: 'let me look' }, { function_call: { id: 'adk-look', name: 'look', args: {} } }], {})
    return
  }
  const said = turn.response ? `confirmed: ${String(turn.response['confirmed'])}` : `echo: ${turn.text}`
  const text = mood === 'huge' ? 'x'.repeat(400_000) : `${said} (turn ${turn.session.turns})`
  if (mood !== 'whole') {
    for (const piece of piecesOf(text)) {
      await pause(mood === 'slow' ? 20 : 1)
      yield eventOf(turn, [{ text: piece }], { partial: true, usage_metadata: usage(3, 1) })
    }
  }
  if (mood === 'fail') {
    yield eventOf(turn, null, { error_code: 'MALFORMED_FUNCTION_CALL', error_message: 'Traceback: /srv/agent.py' })
    return
  }
  if (mood === 'crash') {
    yield { code: 498, message: 'Traceback: /srv/agent.py secret-host refused' }
    return
  }
  const thoughts = mood === 'think' ? [{ text: 'secretly pondering', thought: true }] : []
  yield eventOf(turn, [...thoughts, { text }], { usage_metadata: usage(3, 4), finish_reason: 'STOP' })
}

async function* askConfirmation(turn: Turn): AsyncGenerator<JsonObject, void> {
  const original = { id: 'adk-tool', name: 'delete_file', args: { path: 'a' } }
  const parts = [{ text: 'let me see' }, { function_call: original }]
  yield eventOf(turn, parts, { usage_metadata: usage(5, 2), long_running_tool_ids: [] })
  await pause(1)
  const pending = { id: `adk-${turn.invocation}`, name: 'adk_request_confirmation' }
  turn.session.pending = { ...pending, invocation: turn.invocation }
  const args = { originalFunctionCall: original, toolConfirmation: { hint: 'Delete file a?', confirmed: false } }
  yield eventOf(turn, [{ function_call: { ...pending, args } }], { long_running_tool_ids: [pending.id] })
  const function_response = {
    id: original.id,
    name: original.name,
    response: { error: 'This tool call requires confirmation.' },
  }
  yield { ...eventOf(turn, [{ function_response }], {}), actions: { skip_summarization: true } }
}

function eventOf(turn: Turn, parts: readonly JsonObject[] | null, more: JsonObject): JsonObject {
  return {
    ...(parts === null ? {} : { content: { parts, role: roleOf(parts) } }),
    invocation_id: turn.invocation,
    author: 'root_agent',
    actions: { state_delta: {}, artifact_delta: {}, requested_auth_configs: {}, requested_tool_confirmations: {} },
    // The pieces of a text and the whole have one id.
    id: `${turn.invocation}-${turn.session.turns}`,
    node_info: { path: 'root_agent@1' },
    timestamp: 1_800_000_000.25,
    ...more,
  }
}

function roleOf(parts: readonly JsonObject[]): string {
  return parts.some((part) => Object.hasOwn(part, 'function_response')) ? 'user' : 'model'
}

function usage(prompt_token_count: number, candidates_token_count: number): JsonObject {
  return { prompt_token_count, candidates_token_count, total_token_count: prompt_token_count + candidates_token_count }
}

function line(event: JsonObject): string {
  return `${JSON.stringify(event)}\n`
}

interface Answered {
  readonly id: string
  readonly response: JsonObject
}

/** A string, or a `Content` with parts. */
function readMessage(message: unknown): { readonly text: string; readonly answered: Answered | null } {
  if (typeof message === 'string') return { text: message, answered: null }
  const { role, parts } = (message ?? {}) as JsonObject
  if (role !== 'user' || !Array.isArray(parts) || parts.length === 0)
    throw refuse(400, 'FAILED_PRECONDITION', `${failed} 1 validation error for Content`)
  const all = parts as readonly JsonObject[]
  const known = all.every((part) => partKinds.some((kind) => Object.hasOwn(part, kind)))
  if (!known) throw refuse(400, 'FAILED_PRECONDITION', `${failed} 1 validation error for Part`)
  const texts = all.map(({ text }) => text).filter((text) => typeof text === 'string')
  const answered = all.map(({ function_response }) => function_response).find((one) => one !== undefined) as
    | Answered
    | undefined
  return { text: texts.join('\n'), answered: answered ?? null }
}

const partKinds = ['text', 'inline_data', 'file_data', 'function_response']
const failed = 'Reasoning Engine Execution failed.\nError Details:'

/** The user, once no argument is there that the method does not take. */
function checked(input: JsonObject, names: readonly string[]): string {
  const strange = Object.keys(input).find((name) => !names.includes(name))
  if (strange !== undefined)
    throw refuse(400, 'FAILED_PRECONDITION', `${failed} got an unexpected keyword argument '${strange}'`)
  const user = input['user_id']
  if (typeof user !== 'string' || user === '')
    throw refuse(400, 'FAILED_PRECONDITION', `${failed} user_id must be a string`)
  return user
}

function refuse(
  code: number,
  status: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Refusal {
  return new Refusal(code, { error: { code, message, status, details: [] } }, headers)
}
