/**
 * An agent like FastA2A 0.5 (A2A 0.2.5 over JSON-RPC): it answers `submitted` at once whatever `blocking` says, has three
 * methods, no streams and no push, and knows no message without a task. It goes on with a task that is named, which
 * FastA2A does not.
 */
import type { IncomingMessage, RequestListener } from 'node:http'
import type { Part as Part03 } from 'a2a-sdk-03'
import { part03, plain03, textOf } from './matrix-executors.ts'
import { type Gates, play, type State } from './matrix-script.ts'

interface Task {
  readonly id: string
  readonly contextId: string
  state: State
  said: string | null
  readonly history: unknown[]
  readonly parts: Part03[]
}

interface Params {
  readonly id?: string
  readonly message?: { readonly taskId?: string; readonly contextId?: string; readonly parts: readonly Part03[] }
}

type Answer = { readonly result: unknown } | { readonly error: { readonly code: number; readonly message: string } }

const unknown: Answer = { error: { code: -32_001, message: 'Task not found' } }

export function dullListener(gates: Gates): RequestListener {
  const tasks = new Map<string, Task>()
  const work = async (task: Task, parts: readonly Part03[], resumes: boolean): Promise<void> => {
    const plain = parts.map(plain03)
    await new Promise((resolve) => setTimeout(resolve, 5))
    for await (const step of play({ text: textOf(plain), parts: plain, resumes }, gates)) {
      if (task.state === 'canceled') return
      if ('say' in step) task.parts.push(...step.say.map(part03))
      else if ('artifact' in step) task.parts.push(...step.artifact.map(part03))
      else task.state = 'task' in step ? step.task : step.state
      task.said = 'text' in step ? (step.text ?? null) : null
      if ('say' in step) task.state = 'completed'
    }
  }
  const methods: Readonly<Record<string, (params: Params) => Answer>> = {
    'message/send': ({ message }) => {
      const { taskId, contextId = crypto.randomUUID(), parts = [] } = message ?? {}
      const known = tasks.get(taskId ?? '')
      if (taskId !== undefined && !known) return unknown
      const fresh = {
        id: crypto.randomUUID(),
        contextId,
        state: 'submitted' as State,
        said: null,
        history: [],
        parts: [],
      }
      const task: Task = known ?? fresh
      tasks.set(task.id, task)
      task.state = 'submitted'
      task.history.push(message)
      const result = view(task)
      void work(task, parts, known !== undefined).catch(() => (task.state = 'failed'))
      return { result }
    },
    'tasks/get': ({ id }) => found(tasks, id),
    'tasks/cancel': ({ id }) => {
      const task = tasks.get(id ?? '')
      const before = found(tasks, id)
      // As FastA2A does: the task as it stood, and the worker hears of it later.
      if (task && !over.has(task.state)) setTimeout(() => (task.state = 'canceled'), 10)
      return before
    },
  }
  return (request, response) => {
    void (async () => {
      const { id, method, params } = await bodyOf(request)
      const answer = methods[method]?.(params) ?? { error: { code: -32_601, message: 'Method not found' } }
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }))
    })()
  }
}

const over = new Set<State>(['completed', 'failed', 'canceled'])

function found(tasks: ReadonlyMap<string, Task>, id: string | undefined): Answer {
  const task = tasks.get(id ?? '')
  return task ? { result: view(task) } : unknown
}

function view({ id, contextId, state, said, history, parts }: Task): unknown {
  const message = { kind: 'message', role: 'agent', messageId: `m-${id}`, parts: [{ kind: 'text', text: said }] }
  const status = { state, timestamp: '2026-11-21T00:00:00.000Z', ...(said === null ? {} : { message }) }
  const artifacts = parts.length === 0 ? {} : { artifacts: [{ artifactId: 'a1', parts: [...parts] }] }
  return { kind: 'task', id, contextId, status, history: [...history], ...artifacts }
}

async function bodyOf(request: IncomingMessage): Promise<{ id: unknown; method: string; params: Params }> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString()) as { id: unknown; method: string; params: Params }
}
