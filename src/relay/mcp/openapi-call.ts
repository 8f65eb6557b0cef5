/**
 * One call of an operation: arguments become a request, its answer becomes the result. Nothing of the caller's request but
 * the arguments goes along. Where the API wants another credential it gets one, once.
 */
import { parseExact } from '../../base/exact-json.ts'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { valueAtPath } from '../../base/json-edit.ts'
import { scanJson } from '../../base/json-scan.ts'
import { jsonShape } from '../../base/json-shape.ts'
import type { Fault } from '../../domain/fault.ts'
import { isDenial } from '../../domain/verdict.ts'
import type { HeaderList } from '../../protocol/http.ts'
import type { OperationPlan } from '../../protocol/openapi/contract.ts'
import { type ApiRequest, requestOf } from '../../protocol/openapi/request.ts'
import { resultOf, type ResultMaximums } from '../../protocol/openapi/response.ts'
import {
  faultOfBug,
  type Head,
  makeFault,
  type Outbound,
  type Receiver,
  type Transport,
  type Wire,
} from '../wire/transport.ts'
import type { Upstream } from '../wire/upstream.ts'
import type { Json } from './channel.ts'
import type { End, Speaker, Talk } from './link.ts'

export interface ApiPlace {
  readonly transport: Transport
  /** Where the API is; a query of its address stands before that of every request. */
  readonly upstream: Pick<Upstream, 'origin' | 'path' | 'fixed' | 'tls'>
  readonly patience: NonNullable<Outbound['patience']>
  readonly maximums: ApiMaximums
  readonly speaker: Pick<Speaker, 'credentials' | 'challenged'>
}

export interface ApiMaximums extends ResultMaximums {
  /** Of an answer; a larger one is a fault. */
  readonly answer_bytes: number
}

const anyShape = jsonShape([], 'ignore')
/** How deep the body of an answer will stand in the message that carries it. */
const around = [Buffer.from('[[[['), Buffer.from(']]]]')] as const

/** Whether bytes can stand as a value inside of a message. */
function isJsonText(bytes: Buffer): boolean {
  return scanJson(Buffer.concat([around[0], bytes, around[1]]), anyShape).kind === 'spans'
}

export class ApiCall implements Talk, Receiver {
  readonly #plan: OperationPlan
  readonly #place: ApiPlace
  readonly #tell: (end: End | null) => void
  #request: ApiRequest | null = null
  #wire: Wire | null = null
  #head: { readonly status: number; readonly headers: Head } | null = null
  #chunks: Buffer[] = []
  #bytes = 0
  #sent = false
  #paused = false
  #over = false
  #challenged = false

  /** `tell` is called once: with the end, or with null where nobody waits for it any more. */
  constructor(plan: OperationPlan, params: Json | null, place: ApiPlace, tell: (end: End | null) => void) {
    this.#plan = plan
    this.#place = place
    this.#tell = tell
    queueMicrotask(() => {
      this.#begin(params).catch((bug: unknown) => this.onFault(faultOfBug(bug)))
    })
  }

  get sent(): boolean {
    return this.#sent || (this.#wire?.sent ?? false)
  }

  /** An API asks nothing back. */
  answer(): void {}

