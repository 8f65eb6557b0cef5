/** An agent that knows neither streams nor push: it starts tasks, answers how they stand, and works when a test says so. */
import { type ScriptedAgent, startScriptedAgent } from './scripted-agent.ts'

export interface PollAgent {
  readonly url: string
  /** Every open task gets one more artifact. */
  work(text: string): void
  /** Every open task is completed. */
  finish(): void
  /** Whether somebody was shown an artifact with that text. */
  seen(text: string): boolean
  /** All bytes it ever got. */
  heard(): string
  stop: ScriptedAgent['stop']
}

interface Task {
  readonly id: string
  over: boolean
  readonly texts: string[]
}

export async function startPollAgent(version: '1.0' | '0.3'): Promise<PollAgent> {
  const tasks = new Map<string, Task>()
  const shown = new Set<string>()
  const show = ({ id, over, texts }: Task): object => {
    for (const text of texts) shown.add(text)
    const is10 = version === '1.0'
    const kind = is10 ? {} : { kind: 'text' }
    const artifacts = texts.map((text, at) => ({ artifactId: `a${at}`, parts: [{ ...kind, text }] }))
    const states = is10 ? ['TASK_STATE_COMPLETED', 'TASK_STATE_WORKING'] : ['completed', 'working']
    const task = { id, contextId: `context-of-${id}`, status: { state: states[over ? 0 : 1] }, artifacts }
    return is10 ? task : { kind: 'task', ...task }
  }
  const agent = await startScriptedAgent(({ method, params, id }, response) => {
    const known = tasks.get(String(params['id']))
    if (method === 'GetTask' || method === 'tasks/get') {
      if (known) return show(known)
    } else if (method === 'SendMessage' || method === 'message/send') {
      const task = { id: `task-${tasks.size}`, over: false, texts: [] }
      tasks.set(task.id, task)
      return version === '1.0' ? { task: show(task) } : show(task)
    }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: known ? -32_004 : -32_601, message: 'no' } }))
    return undefined
  })
  return {
    url: agent.url,
    work(text) {
      for (const task of tasks.values()) if (!task.over) task.texts.push(text)
    },
    finish() {
      for (const task of tasks.values()) task.over = true
    },
    seen: (text) => shown.has(text),
    heard: () => agent.asked.map(({ raw }) => raw).join('\n'),
    stop: () => agent.stop(),
  }
}
