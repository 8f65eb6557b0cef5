/** An agent of the official SDK, as people run them: both revisions, a task that works in steps. */
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AgentCard, Artifact, TaskState } from '@a2a-js/sdk'
import { AgentEvent, type AgentExecutor, DefaultRequestHandler, InMemoryTaskStore } from '@a2a-js/sdk/server'
import { agentCardOf, answerHttp } from '../../src/cli/demo/agents/agent-http.ts'

export interface SdkAgent {
  readonly url: string
  /** Headers of every call, oldest first. */
  readonly heard: readonly IncomingHttpHeaders[]
  stop(): Promise<void>
}

/** What it says beside the status it ends with. */
type LastFacts = Readonly<Record<string, unknown>>

/** Works through `steps` as one artifact each, unless it is told to stop. */
export async function startSdkAgent(
  name: string,
  steps: readonly string[],
  step_ms = 5,
  metadata?: LastFacts,
): Promise<SdkAgent> {
  const heard: IncomingHttpHeaders[] = []
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const card = agentCardOf({ name, description: 'Works in steps.' }, url)
  const handler = new DefaultRequestHandler(
    AgentCard.fromJSON(card),
    new InMemoryTaskStore(),
    executorOf(steps, step_ms, metadata),
  )
  const answer = answerHttp(handler, card)
  server.on('request', (request, response) => {
    if (request.method === 'POST') heard.push(request.headers)
    answer(request, response)
  })
  return {
    url,
    heard,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function executorOf(steps: readonly string[], step_ms: number, metadata: LastFacts | undefined): AgentExecutor {
  const cancelled = new Map<string, () => void>()
  return {
    async execute({ taskId, contextId, userMessage }, bus) {
      const status = (state: TaskState) => ({ state, message: undefined, timestamp: undefined })
      const open = { id: taskId, contextId, artifacts: [], history: [userMessage], metadata: undefined }
      bus.publish(AgentEvent.task({ ...open, status: status(TaskState.TASK_STATE_WORKING) }))
      const end = (state: TaskState): void => {
        bus.publish(AgentEvent.statusUpdate({ taskId, contextId, status: status(state), metadata }))
        bus.finished()
      }
      let stopped = false
      cancelled.set(taskId, () => {
        stopped = true
        end(TaskState.TASK_STATE_CANCELED)
      })
      for (const text of steps) {
        if (stopped) return
        const artifact = Artifact.fromJSON({ artifactId: text, parts: [{ text }] })
        const facts = { append: false, lastChunk: true, metadata: undefined }
        bus.publish(AgentEvent.artifactUpdate({ taskId, contextId, artifact, ...facts }))
        await new Promise((resolve) => setTimeout(resolve, step_ms))
      }
      if (!stopped) end(TaskState.TASK_STATE_COMPLETED)
    },
    cancelTask(taskId) {
      cancelled.get(taskId)?.()
      return Promise.resolve()
    },
  }
}
