/** An agent of A2A 1.0 that does what the first word of its message says, whole or as a stream. */
import { type ScriptedAgent, startScriptedAgent } from './scripted-agent.ts'

export interface TalkingAgent extends ScriptedAgent {
  /** The messages it got, oldest first. */
  readonly messages: readonly Message[]
  /** Tasks it was told to stop working on. */
  readonly cancelled: readonly string[]
}

export interface Message {
  readonly messageId: string
  readonly contextId?: string
  readonly taskId?: string
  readonly parts: readonly { readonly text?: string }[]
}

interface Turn {
  readonly taskId: string
  readonly contextId: string
  readonly text: string
  /** How many messages of this conversation it has seen, this one included. */
  readonly turn: number
}

type Event = Readonly<Record<string, unknown>>

export async function startTalkingAgent(): Promise<TalkingAgent> {
  const messages: Message[] = []
  const cancelled: string[] = []
  const turns = new Map<string, number>()
  let named = 0
  const agent = await startScriptedAgent(({ method, params, id }, response) => {
    const message = params['message'] as Message | undefined
    if (!message) {
      cancelled.push(String(params['id']))
      return { id: params['id'], status: { state: 'TASK_STATE_CANCELED' } }
    }
    messages.push(message)
    named += 1
    const contextId = message.contextId ?? `context-${named}`
    const turn = (turns.get(contextId) ?? 0) + 1
    turns.set(contextId, turn)
    const text = message.parts.map((part) => part.text ?? '').join(' ')
    const taskId = message.taskId ?? `task-${named}`
    const events = eventsFor({ taskId, contextId, text, turn }, message.taskId !== undefined)
    if (method === 'SendMessage') return whole(events, { taskId, contextId })
    response.setHeader('content-type', 'text/event-stream')
    for (const event of events) response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result: event })}\n\n`)
    if (!text.startsWith('wait')) response.end()
    return undefined
  })
  return { ...agent, messages, cancelled }
}

function eventsFor({ taskId, contextId, text, turn }: Turn, goesOn: boolean): readonly Event[] {
  const ids = { taskId, contextId }
  const status = (state: string, words?: string, metadata?: Event): Event => ({
    statusUpdate: {
      ...ids,
      status: { state: `TASK_STATE_${state}`, ...said(words) },
      ...(metadata ? { metadata } : {}),
    },
  })
  const chunk = (part: Event, append: boolean, artifactId = 'answer'): Event => ({
    artifactUpdate: { ...ids, artifact: { artifactId, parts: [part] }, append },
  })
  const begun: Event = {
    task: { id: taskId, contextId, status: { state: goesOn ? 'TASK_STATE_INPUT_REQUIRED' : 'TASK_STATE_WORKING' } },
  }
  if (goesOn) return [begun, chunk({ text: `thank you: ${text}` }, false), status('COMPLETED')]
  const [word] = text.split(' ')
  const scripts: Readonly<Record<string, readonly Event[]>> = {
    ask: [begun, status('INPUT_REQUIRED', 'Which city?')],
    fail: [begun, status('FAILED', 'The oven is broken.')],
    reject: [status('REJECTED', 'I do not do that.')],
    wait: [begun, chunk({ text: 'so far' }, false)],
    count: [
      begun,
      status('WORKING', 'thinking'),
      chunk({ text: 'one ' }, false),
      chunk({ text: 'two' }, true),
      chunk({ data: { three: 3 } }, true),
      status('COMPLETED', undefined, { 'weir.dev/usage': { input_tokens: 7, output_tokens: 5, total_tokens: 12 } }),
    ],
  }
  return scripts[word ?? ''] ?? [begun, chunk({ text: `turn ${turn}: ${text}` }, false), status('COMPLETED')]
}

function said(words: string | undefined): Event {
  return words === undefined ? {} : { message: { messageId: 'w', role: 'ROLE_AGENT', parts: [{ text: words }] } }
}

/** The task as those events leave it. */
function whole(events: readonly Event[], { taskId, contextId }: Pick<Turn, 'taskId' | 'contextId'>): Event {
  const artifacts = new Map<string, unknown[]>()
  let [status, metadata]: unknown[] = []
  for (const { artifactUpdate, statusUpdate } of events as readonly Record<string, Record<string, never>>[]) {
    if (statusUpdate) [status, metadata] = [statusUpdate['status'], statusUpdate['metadata']]
    const { artifactId, parts } = (artifactUpdate?.['artifact'] ?? {}) as { artifactId?: string; parts?: unknown[] }
    if (artifactId !== undefined) artifacts.set(artifactId, [...(artifacts.get(artifactId) ?? []), ...(parts ?? [])])
  }
  const listed = [...artifacts].map(([artifactId, parts]) => ({ artifactId, parts }))
  return {
    task: {
      id: taskId,
      contextId,
      status: status ?? { state: 'TASK_STATE_WORKING' },
      artifacts: listed,
      ...(metadata ? { metadata } : {}),
    },
  }
}
