/** A stream through Weir that a test holds open, and an upstream agent whose streams go on until they are told. */
import type { ServerResponse } from 'node:http'
import { sendMessage } from './caller.ts'
import { eventsIn } from './relay.ts'
import type { Script } from './scripted-agent.ts'
import { keyOf, type Weir } from './weir.ts'

export interface OpenStream {
  readonly status: number
  readonly headers: Headers
  /** The events so far. */
  events(): readonly unknown[]
  /** Resolves to all events once the stream has ended; rejects if it was cut. */
  readonly ended: Promise<readonly unknown[]>
  /** Goes away in the middle. */
  leave(): void
}

/** Opens a stream and resolves once its first event was read, or it has ended. */
export async function openStream(
  weir: Pick<Weir, 'url'>,
  from: string,
  to: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<OpenStream> {
  const leaving = new AbortController()
  const answer = await fetch(`${weir.url}/a2a/${to}/`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'a2a-version': '1.0',
      authorization: `Bearer ${keyOf(from)}`,
      ...headers,
    },
    body: sendMessage('stream').replace('SendMessage', 'SendStreamingMessage'),
    signal: leaving.signal,
  })
  let text = ''
  let begun = false
  const first = Promise.withResolvers<void>()
  const ended = (async () => {
    const decoder = new TextDecoder()
    for await (const chunk of answer.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true })
      if (!begun && /^data: .*\n\n/m.test(text)) {
        begun = true
        first.resolve()
      }
    }
    return eventsIn(text)
  })()
  // A test that leaves does not ask how it ended.
  ended.catch(() => undefined).finally(first.resolve)
  await first.promise
  const { status } = answer
  return { status, headers: answer.headers, events: () => eventsIn(text), ended, leave: () => leaving.abort() }
}

export interface LongWork {
  readonly script: Script
  /** Completes every stream that is open. */
  finish(): void
  /** Cuts every stream that is open. */
  cut(): void
}

/** Streams a working task and then waits; answers everything else with `unary`. */
export function longWork(unary: Script): LongWork {
  const open: {
    readonly write: (result: unknown) => void
    readonly task: string
    readonly response: ServerResponse
  }[] = []
  let tasks = 0
  const all = (end: (one: (typeof open)[number]) => void): void => open.splice(0).forEach(end)
  return {
    script(asked, response) {
      if (asked.method !== 'SendStreamingMessage') return unary(asked, response)
      tasks += 1
      const task = `long-${tasks}`
      const write = (result: unknown): void =>
        void response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id: asked.id, result })}\n\n`)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      write({ task: { id: task, contextId: 'c1', status: { state: 'TASK_STATE_WORKING' } } })
      open.push({ write, task, response })
      return undefined
    },
    finish: () =>
      all(({ write, task, response }) => {
        const status = { state: 'TASK_STATE_COMPLETED' }
        write({ statusUpdate: { taskId: task, contextId: 'c1', status } })
        response.end()
      }),
    cut: () => all(({ response }) => void response.destroy()),
  }
}
