/**
 * The only place that talks to targets over sockets, and the only place that makes a Fault. One pool of keep-alive
 * connections per origin, HTTP/1.1, no redirects, no compression, no second try. Deadlines are ours: the client
 * below has none.
 *
 *     send -> [connect_ms] -> request leaves -> [first_byte_ms] -> head -> [idle_ms between chunks] -> end | fault
 */
import { Agent, type Dispatcher } from 'undici'
import type { Alarm, Wheel } from '../../base/wheel.ts'
import type { Fault, FaultCode } from '../../domain/fault.ts'
import type { UpstreamTls } from './upstream-tls.ts'

export interface TransportSettings {
  readonly connect_ms: number
  readonly first_byte_ms: number
  readonly idle_ms: number
  /** Open connections to one origin. */
  readonly connections: number
  readonly header_bytes: number
}

/** One request. `headers` are name, value, name, value; the client below keeps the list. */
export interface Outbound {
  readonly method: 'GET' | 'HEAD' | 'OPTIONS' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly origin: string
  readonly path: string
  readonly headers: string[]
  /** Null for a request without one. */
  readonly body: Uint8Array | null
  /** Null for what every upstream gets: no certificate of ours, and the CAs Node trusts. */
  readonly tls: UpstreamTls | null
  /** Where the target may be silent for longer, or not so long, as others. */
  readonly patience?: Partial<Pick<TransportSettings, 'first_byte_ms' | 'idle_ms'>>
}

export type Head = Readonly<Record<string, string | undefined>>

/** Hears of one request: the head, then chunks, then exactly one of end and fault. Nothing after `abort`. */
export interface Receiver {
  onHead(status: number, head: Head): void
  onBytes(chunk: Buffer): void
  onEnd(): void
  onFault(fault: Fault): void
}

/** One request under way. */
export interface Wire {
  /** Lets go of the request; its receiver hears nothing more. */
  abort(): void
  pause(): void
  resume(): void
  /** How long it may be silent from now on, in milliseconds. */
  allowSilence?(silence_ms: number): void
  /** Whether any byte of the request may have left. */
  readonly sent: boolean
}

export function makeFault(code: FaultCode, detail: string, sent: boolean): Fault {
  return { kind: 'fault', code, detail, sent }
}

/** A broken promise of ours must not take the gateway down; its text is for operators. */
export function faultOfBug(bug: unknown): Fault {
  return makeFault('bad_answer', `a bug: ${String(bug)}`, true)
}

export class Transport {
  readonly #settings: TransportSettings
  readonly #wheel: Wheel
  readonly #agent: Agent
  /** One client for each TLS identity, by its id, the newest last. */
  readonly #agents = new Map<string, Agent>()

  constructor(settings: TransportSettings, wheel: Wheel) {
    this.#settings = settings
    this.#wheel = wheel
    this.#agent = openAgent(settings, null)
  }

