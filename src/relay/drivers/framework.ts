/**
 * One ask of an agent that speaks no A2A: a chain of requests to its own API, at most one under way, told as neutral
 * events. A driver writes down the chain with `await`; whoever lets go of the ask ends it in the middle of any step.
 *
 *     open -> Course -> [request -> answer | stream of events] ... -> say ... -> end | error | fault
 */
import type { Dice } from '../../base/dice.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Fault } from '../../domain/fault.ts'
import type { TaskState } from '../../domain/task.ts'
import type { AgentError } from '../../protocol/a2a/said.ts'
import type { Ear, Errand, Known, Line } from '../driver.ts'
import type { Bench } from '../exchange.ts'
import type { Upstream } from '../wire/upstream.ts'
import { faultOfBug, type Outbound, makeFault } from '../wire/transport.ts'
import { sayNeutral } from '../../protocol/a2a/neutral.ts'
import { agentMessage, type TaskIds, type TaskStatus, type Usage, usageByModel } from './neutral.ts'
import { type Answer, type Hearer, Request } from './request.ts'

/** What drivers of frameworks work with: they also mint ids. */
export type DriverBench = Bench & { readonly dice: Dice }

/** A request to a framework; the path is below the origin of the upstream and holds the query. */
export interface Wanted {
  readonly method: Outbound['method']
  readonly path: string
  /** JSON, null for a request without a body. */
  readonly body: unknown
  /** Names in lower case; they win over those of the operator and the caller. */
  readonly headers?: readonly (readonly [name: string, value: string])[]
  /** Absent: `application/json`. */
  readonly accept?: string
}

export interface CourseParts {
  readonly upstream: Upstream
  readonly bench: DriverBench
  readonly errand: Errand
  readonly ear: Ear
  /** Writes headers that cover the whole request, such as a signature. */
  readonly sign?: (request: Outbound) => Outbound
}

export class Course implements Line {
  readonly instance = null
  readonly #parts: CourseParts
  #request: Request | null = null
  #sent = false
  #paused = false
  #over = false
  #answered = false
  #atEnd: (() => void) | null = null

  constructor(parts: CourseParts) {
    this.#parts = parts
  }

  /** Starts the chain, after `open` has returned. It must end with one of end, error and fault. */
  run(chain: () => Promise<void>): this {
    queueMicrotask(() => {
      if (this.#over) return
      chain().catch((bug: unknown) => this.fault({ ...faultOfBug(bug), sent: this.sent }))
    })
    return this
  }

  get sent(): boolean {
    return this.#sent || (this.#request?.sent ?? false)
  }

  /** Whether nobody listens any more. */
  get over(): boolean {
    return this.#over
  }

  abort(): void {
    this.#close()
  }

  /** Calls this once, when the ask has ended or was let go of. One handler; a later call replaces it. */
  atEnd(handler: () => void): void {
    this.#atEnd = handler
  }

  pause(): void {
    this.#paused = true
    this.#request?.pause()
  }

  resume(): void {
    this.#paused = false
    this.#request?.resume()
  }

  /**
   * Sends one request and waits for its whole answer. With a hearer a stream is told while it comes, and the answer is
   * an empty one at its end. Never returns once the ask was let go of.
   */
  async ask(wanted: Wanted, hearer: Hearer | null = null): Promise<Answer | Fault> {
    const { bench } = this.#parts
    const { promise, resolve } = Promise.withResolvers<Answer | Fault>()
    const request = new Request(bench.settings, hearer, (outcome) => {
      this.#sent ||= request.sent
      this.#request = null
      if (!this.#over) resolve(outcome.kind === 'fault' ? { ...outcome, sent: this.#sent } : outcome)
    })
    this.#request = request
    if (this.#over) return promise
    const outbound = this.#outbound(wanted)
    request.start(bench.transport.send(this.#parts.sign?.(outbound) ?? outbound, request))
    if (this.#paused) request.pause()
    return promise
  }

  /** Waits, for frameworks that have to be asked again. Never returns once the ask was let go of. */
  async wait(delay_ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#parts.bench.wheel.after(delay_ms, () => {
        if (!this.#over) resolve()
      })
    })
  }

  memo(memo: Partial<Pick<Known, 'task' | 'context'>>): void {
    if (!this.#over) this.#parts.ear.onMemo(memo)
  }

  say(event: JsonObject): void {
    if (this.#over) return
    if (!this.#answered) this.#parts.ear.onHead([])
    this.#answered = true
    // What hears it may let go of the ask.
    if (this.#isOpen()) this.#parts.ear.onSaid(sayNeutral(event))
  }

  /** What the framework failed with, for operators. */
  detail(detail: string): void {
    if (!this.#over) this.#parts.ear.onDetail?.(detail)
  }

  /** Everything models have used so far. */
  uses(used: readonly (Usage | null)[]): void {
    const usage = this.#over ? [] : usageByModel(used)
    if (usage.length > 0) this.#parts.ear.onUsage?.(usage)
  }

  quiet(): void {
    if (!this.#over) this.#parts.ear.onQuiet()
  }

  end(): void {
    if (this.#close()) this.#parts.ear.onEnd()
  }

  error(error: AgentError): void {
    if (this.#close()) this.#parts.ear.onError(error)
  }

  fault(fault: Fault): void {
    if (this.#close()) this.#parts.ear.onFault(fault)
  }

  /** Ends with a fault of ours: the framework answered something that is no answer. */
  bad(detail: string): void {
    this.fault(makeFault('bad_answer', detail, this.sent))
  }

  /** A status of this moment; a text or parts are what the agent says beside it. */
  status(state: TaskState, ids: TaskIds, said: string | readonly JsonObject[] | null = null): TaskStatus {
    const { clock, dice } = this.#parts.bench
    const timestamp = new Date(clock.now()).toISOString()
    const parts = typeof said === 'string' ? [{ text: said }] : (said ?? [])
    if (parts.length === 0) return { state, timestamp }
    return { state, timestamp, message: agentMessage(ids, `weir-${dice.hex(16)}`, parts) }
  }

  #isOpen(): boolean {
    return !this.#over
  }

  #close(): boolean {
    if (this.#over) return false
    this.#over = true
    this.#request?.abort()
    this.#atEnd?.()
    return true
  }

  #outbound({ method, path, body, headers = [], accept = 'application/json' }: Wanted): Outbound {
    const { upstream, errand } = this.#parts
    const own = new Map([['accept', accept], ['accept-encoding', 'identity'], ...headers])
    if (body !== null) own.set('content-type', 'application/json')
    if (errand.delivery !== null) own.set('txn-token', errand.delivery)
    const list = [...own].flat()
    for (let i = 0; i < upstream.fixed.length; i += 2) {
      const [name = '', value = ''] = upstream.fixed.slice(i, i + 2)
      if (!own.has(name)) list.push(name, value)
    }
    list.push(...errand.credential.flat())
    for (const [name, value] of errand.headers) if (!upstream.taken.has(name) && !own.has(name)) list.push(name, value)
    const bytes = body === null ? null : Buffer.from(JSON.stringify(body))
    return { method, origin: upstream.origin, path, headers: list, body: bytes, tls: upstream.tls }
  }
}

/** An answer in the words of A2A: the agent cannot do what was asked. */
export function agentError(code: number, message: string): AgentError {
  return { kind: 'agent_error', code, message, data: null, origin: null }
}

/** Codes of A2A 1.0 section 5.4 that drivers use. */
export const agentErrors = {
  task_not_found: -32001,
  not_cancelable: -32002,
  unsupported: -32004,
  content_type: -32005,
  invalid_params: -32602,
} as const
