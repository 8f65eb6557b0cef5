/** One client of the matrix in front of one agent, with Weir between them. */
import type { AgentKind, MatrixAgent } from './matrix-agents.ts'
import type { ClientKind, MatrixClient } from './matrix-clients.ts'
import type { Gates } from './matrix-script.ts'
import { type TaskView, textsOf, type View } from './matrix-view.ts'
import type { TestWebhook } from './webhook.ts'

export interface Pair {
  readonly clientKind: ClientKind
  readonly agentKind: AgentKind
  readonly client: MatrixClient
  /** Another client of the same kind and caller, with connections of its own. */
  readonly second: MatrixClient
  readonly agent: MatrixAgent
  readonly gates: Gates
  readonly webhook: TestWebhook
  /** The base of the agent at Weir, and fetch as its caller, for what a client has no method for. */
  readonly base: string
  readonly fetch: typeof fetch
}

export type Scenario = (pair: Pair) => Promise<void>

let words = 0
/** A word nobody used before: for gates and for what is looked for on a wire. */
export function freshWord(): string {
  words += 1
  return `word${words}`
}

export function taskIn(view: View | undefined): TaskView {
  if (view?.kind !== 'task') throw new Error(`a task was expected: ${JSON.stringify(view)}`)
  return view
}

export async function all<T>(events: AsyncIterable<T>): Promise<T[]> {
  const seen: T[] = []
  for await (const event of events) seen.push(event)
  return seen
}

/** What a stream told of its task, as somebody who keeps the book sees it at the end. */
export interface Story {
  readonly id: string
  readonly states: string[]
  readonly text: string
}

/** `forgetful` is a client that cannot say whether an artifact is appended: all are taken to be. */
export function told(events: readonly View[], forgetful = false): Story {
  let id = ''
  const states: string[] = []
  let text = ''
  for (const event of events) {
    const state = event.kind === 'task' || event.kind === 'status' ? event.state : undefined
    if (state !== undefined && states.at(-1) !== state) states.push(state)
    if (event.kind === 'task') id = event.id
    else if (event.kind !== 'message') id = event.taskId
    if (event.kind === 'task') text = textsOf(event)
    if (event.kind === 'artifact')
      text = event.append || forgetful ? text + textsOf(artifact(event)) : textsOf(artifact(event))
  }
  return { id, states, text }
}

function artifact({ id, parts }: Extract<View, { kind: 'artifact' }>): Pick<TaskView, 'artifacts'> {
  return { artifacts: [{ id, parts }] }
}

/** Waits for what will be, and says what was there instead when it takes too long. */
export async function until<T>(look: () => T | Promise<T>, holds: (seen: T) => boolean): Promise<T> {
  const late = Date.now() + 5000
  for (;;) {
    const seen = await look()
    if (holds(seen)) return seen
    if (Date.now() > late) throw new Error(`still ${JSON.stringify(seen)}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** The error a call ended with. */
export async function errorOf(call: Promise<unknown>): Promise<Error> {
  try {
    const answer = await call
    throw new Error(`no error but ${JSON.stringify(answer)}`)
  } catch (error) {
    return error as Error
  }
}
