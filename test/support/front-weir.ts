/** A front on a real listener before a scripted Behind: real road, policies, limits and streams; only callers are simple. */
import { systemClock } from '../../src/base/clock.ts'
import { cryptoDice } from '../../src/base/dice.ts'
import { Wheel } from '../../src/base/wheel.ts'
import { isListenFailure } from '../../src/edge/contract.ts'
import { openListener } from '../../src/edge/listener.ts'
import { serveData, type PublishedKeys } from '../../src/edge/routes.ts'
import { deny } from '../../src/domain/verdict.ts'
import type { PersonId } from '../../src/domain/ids.ts'
import { Fronts } from '../../src/pipeline/mcp/front/fronts.ts'
import type { FrontSettings } from '../../src/pipeline/mcp/front/live-session.ts'
import type { Presented } from '../../src/identity/authenticator.ts'
import type { Bench } from '../../src/relay/exchange.ts'
import { agentId } from './hop.ts'
import { plainBehind, type PlainBehind, type PlainScript } from './plain-behind.ts'
import { proofOf } from './principals.ts'
import { pave, type TestRoad } from './road.ts'

export interface FrontWeir extends AsyncDisposable {
  readonly url: string
  readonly world: TestRoad
  readonly behind: PlainBehind
  /** A process that starts anew: nothing but the secret is left. */
  restart(): void
}

interface Options {
  readonly settings?: Partial<FrontSettings>
  readonly heartbeat_ms?: number
  readonly servers?: Readonly<Record<string, object>>
}

/** Callers show `Bearer <agent>`, or `Bearer <agent>/<person>`; all of them may start runs and call everything. */
export async function frontWeir(script: PlainScript, options: Options = {}): Promise<FrontWeir> {
  const servers = options.servers ?? { plain: { process: { command: 'true' }, price: { call_micros: 7 } } }
  const agent = { may_start_runs: true }
  const sets = { research: { servers: Object.keys(servers) } }
  const over = {
    tools: { servers, sets },
    agents: { alice: agent, bob: agent },
    gateway: { public_url: 'http://127.0.0.1' },
  }
  const world = await pave(over, 'policy-open')
  const { road } = world
  const authenticate = ({ headers }: Presented) => {
    const [name = '', person] = (headers.get('authorization') ?? '').replace('Bearer ', '').split('/')
    if (name !== 'alice' && name !== 'bob') return deny('unauthenticated', 'nobody')
    const who = { credentialId: name, expiresAt: world.clock.now() + 60_000 }
    return { proof: proofOf(agentId(`agent:${name}`), (person ?? null) as PersonId | null, who), delegation: null }
  }
  Object.assign(road.snapshot.identity, { authenticate })
  const wheel = new Wheel(systemClock, { tick_ms: 10, slots: 512 })
  const { timeouts, maximums } = road.snapshot.settings
  const settings = { ...timeouts, ...maximums, heartbeat_ms: options.heartbeat_ms ?? timeouts.heartbeat_ms }
  const bench = { wheel, clock: systemClock, settings } as unknown as Bench
  const dice = cryptoDice()
  const behind = plainBehind(script, () => {
    const server = road.snapshot.servers.get('plain')
    if (!server) throw new Error('the configuration names it')
    return server
  })
  const restart = (): void => {
    const parts = { clock: systemClock, dice, bench, version: '0' }
    const fronts = new Fronts(Buffer.alloc(32, 1), parts, { ...timeouts, ...maximums, ...options.settings })
    Object.assign(road, { fronts, openBehind: behind.open })
  }
  restart()
  Object.assign(road, { dice })
  Object.assign(road.relay, { bench })
  const listener = await openListener(
    {
      engine: 'node',
      host: '127.0.0.1',
      port: 0,
      tls: null,
      clock: systemClock,
      dice,
      header_bytes: 16_384,
      body_bytes: 1_048_576,
      body_ms: 5000,
      open_calls: 1000,
      onBug: (bug) => world.logged.push(`bug: ${bug instanceof Error ? bug.stack : String(bug)}`),
    },
    serveData(road, {} as unknown as PublishedKeys),
  )
  if (isListenFailure(listener)) throw new Error(listener.detail)
  return {
    url: `http://127.0.0.1:${listener.port}`,
    world,
    behind,
    restart,
    async [Symbol.asyncDispose]() {
      road.followers.letGo()
      road.fronts.close()
      await listener.close()
      wheel.stop()
    },
  }
}

export interface Said {
  readonly path?: string
  readonly agent?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** One HTTP request; `message` is an object, a text, or nothing. */
export function say(weir: Pick<FrontWeir, 'url'>, message: object | string | null, said: Said = {}): Promise<Response> {
  const { path = '/mcp', agent = 'alice', method = 'POST', headers = {}, signal } = said
  const body = message === null ? undefined : typeof message === 'string' ? message : JSON.stringify(message)
  return fetch(`${weir.url}${path}`, {
    method,
    ...(signal && { signal }),
    headers: {
      authorization: `Bearer ${agent}`,
      accept: 'application/json, text/event-stream',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body }),
  })
}

const prefix = 'io.modelcontextprotocol/'

/** A request of the modern era, with everything that it has to say. */
export function modern(
  weir: Pick<FrontWeir, 'url'>,
  method: string,
  params: Readonly<Record<string, unknown>> = {},
  said: Said & { readonly capabilities?: object; readonly meta?: object; readonly id?: number | string } = {},
): Promise<Response> {
  const { capabilities = {}, meta, id = 7, headers, ...rest } = said
  const version = '2026-07-28'
  const _meta = { [`${prefix}protocolVersion`]: version, [`${prefix}clientCapabilities`]: capabilities, ...meta }
  const name = params['name'] ?? params['uri']
  const mirrored = { 'mcp-protocol-version': version, 'mcp-method': method }
  return say(
    weir,
    { jsonrpc: '2.0', id, method, params: { ...params, _meta } },
    { ...rest, headers: { ...mirrored, ...(typeof name === 'string' && { 'mcp-name': name }), ...headers } },
  )
}

/** Begins a session; answers its id. */
export async function begin(
  weir: Pick<FrontWeir, 'url'>,
  { version = '2025-11-25', capabilities = {}, ...said }: Said & { version?: string; capabilities?: object } = {},
): Promise<string> {
  const params = { protocolVersion: version, capabilities, clientInfo: { name: 'test', version: '1' } }
  const answer = await say(weir, { jsonrpc: '2.0', id: 0, method: 'initialize', params }, said)
  await answer.text()
  return answer.headers.get('mcp-session-id') ?? ''
}

export function inSession(
  weir: Pick<FrontWeir, 'url'>,
  session: string,
  message: object | string | null,
  said: Said = {},
): Promise<Response> {
  return say(weir, message, { ...said, headers: { 'mcp-session-id': session, ...said.headers } })
}