  cancel(): void {
    if (this.#over) return
    this.#over = true
    this.#chunks = []
    this.#wire?.abort()
    this.#tell(null)
  }

  giveUp(fault: Fault): void {
    this.onFault({ ...fault, sent: this.sent })
  }

  pause(): void {
    this.#paused = true
    this.#wire?.pause()
  }

  resume(): void {
    this.#paused = false
    this.#wire?.resume()
  }

  onHead(status: number, headers: Head): void {
    if (this.#over) return
    this.#head = { status, headers }
    if ((headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity')
      return this.onFault(makeFault('bad_answer', 'the answer is encoded', true))
    if (wantsOther(status, headers) && !this.#challenged) {
      this.#again(status, headers['www-authenticate'] ?? null).catch((bug: unknown) => this.onFault(faultOfBug(bug)))
    }
  }

  onBytes(chunk: Buffer): void {
    if (this.#over) return
    this.#bytes += chunk.length
    if (this.#bytes > this.#place.maximums.answer_bytes)
      return this.onFault(makeFault('too_large', 'a whole answer', true))
    // The client below may use the memory of a chunk again.
    this.#chunks.push(Buffer.from(chunk))
  }

  onEnd(): void {
    if (this.#over || !this.#head) return
    const { status, headers } = this.#head
    const answer = { status, headers, body: Buffer.concat(this.#chunks) }
    const uri = `openapi:${this.#request?.path ?? '/'}`
    const result = resultOf(this.#plan, answer, this.#place.maximums, { uri, isJsonText })
    this.#end({ kind: 'result', result })
  }

  onFault(fault: Fault): void {
    if (this.#over) return
    this.#wire?.abort()
    this.#end({ kind: 'fault', fault })
  }

  async #begin(params: Json | null): Promise<void> {
    if (this.#over) return
    const args = argumentsIn(params)
    const request = args === null ? 'The arguments are no object.' : requestOf(this.#plan, args)
    if (typeof request === 'string') return this.#end({ kind: 'result', result: mistake(request) })
    this.#request = request
    const given = this.#place.speaker.credentials()
    const headers = given instanceof Promise ? await given : given
    if (this.#over) return
    if (isDenial(headers)) return this.#end({ kind: 'denial', denial: headers })
    this.#send(request, headers)
  }

  #send({ method, path, headers, body }: ApiRequest, credentials: HeaderList): void {
    const { transport, upstream, patience } = this.#place
    const { origin, fixed, tls } = upstream
    const outbound = {
      method,
      origin,
      path: joined(upstream.path, path),
      headers: together(headers, fixed, credentials),
      body,
      tls,
      patience,
    }
    this.#wire = transport.send(outbound, this)
    if (this.#paused) this.#wire.pause()
  }

  /** The same request with another credential: what was not let in has done nothing yet. */
  async #again(status: 401 | 403, challenge: string | null): Promise<void> {
    this.#challenged = true
    this.#sent = true
    this.#wire?.abort()
    this.#wire = null
    const headers = await this.#place.speaker.challenged(status, challenge)
    if (this.#over || !this.#request) return
    if (isDenial(headers)) return this.#end({ kind: 'denial', denial: headers })
    this.#chunks = []
    this.#bytes = 0
    this.#send(this.#request, headers)
  }

  #end(end: End): void {
    if (this.#over) return
    this.#over = true
    this.#chunks = []
    this.#tell(end)
  }
}

/** Many APIs say 403 of things they do not allow anybody; only one that asks for more is about the credential. */
function wantsOther(status: number, headers: Head): status is 401 | 403 {
  return status === 401 || (status === 403 && /insufficient_scope/i.test(headers['www-authenticate'] ?? ''))
}

function argumentsIn(params: Json | null): JsonObject | null {
  const bytes = params === null ? null : valueAtPath(params, ['arguments'])
  if (bytes === null) return {}
  const value = parseExact(bytes.toString('utf8'))
  return isJsonObject(value) ? value : null
}

/** What is wrong with arguments is told to the model, which can mend it. */
function mistake(sentence: string): Buffer {
  return Buffer.from(
    JSON.stringify({ resultType: 'complete', content: [{ type: 'text', text: sentence }], isError: true }),
  )
}

function joined(base: string, path: string): string {
  const [below = '', search] = base.split('?', 2)
  const whole = below.replace(/\/+$/, '') + path
  if (search === undefined || search === '') return whole
  return whole.includes('?') ? whole.replace('?', () => `?${search}&`) : `${whole}?${search}`
}

/** The operator's headers win over arguments, and the credential over both; cookies stand beside each other. */
function together(own: HeaderList, fixed: readonly string[], credentials: HeaderList): string[] {
  const all = new Map<string, string>([['user-agent', 'weir'], ['accept-encoding', 'identity'], ...own])
  const pairs = Array.from(
    { length: fixed.length / 2 },
    (_, at) => [fixed[2 * at] ?? '', fixed[2 * at + 1] ?? ''] as const,
  )
  for (const [written, value] of [...pairs, ...credentials]) {
    const name = written.toLowerCase()
    const before = name === 'cookie' ? all.get(name) : undefined
    all.set(name, before === undefined ? value : `${before}; ${value}`)
  }
  return [...all].flat()
}
