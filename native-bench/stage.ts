/**
 * What is measured against what: (a) uWebSockets.js + undici with no logic, (b) Weir fully governed, in front of the
 * same agent, each in a process of its own.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import autocannon from 'autocannon'
import type { Shot } from './latency.ts'
import { type Server, startServer } from './processes.ts'
import { type Setup, setUp } from './weir-setup.ts'

const here = import.meta.dirname
const body = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'SendMessage',
  params: { message: { messageId: 'm-1', role: 'ROLE_USER', parts: [{ text: 'x'.repeat(320) }] }, configuration: {} },
})

/** A server and the call that is made to it. */
export interface Side {
  readonly server: Server
  readonly shot: Shot
  /** What every answer holds; `"result"` where nothing is said. */
  readonly holds?: string
}

export interface Stage extends AsyncDisposable {
  /** The agent itself, with nothing before it. */
  readonly direct: Side
  readonly passthrough: Side
  readonly weir: Side
  readonly setup: Setup
  /** The one run that all calls belong to. */
  readonly run: string
}

export async function setStage(): Promise<Stage> {
  await using stack = new AsyncDisposableStack()
  const agent = stack.use(await startServer('the mock agent', join(here, 'mock-agent.ts')))
  const plain = stack.use(await startServer('the pass-through', join(here, 'passthrough.ts'), [agent.url]))
  const setup = await setUp(agent.url)
  stack.defer(() => rmSync(setup.directory, { recursive: true, force: true }))
  const main = join(here, '..', 'src', 'main.ts')
  const weir = stack.use(await startServer('Weir', main, ['serve', '--config', setup.configPath]))
  const headers = await joinRun(weir, setup.token)
  const bare = { headers: { 'content-type': 'application/json' }, body }
  const struck = stack.move()
  return {
    direct: { server: agent, shot: { url: agent.url, ...bare } },
    passthrough: { server: plain, shot: { url: plain.url, ...bare } },
    weir: { server: weir, shot: { url: orchestratorAt(weir), headers, body } },
    setup,
    run: headers['weir-run-id'],
    [Symbol.asyncDispose]: () => struck.disposeAsync(),
  }
}

function orchestratorAt(weir: Server): string {
  return `${weir.url}/a2a/orchestrator/`
}

/** The first call opens the run; the others join it, so that one run's budget and graph are what is measured. */
async function joinRun(
  weir: Server,
  token: string,
): Promise<Record<string, string> & { readonly 'weir-run-id': string }> {
  const headers = { 'content-type': 'application/json', 'a2a-version': '1.0', authorization: `Bearer ${token}` }
  const answer = await fetch(orchestratorAt(weir), { method: 'POST', headers, body })
  const run = answer.headers.get('weir-run-id')
  const text = await answer.text()
  if (run === null || !text.includes('"result"')) throw new Error(`Weir refused the first call: ${text}`)
  return { ...headers, 'weir-run-id': run }
}

export interface Round {
  readonly calls: number
  readonly requests_per_second: number
  readonly cpu_us: number
  readonly main_us: number
}

/** How long a round is: a number of calls, or seconds. */
export type Length = { readonly amount: number } | { readonly duration: number }

/** Calls one side as fast as it answers, without pipelining. Throws if any call was not answered with a result. */
export async function round(
  { server, shot, holds = '"result"' }: Side,
  connections: number,
  length: Length,
): Promise<Round> {
  const before = server.cpu()
  const { url, headers } = shot
  const verifyBody = (text: unknown): boolean => String(text).includes(holds)
  const result = await autocannon({
    url,
    method: 'POST',
    headers: { ...headers },
    body: shot.body,
    connections,
    verifyBody,
    sampleInt: 100,
    ...length,
  })
  const after = server.cpu()
  const bad = result.non2xx + result.mismatches + result.errors
  if (bad > 0) throw new Error(`${server.name} answered ${bad} of ${result.requests.total} calls without ${holds}`)
  const calls = result.requests.total
  return {
    calls,
    requests_per_second: calls / result.duration,
    cpu_us: (after.all_us - before.all_us) / calls,
    main_us: (after.main_us - before.main_us) / calls,
  }
}

/** Alternated, so that what disturbs the machine disturbs both: a pair is (a) and then (b). */
export async function alternate(
  { passthrough, weir }: Stage,
  { rounds, connections, length }: { readonly rounds: number; readonly connections: number; readonly length: Length },
  progress: (line: string) => void,
): Promise<readonly (readonly [Round, Round])[]> {
  const pairs: (readonly [Round, Round])[] = []
  for (let n = 1; n <= rounds; n += 1) {
    const pair = [await round(passthrough, connections, length), await round(weir, connections, length)] as const
    pairs.push(pair)
    const [a, b] = pair.map(
      ({ requests_per_second, cpu_us }) => `${requests_per_second.toFixed(0)}/s ${cpu_us.toFixed(0)} us`,
    )
    progress(`round ${n}/${rounds}: pass-through ${a}, Weir ${b}`)
  }
  return pairs
}
