/**
 * Microsoft Foundry's project endpoint as far as agents need it: conversations and the Responses API, in the shapes that
 * the official clients send and read. Strict where the service is: unknown members, unknown ids, a busy conversation, and
 * a cancel of what was not started in the background are refused in its words.
 */
import type { ServerResponse } from 'node:http'
import type { JsonObject } from '../../src/base/json.ts'
import { type Asked, type Emulator, Gate, moodOf, pause, Refusal, sendJson, startEmulator } from './cloud-emulator.ts'
import { FoundryRun, type RunState } from './foundry-run.ts'

const base = '/api/projects/proj'
const members = new Set(['conversation', 'input', 'stream', 'background', 'store', 'agent_reference', 'metadata'])

export interface FoundryEmulator extends Emulator {
  /** Responses that were cancelled, by their ids. */
  readonly cancelled: readonly string[]
}

/** An agent `my-agent` in the project `proj`; `background: false` refuses background work, as some models do. */
export async function startFoundry(options: { readonly background?: boolean } = {}): Promise<FoundryEmulator> {
  const gate = new Gate()
  const service = new Foundry(gate, options.background ?? true)
  const emulator = await startEmulator(base, (asked, response) => service.answer(asked, response), gate)
  return { ...emulator, cancelled: service.cancelled }
}

class Foundry {
  readonly cancelled: string[] = []
  readonly #gate: Gate
  readonly #background: boolean
  readonly #conversations = new Map<string, Conversation>()
  readonly #runs = new Map<string, FoundryRun>()

  constructor(gate: Gate, background: boolean) {
    this.#gate = gate
    this.#background = background
  }

  async answer(asked: Asked, response: ServerResponse): Promise<void> {
    if (!/^Bearer \S+$/.test(asked.headers.authorization ?? '')) throw refuse(401, 'unauthorized', 'Access denied.')
    const { method } = asked
    if (method === 'GET' && asked.path === `${base}/agents/my-agent`)
      return sendJson(response, { object: 'agent', id: 'my-agent', name: 'my-agent', versions: {} })
    const path = asked.path.startsWith(`${base}/openai/v1/`) ? asked.path.slice(`${base}/openai/v1/`.length) : ''
    const one = /^responses\/([^/]+)(\/cancel)?$/.exec(path)
    if (method === 'POST' && path === 'conversations') return this.#converse(asked, response)
    if (method === 'POST' && path === 'responses') return this.#respond(asked, response)
    if (method === 'POST' && one?.[2]) return this.#cancel(this.#runOf(one[1]), response)
    if (method === 'GET' && one && !one[2]) return this.#get(this.#runOf(one[1]), asked, response)
    throw refuse(404, 'not_found', 'Resource not found')
  }

  #converse(asked: Asked, response: ServerResponse): Promise<void> {
    const { items = [], metadata = {}, ...rest } = jsonOf(asked)
    if (!Array.isArray(items)) throw invalid('items', "Invalid type for 'items': expected an array.")
    for (const name of Object.keys(rest)) throw unknownMember(name)
    const id = `conv_${this.#conversations.size + 1}`
    this.#conversations.set(id, { turns: 0, busy: null, pending: null })
    sendJson(response, { id, object: 'conversation', created_at: 1_800_000_000, metadata })
    return Promise.resolve()
  }

  async #respond(asked: Asked, response: ServerResponse): Promise<void> {
    const body = jsonOf(asked)
    const conversation = this.#check(body)
    const text = textOf(body['input'])
    const answered = readAnswers(body['input'])
    const { pending } = conversation
    if (pending !== null && pending.startsWith('mcpr_') && !answered.some(({ id }) => id === pending)) {
      throw invalid('input', `No approval response was provided for ${pending}`)
    }
    for (const { id } of answered) if (id !== pending) throw invalid('input', `Approval request '${id}' not found.`)
    const mood = moodOf(text)
    if (mood === 'limit') throw refuse(429, 'rate_limit_exceeded', 'Rate limit is exceeded.', { 'retry-after': '7' })
    conversation.turns += 1
    conversation.pending = null
    const run = new FoundryRun(this.#runs.size + 1, body)
    this.#runs.set(run.id, run)
    conversation.busy = run
    run.onPending = (id) => (conversation.pending = id)
    const words = answered.length > 0 ? (answered[0]?.approve ? 'approved' : 'declined') : text
    void run.work(mood, { text: words, turn: conversation.turns, gate: this.#gate })
    if (body['stream'] === true) return stream(run, mood, 0, response)
    if (mood === 'garbage') return void response.writeHead(200).end('<html>busy</html>')
    if (body['background'] !== true) await run.done
    sendJson(response, run.view())
  }

  #check(body: JsonObject): Conversation {
    for (const name of Object.keys(body)) if (!members.has(name)) throw unknownMember(name)
    const agent = body['agent_reference'] as JsonObject | undefined
    if (agent?.['type'] !== 'agent_reference') throw invalid('agent_reference', 'Missing required parameter: model')
    if (agent['name'] !== 'my-agent') throw refuse(404, 'not_found', `Agent ${String(agent['name'])} doesn't exist`)
    if (body['background'] === true && !this.#background) {
      throw invalid('background', 'Background mode is not supported by this agent.')
    }
    const id = body['conversation']
    const conversation = this.#conversations.get(String(id))
    if (!conversation) throw refuse(404, 'not_found', `Conversation with id '${String(id)}' not found.`)
    if (conversation.busy && isOpen(conversation.busy.state)) {
      throw refuse(409, 'conversation_locked', 'Another process is currently operating on this conversation.')
    }
    return conversation
  }

  #get(run: FoundryRun, asked: Asked, response: ServerResponse): Promise<void> {
    if (asked.query.get('stream') !== 'true') return Promise.resolve(sendJson(response, run.view()))
    if (!run.background || !run.streamed) throw invalid('stream', 'This response cannot be streamed.')
    return stream(run, '', Number(asked.query.get('starting_after') ?? -1) + 1, response)
  }

  #cancel(run: FoundryRun, response: ServerResponse): Promise<void> {
    if (!run.background) throw invalid('response_id', 'Cannot cancel a synchronous response.')
    if (isOpen(run.state)) this.cancelled.push(run.id)
    run.cancel()
    sendJson(response, run.view())
    return Promise.resolve()
  }

  #runOf(id = ''): FoundryRun {
    const run = this.#runs.get(id)
    if (!run) throw refuse(404, 'not_found', `Response with id '${id}' not found.`)
    return run
  }
}

