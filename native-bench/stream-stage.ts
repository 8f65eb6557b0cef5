/** What streams are measured on: the agent, the bare pipe and Weir fully governed, each in a process of its own. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Shot } from './latency.ts'
import { type Server, startServer } from './processes.ts'
import { Caller } from './stream-calls.ts'
import { heartbeat_ms, type Setup, setUp } from './weir-setup.ts'

const here = import.meta.dirname

/** One way to the agent. */
export interface StreamSide {
  readonly name: string
  readonly server: Server
  /** The call that asks the agent for so many events; see `stream-agent.ts`. */
  shotOf(text: string): Shot
}

export interface StreamStage extends AsyncDisposable {
  readonly agent: Server
  readonly pipe: StreamSide
  /** Caller and agent speak the same dialect. */
  readonly weir: StreamSide
  /** The same Weir, asked in A2A 0.3 for an agent of 1.0. */
  readonly translated: StreamSide
  readonly caller: Caller
  readonly setup: Setup
}

/** `source` is the folder of the Weir that is measured. */
export async function setStreamStage(source = join(here, '..')): Promise<StreamStage> {
  await using stack = new AsyncDisposableStack()
  const agent = stack.use(await startServer('the stream agent', join(here, 'stream-agent.ts')))
  const args = [agent.url, String(heartbeat_ms)]
  const pipe = stack.use(await startServer('the pipe', join(here, 'stream-pipe.ts'), args))
  const setup = await setUp(agent.url, { ofAgent: ', resilience: { outstanding_max: 0 }' })
  stack.defer(() => rmSync(setup.directory, { recursive: true, force: true }))
  const serve = ['serve', '--config', setup.configPath]
  const weir = stack.use(await startServer('Weir', join(source, 'src', 'main.ts'), serve))
  const caller = stack.adopt(new Caller(), (one) => one.close())
  const url = `${weir.url}/a2a/orchestrator/`
  const governed = { 'content-type': 'application/json', authorization: `Bearer ${setup.token}` }
  const run = await runOf(caller, { url, headers: { ...governed, 'a2a-version': '1.0' }, body: bodyIn10('1') })
  const shotIn = (version: string, body: string): Shot => {
    const headers = { ...governed, 'a2a-version': version, 'weir-run-id': run }
    return { url, headers, body }
  }
  const struck = stack.move()
  const plain = { 'content-type': 'application/json' }
  return {
    agent,
    pipe: { name: 'pipe', server: pipe, shotOf: (text) => ({ url: pipe.url, headers: plain, body: bodyIn10(text) }) },
    weir: { name: 'Weir', server: weir, shotOf: (text) => shotIn('1.0', bodyIn10(text)) },
    translated: { name: 'Weir, 0.3 to 1.0', server: weir, shotOf: (text) => shotIn('0.3', bodyIn03(text)) },
    caller,
    setup,
    [Symbol.asyncDispose]: () => struck.disposeAsync(),
  }
}

/** The first call opens the run that all others join. */
async function runOf(caller: Caller, shot: Shot): Promise<string> {
  const { head } = await caller.ask(shot)
  const run = head.headers['weir-run-id']
  if (typeof run !== 'string') throw new Error('Weir named no run')
  return run
}

function bodyIn10(text: string): string {
  const message = { messageId: 'm-1', role: 'ROLE_USER', parts: [{ text }] }
  return JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendStreamingMessage', params: { message } })
}

function bodyIn03(text: string): string {
  const message = { kind: 'message', messageId: 'm-1', role: 'user', parts: [{ kind: 'text', text }] }
  return JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'message/stream', params: { message } })
}

/** `SubscribeToTask`, asked of the same side. */
export function subscribing(side: StreamSide, taskId: string): Shot {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SubscribeToTask', params: { id: taskId } })
  return { ...side.shotOf('0'), body }
}

export interface StreamRound {
  readonly events: number
  readonly events_per_second: number
  readonly cpu_us: number
  readonly main_us: number
}

/** What a server did for the events that came of `work`. */
export async function measure(server: Server, work: () => Promise<number>): Promise<StreamRound> {
  const before = server.cpu()
  const started = performance.now()
  const events = await work()
  const seconds = (performance.now() - started) / 1000
  const after = server.cpu()
  return {
    events,
    events_per_second: events / seconds,
    cpu_us: (after.all_us - before.all_us) / events,
    main_us: (after.main_us - before.main_us) / events,
  }
}
