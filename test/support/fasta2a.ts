/**
 * A Pydantic AI agent as FastA2A 0.5 serves it: A2A 0.2.5 over JSON-RPC at `/`, with its ways. Every `message/send` starts
 * a new task whatever `taskId` it names and returns it as `submitted` at once whatever `blocking` says; a worker goes on
 * with one task after the other; `tasks/cancel` returns the task as it stands before the worker has heard of it; what does
 * not fit its schema is a bare 500.
 */
import type { ServerResponse } from 'node:http'
import type { JsonObject } from '../../src/base/json.ts'
import { type Asked, type Emulator, Gate, moodOf, pause, Refusal, sendJson, startEmulator } from './cloud-emulator.ts'

export async function startFastA2a(): Promise<Emulator> {
  const gate = new Gate()
  const service = new FastA2a(gate)
  return await startEmulator('/', (asked, response) => service.answer(asked, response), gate)
}

interface Task {
  readonly id: string
  readonly contextId: string
  status: JsonObject
  readonly history: JsonObject[]
  artifacts: readonly JsonObject[]
}

const now = '2026-11-21T00:00:00.000000'

class FastA2a {
  readonly #gate: Gate
  readonly #tasks = new Map<string, Task>()
  /** Turns by context: the agent remembers what was said in it. */
  readonly #turns = new Map<string, number>()
  #contexts = 0

  constructor(gate: Gate) {
    this.#gate = gate
  }

  async answer({ method, path, headers, body }: Asked, response: ServerResponse): Promise<void> {
    if (method === 'GET' && path === '/.well-known/agent.json') return sendJson(response, card(String(headers.host)))
    if (path !== '/') throw new Refusal(404, 'Not Found')
    if (method !== 'POST') throw new Refusal(405, 'Method Not Allowed')
    const params = body?.['params'] as JsonObject | undefined
    const answering = this.#methods[String(body?.['method'])]
    if (body?.['jsonrpc'] !== '2.0' || !params || !answering) throw new Refusal(500, 'Internal Server Error')
    const mood = body['method'] === 'message/send' ? moodOf(textOf(params)) : ''
    if (mood === 'limit') throw new Refusal(429, 'Too Many Requests', { 'retry-after': '5' })
    const answered = await answering(params)
    const text = JSON.stringify({ jsonrpc: '2.0', id: body['id'] ?? null, ...answered })
    response.setHeader('content-type', 'application/json')
    if (mood === 'garbage') return void response.end('<html>busy</html>')
    if (mood !== 'break' && mood !== 'truncate') return void response.end(text)
    response.setHeader('content-length', text.length)
    response.write(text.slice(0, text.length / 2), () => response.destroy())
  }

  readonly #methods: Readonly<Record<string, (params: JsonObject) => JsonObject | Promise<JsonObject>>> = {
    'message/send': (params) => this.#send(params),
    'message/stream': () => {
      throw new Refusal(500, 'Internal Server Error')
    },
    'tasks/get': ({ id, historyLength }) => this.#found(id, historyLength),
    'tasks/cancel': ({ id }) => {
      const task = this.#tasks.get(String(id))
      const found = this.#found(id, undefined)
      if (task) setTimeout(() => this.#cancel(task), 10)
      return found
    },
  }

  #send(params: JsonObject): JsonObject {
    const message = params['message'] as JsonObject
    const named = message['contextId']
    const contextId = typeof named === 'string' ? named : `ctx-${(this.#contexts += 1)}`
    const id = `task-${this.#tasks.size + 1}`
    const history = [{ ...message, taskId: id, contextId }]
    const task: Task = { id, contextId, status: { state: 'submitted', timestamp: now }, history, artifacts: [] }
    this.#tasks.set(id, task)
    const turn = (this.#turns.get(contextId) ?? 0) + 1
    this.#turns.set(contextId, turn)
    const result = view(task, undefined)
    void this.#work(task, textOf(params), turn)
    return { result }
  }

  #found(id: unknown, historyLength: unknown): JsonObject {
    const task = this.#tasks.get(String(id))
    if (!task) return { error: { code: -32001, message: 'Task not found' } }
    return { result: view(task, historyLength) }
  }

  async #work(task: Task, text: string, turn: number): Promise<void> {
    await pause(5)
    const mood = moodOf(text)
    move(task, 'working')
    if (mood === 'hold') await this.#gate.pass(() => task.status['state'] === 'canceled')
    await pause(mood === 'slow' ? 60 : 5)
    if (task.status['state'] !== 'working') return
    if (mood === 'fail') return move(task, 'failed')
    if (mood === 'ask') {
      // There is no place for a message beside a status; the question is the last thing in the history.
      task.history.push(messageOf(task, 'Delete file a?'))
      return move(task, 'input-required')
    }
    const value = `echo: ${text} (turn ${turn})`
    const parts = mood === 'data' ? [{ kind: 'data', data: { result: { value } } }] : [{ kind: 'text', text: value }]
    task.history.push(messageOf(task, value))
    task.artifacts = [{ artifactId: `artifact-${task.id}`, name: 'result', parts }]
    move(task, 'completed')
  }

  #cancel(task: Task): void {
    if (task.status['state'] === 'submitted' || task.status['state'] === 'working') move(task, 'canceled')
  }
}

function move(task: Task, state: string): void {
  task.status = { state, timestamp: now }
}

function messageOf({ id, contextId }: Task, text: string): JsonObject {
  return {
    kind: 'message',
    role: 'agent',
    messageId: `m-${id}`,
    taskId: id,
    contextId,
    parts: [{ kind: 'text', text }],
  }
}

function view(task: Task, historyLength: unknown): JsonObject {
  const { id, contextId, status, artifacts } = task
  const history =
    typeof historyLength === 'number' && historyLength > 0 ? task.history.slice(-historyLength) : task.history
  return { id, contextId, kind: 'task', status, history, ...(artifacts.length > 0 ? { artifacts } : {}) }
}

/** The words of a message that fits the schema of 0.2.5. */
function textOf(params: JsonObject): string {
  const message = params['message'] as JsonObject | undefined
  const { role, kind, messageId, parts } = message ?? {}
  const fits = role === 'user' && kind === 'message' && typeof messageId === 'string' && Array.isArray(parts)
  if (!fits || (parts as readonly JsonObject[]).some((part) => !kinds.has(String(part['kind'])))) {
    throw new Refusal(500, 'Internal Server Error')
  }
  const configuration = params['configuration'] as JsonObject | undefined
  // Required in 0.2.5, and optional since.
  if (configuration && !Array.isArray(configuration['acceptedOutputModes'])) {
    throw new Refusal(500, 'Internal Server Error')
  }
  return (parts as readonly JsonObject[]).map(({ text }) => (typeof text === 'string' ? text : '')).join('\n')
}

const kinds = new Set(['text', 'file', 'data'])

function card(host: string): JsonObject {
  return {
    name: 'pydantic',
    description: 'An AI agent exposed as an A2A agent.',
    url: `http://${host}`,
    version: '1.0.0',
    protocolVersion: '0.2.5',
    skills: [],
    defaultInputModes: ['application/json'],
    defaultOutputModes: ['application/json'],
    capabilities: { streaming: false, pushNotifications: false, stateTransitionHistory: false },
  }
}
