/** An agent whose tasks go on until they are cancelled, and that can be asked everything about them. */
import type { ServerResponse } from 'node:http'
import { type ScriptedAgent, startScriptedAgent } from './scripted-agent.ts'

interface Work {
  readonly id: string
  readonly listeners: Set<(result: unknown, last: boolean) => void>
  state: string
}

export interface SlowAgent extends Pick<ScriptedAgent, 'url' | 'asked' | 'stop'> {
  /** Streams that are open. */
  streams(): number
  /** Sends the same event to whoever listens to a task. */
  tell(taskId: string, text: string): void
  /** Completes a task. */
  finish(taskId: string): void
}

const tick_ms = 5

/** `ticks`: says something all the time. */
export async function startSlowAgent(ticks = true): Promise<SlowAgent> {
  const tasks = new Map<string, Work>()
  const show = ({ id, state }: Work): object => ({ id, contextId: `context-of-${id}`, status: { state } })
  const tellAll = (work: Work, result: unknown, last = false): void => {
    for (const listener of work.listeners) listener(result, last)
  }
  const end = (work: Work, state: string): void => {
    work.state = state
    tellAll(work, { statusUpdate: { taskId: work.id, contextId: `context-of-${work.id}`, status: { state } } }, true)
  }
  const piece = ({ id }: Work, text: string): object => ({
    artifactUpdate: {
      taskId: id,
      contextId: `context-of-${id}`,
      artifact: { artifactId: `a-${text}`, parts: [{ text }] },
    },
  })
  const agent = await startScriptedAgent(({ method, params, id }, response) => {
    const known = tasks.get(String(params['id']))
    if (method === 'SendMessage' || method === 'SendStreamingMessage') {
      const { taskId } = (params['message'] ?? {}) as { readonly taskId?: string }
      const begun: Work = { id: `slow-${tasks.size}`, listeners: new Set(), state: 'TASK_STATE_WORKING' }
      const work = tasks.get(taskId ?? '') ?? begun
      tasks.set(work.id, work)
      if (method === 'SendMessage') return { task: show(work) }
      stream(response, id, work)
      return undefined
    }
    if (!known || (method !== 'GetTask' && known.state !== 'TASK_STATE_WORKING'))
      return fail(response, id, known ? -32_004 : -32_001)
    if (method === 'SubscribeToTask') return stream(response, id, known)
    if (method === 'CancelTask') end(known, 'TASK_STATE_CANCELED')
    return show(known)
  })
  let n = 0
  const ticking = setInterval(() => {
    n += 1
    if (ticks) for (const work of tasks.values()) tellAll(work, piece(work, `tick ${n}`))
  }, tick_ms)
  const stream = (response: ServerResponse, rpcId: unknown, work: Work): undefined => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const write = (result: unknown): void =>
      void response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id: rpcId, result })}\n\n`)
    write({ task: show(work) })
    const listener = (result: unknown, last: boolean): void => {
      write(result)
      if (last) response.end()
    }
    work.listeners.add(listener)
    response.on('close', () => work.listeners.delete(listener))
  }
  const workOf = (taskId: string): Work => {
    const work = tasks.get(taskId)
    if (!work) throw new Error(`no task ${taskId}`)
    return work
  }
  return {
    url: agent.url,
    asked: agent.asked,
    streams: () => [...tasks.values()].reduce((sum, { listeners }) => sum + listeners.size, 0),
    tell: (taskId, text) => tellAll(workOf(taskId), piece(workOf(taskId), text)),
    finish: (taskId) => end(workOf(taskId), 'TASK_STATE_COMPLETED'),
    async stop() {
      clearInterval(ticking)
      await agent.stop()
    },
  }
}

function fail(response: ServerResponse, id: unknown, code: number): undefined {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code, message: 'no' } }))
}