interface Conversation {
  turns: number
  busy: FoundryRun | null
  /** What the agent waits for: an approval request or a consent. */
  pending: string | null
}

const isOpen = (state: RunState): boolean => state === 'queued' || state === 'in_progress'

async function stream(run: FoundryRun, mood: string, from: number, response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  for (let at = from; ; at += 1) {
    while (at >= run.events.length && isOpen(run.state)) await pause(2)
    const event = run.events[at]
    if (!event) break
    const text = `event: ${String(event['type'])}\ndata: ${JSON.stringify(event)}\n\n`
    const breaks = event['type'] === 'response.output_text.done'
    if (breaks && mood === 'garbage') response.write('event: response.in_progress\ndata: {"type":\n\n')
    if (breaks && mood === 'truncate') return void response.end(text.slice(0, text.length / 2))
    if (breaks && mood === 'break') return void response.destroy()
    if (!response.write(text)) await new Promise((resolve) => response.once('drain', resolve))
    if (response.destroyed) break
  }
  if (!response.destroyed) response.end()
  if (!run.background) run.leave()
}

function jsonOf(asked: Asked): JsonObject {
  if (!asked.headers['content-type']?.startsWith('application/json'))
    throw refuse(415, 'unsupported', 'Unsupported media type.')
  if (asked.body === null) throw invalid('', 'We could not parse the JSON body of your request.')
  return asked.body
}

function readAnswers(input: unknown): readonly { readonly id: string; readonly approve: boolean }[] {
  if (!Array.isArray(input)) return []
  return (input as readonly JsonObject[])
    .filter(({ type }) => type === 'mcp_approval_response')
    .map(({ approval_request_id, approve }) => {
      if (typeof approve !== 'boolean') throw invalid('input', "Invalid type for 'approve': expected a boolean.")
      return { id: String(approval_request_id), approve }
    })
}

/** The user's words, checked as strictly as the service does. */
function textOf(input: unknown): string {
  if (typeof input === 'string') return input
  if (!Array.isArray(input) || input.length === 0) throw invalid('input', "Missing required parameter: 'input'.")
  return (input as readonly JsonObject[]).map(itemText).join('\n')
}

const contents: Readonly<Record<string, string>> = {
  input_text: 'text',
  input_image: 'image_url',
  input_file: 'filename',
}

function itemText(item: JsonObject): string {
  if (item['type'] === 'mcp_approval_response' || item['type'] === 'function_call_output') return ''
  if (item['role'] !== 'user' || !Array.isArray(item['content'])) throw invalid('input', 'Invalid input item.')
  return (item['content'] as readonly JsonObject[])
    .map((part) => {
      const value = part[contents[String(part['type'])] ?? '']
      if (typeof value !== 'string') throw invalid('input', `Invalid content part: ${String(part['type'])}`)
      return part['type'] === 'input_text' ? value : `[${String(part['type'])} ${value.slice(0, 32)}]`
    })
    .join('\n')
}

function refuse(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Refusal {
  const type = status === 429 ? 'too_many_requests' : 'invalid_request_error'
  return new Refusal(status, { error: { code, message, param: null, type } }, headers)
}

function invalid(param: string, message: string): Refusal {
  return new Refusal(400, { error: { code: 'invalid_payload', message, param, type: 'invalid_request_error' } })
}

function unknownMember(name: string): Refusal {
  return new Refusal(400, {
    error: {
      code: 'unknown_parameter',
      message: `Unknown parameter: '${name}'.`,
      param: name,
      type: 'invalid_request_error',
    },
  })
}
