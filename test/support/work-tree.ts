/**
 * A run whose tasks are three deep and go on until they are told to stop: each agent calls the next ones with the token it
 * was given, by stream or without waiting.
 *
 *     console -stream-> a -at once-> b -stream-> c
 *                       a -stream-> stubborn, which knows no CancelTask
 */
import type { ServerResponse } from 'node:http'
import { callHeaders, refusalOf, say, sendMessage } from './caller.ts'
import { policyOpen } from './loop.ts'
import { openStream, type OpenStream } from './open-stream.ts'
import { until } from './relay.ts'
import { type ScriptedAgent, startScriptedAgent } from './scripted-agent.ts'
import { apiKey, startWeir, type Weir } from './weir.ts'

const names = ['a', 'b', 'c', 'stubborn'] as const
type Name = (typeof names)[number]

interface Worker {
  readonly agent: ScriptedAgent
  /** The token of its first call. */
  token(): string
  readonly closed: () => boolean
}

export interface WorkTree {
  readonly weir: Weir
  readonly run: string
  /** Names of the agents in the order in which they heard CancelTask. */
  readonly cancelled: readonly string[]
  readonly workers: Readonly<Record<Name, Worker>>
  /** The streams of console from a, of b from c and of a from the stubborn one. */
  readonly streams: readonly OpenStream[]
  stop(): Promise<void>
}

interface Growing {
  /** What an agent does when it hears CancelTask, before it answers. */
  readonly onCancel?: (name: string) => Promise<void>
  readonly limits?: object
}

export async function growTree({ onCancel = () => Promise.resolve(), limits = {} }: Growing = {}): Promise<WorkTree> {
  const cancelled: string[] = []
  const entries = await Promise.all(
    names.map(async (name) => [name, await startWorker(name, cancelled, onCancel)] as const),
  )
  const workers = Object.fromEntries(entries) as Record<Name, Worker>
  const price = { call_micros: 1000 }
  const agents = names.map((name) => [name, { url: workers[name].agent.url, price }] as const)
  const weir = await startWeir({
    identity: { api_keys: [apiKey('console', 'tomas'), apiKey('a'), apiKey('b')] },
    agents: { console: { may_start_runs: true }, ...Object.fromEntries(agents) },
    policy: { dir: policyOpen },
    limits: { run: limits },
  })
  const root = await openStream(weir, 'console', 'a')
  await startAtOnce(weir, workers.a.token())
  const toC = await openStream(weir, 'b', 'c', { 'txn-token': workers.b.token() })
  const toStubborn = await openStream(weir, 'a', 'stubborn', { 'txn-token': workers.a.token() })
  const streams = [root, toC, toStubborn]
  await until(() => streams.every((stream) => stream.events().length > 3))
  return {
    weir,
    run: root.headers.get('weir-run-id') ?? '',
    cancelled,
    workers,
    streams,
    async stop() {
      for (const name of names) await workers[name].agent.stop()
      await weir.stop()
    },
  }
}

/** One call more by a, which is refused where the budget is spent. */
export async function oneMore({ weir, workers }: Pick<WorkTree, 'weir' | 'workers'>): Promise<string | null> {
  return refusalOf(await say(weir, { from: 'a', to: 'b', headers: { 'txn-token': workers.a.token() } }))
}

/** CancelTask of the first task of an agent, or of another one. */
export function cancelAs(
  weir: Weir,
  [from, to]: readonly [from: string, to: string],
  headers: Readonly<Record<string, string>>,
  id = `task-${to}`,
): Promise<Response> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'CancelTask', params: { id } })
  return fetch(`${weir.url}/a2a/${to}/`, { method: 'POST', headers: { ...callHeaders(from), ...headers }, body })
}

/** A call of a to b that is answered with a task that goes on. */
export async function startAtOnce(weir: Weir, token: string): Promise<void> {
  const body = sendMessage('at once').replace('"params":{', '"params":{"configuration":{"returnImmediately":true},')
  const headers = { ...callHeaders('a'), 'txn-token': token }
  const answer = await fetch(`${weir.url}/a2a/b/`, { method: 'POST', headers, body })
  await answer.arrayBuffer()
}

async function startWorker(
  name: string,
  cancelled: string[],
  onCancel: (name: string) => Promise<void>,
): Promise<Worker> {
  const taskOf = (taskId: string, state: string): object => ({
    id: taskId,
    contextId: `context-${name}`,
    status: { state },
  })
  let closed = false
  let tasks = 0
  const agent = await startScriptedAgent(async ({ method, params, id }, response) => {
    if (method === 'CancelTask') {
      cancelled.push(name)
      await onCancel(name)
      if (name === 'stubborn') {
        refuseMethod(response, id)
        return undefined
      }
      return taskOf(String(params['id']), 'TASK_STATE_CANCELED')
    }
    tasks += 1
    const taskId = tasks === 1 ? `task-${name}` : `task-${name}-${tasks}`
    const task = (state: string): object => taskOf(taskId, state)
    if (method !== 'SendStreamingMessage') return { task: task('TASK_STATE_WORKING') }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const write = (result: unknown): void =>
      void response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`)
    write({ task: task('TASK_STATE_WORKING') })
    let n = 0
    const ticking = setInterval(() => {
      n += 1
      const artifact = { artifactId: `tick-${n}`, parts: [{ text: 'tick' }] }
      write({ artifactUpdate: { taskId, contextId: `context-${name}`, artifact } })
    }, 2)
    response.on('close', () => {
      closed = true
      clearInterval(ticking)
    })
    return undefined
  })
  return { agent, token: () => String(agent.asked[0]?.headers['txn-token']), closed: () => closed }
}

function refuseMethod(response: ServerResponse, id: unknown): void {
  const error = { code: -32_601, message: 'Method not found' }
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ jsonrpc: '2.0', id, error }))
}