  /** Sends a request. The receiver is never called before this returns. */
  send(request: Outbound, receiver: Receiver): Wire {
    const settings = request.patience ? { ...this.#settings, ...request.patience } : this.#settings
    const exchange = new HttpExchange(receiver, settings, this.#wheel)
    const agent = request.tls === null ? this.#agent : this.#agentWith(request.tls)
    queueMicrotask(() => exchange.start(agent, request))
    return exchange
  }

  /** Cuts every connection and waits until they are closed. */
  async close(): Promise<void> {
    await Promise.all([this.#agent, ...this.#agents.values()].map((agent) => agent.destroy()))
  }

  #agentWith(tls: UpstreamTls): Agent {
    const known = this.#agents.get(tls.id)
    if (known) return known
    const agent = openAgent(this.#settings, tls)
    this.#agents.set(tls.id, agent)
    const [oldest] = this.#agents
    if (this.#agents.size > agents_max && oldest) {
      this.#agents.delete(oldest[0])
      // What it carries still ends in its own time; nothing new reaches it.
      void oldest[1].close()
    }
    return agent
  }
}

/** TLS identities with open connections at once; more than upstreams with one of their own, reloads included. */
const agents_max = 1024

function openAgent(settings: TransportSettings, tls: UpstreamTls | null): Agent {
  const trusted = tls?.ca ? { ca: tls.ca } : {}
  return new Agent({
    connections: settings.connections,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: keepAlive_ms,
    maxHeaderSize: settings.header_bytes,
    allowH2: false,
    connect: { timeout: settings.connect_ms, ...tls?.identity, ...trusted },
  })
}

/** Shorter than the five seconds after which servers in Node close an idle connection. */
const keepAlive_ms = 4000

class HttpExchange implements Wire, Dispatcher.DispatchHandler {
  readonly #receiver: Receiver
  readonly #settings: TransportSettings
  readonly #alarm: Alarm
  #controller: Dispatcher.DispatchController | null = null
  #phase: 'connecting' | 'waiting' | 'receiving' | 'done' = 'connecting'
  #idle_ms: number
  #paused = false
  #sent = false

  constructor(receiver: Receiver, settings: TransportSettings, wheel: Wheel) {
    this.#receiver = receiver
    this.#settings = settings
    this.#idle_ms = settings.idle_ms
    this.#alarm = wheel.after(settings.connect_ms, () => this.#tooLate())
  }

  get sent(): boolean {
    return this.#sent
  }

  start(agent: Agent, { method, origin, path, headers, body }: Outbound): void {
    if (this.#phase === 'done') return
    agent.dispatch({ origin, path, method, headers, body }, this)
  }

  abort(): void {
    if (this.#phase === 'done') return
    this.#finish()
    this.#controller?.abort(new Error('aborted by the gateway'))
  }

  pause(): void {
    if (this.#paused || this.#phase === 'done') return
    this.#paused = true
    this.#controller?.pause()
    this.#alarm.cancel()
  }

  resume(): void {
    if (!this.#paused || this.#phase === 'done') return
    this.#paused = false
    this.#alarm.push(this.#idle_ms)
    this.#controller?.resume()
  }

  allowSilence(silence_ms: number): void {
    this.#idle_ms = silence_ms
    if (!this.#paused && (this.#phase === 'waiting' || this.#phase === 'receiving')) this.#alarm.push(silence_ms)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#phase === 'done') return controller.abort(new Error('given up before it started'))
    this.#phase = 'waiting'
    this.#sent = true
    this.#alarm.push(this.#settings.first_byte_ms)
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: object): void {
    if (this.#phase === 'done' || status < 200) return
    this.#phase = 'receiving'
    this.#alarm.push(this.#idle_ms)
    this.#receiver.onHead(status, readHead(headers))
    if (this.#paused) controller.pause()
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#phase === 'done') return
    if (!this.#paused) this.#alarm.push(this.#idle_ms)
    this.#receiver.onBytes(chunk)
  }

  onResponseEnd(): void {
    if (this.#phase === 'done') return
    this.#finish()
    this.#receiver.onEnd()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error & { readonly code?: string }): void {
    const code = faultCodes[error.code ?? ''] ?? faultCodes[error.name] ?? lostIn[this.#phase]
    this.#fail(code, `${error.code ?? error.name}: ${error.message}`)
  }

  #tooLate(): void {
    const controller = this.#controller
    this.#fail(lateIn[this.#phase], `nothing came while ${this.#phase}`)
    controller?.abort(new Error('deadline'))
  }

  #fail(code: FaultCode, detail: string): void {
    if (this.#phase === 'done') return
    this.#finish()
    this.#receiver.onFault(makeFault(code, detail, this.#sent))
  }

  #finish(): void {
    this.#phase = 'done'
    this.#alarm.cancel()
  }
}

/** What an error means that names itself, by code or by class; every other one is judged by when it came. */
const faultCodes: Readonly<Record<string, FaultCode>> = {
  UND_ERR_CONNECT_TIMEOUT: 'connect_timeout',
  UND_ERR_HEADERS_OVERFLOW: 'too_large',
  UND_ERR_INVALID_ARG: 'bad_answer',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'truncated',
  HPE_INVALID_EOF_STATE: 'truncated',
  HTTPParserError: 'bad_answer',
}

const lostIn = {
  connecting: 'connect_failed',
  waiting: 'reset',
  receiving: 'truncated',
  done: 'aborted',
} as const

const lateIn = {
  connecting: 'connect_timeout',
  waiting: 'first_byte_timeout',
  receiving: 'idle_timeout',
  done: 'aborted',
} as const

/** A repeated header is joined, so that nobody reads only one of two. */
function readHead(headers: object): Head {
  const head: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers) as [string, string | readonly string[] | undefined][]) {
    if (value !== undefined) head[name.toLowerCase()] = typeof value === 'string' ? value : value.join(', ')
  }
  return head
}
