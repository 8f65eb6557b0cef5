/**
 * The driver of agents that speak A2A, in whichever dialects they do. A caller of the same dialect has its own bytes
 * forwarded; for every other the request is written anew.
 */
import type { DialectName } from '../../domain/call.ts'
import { headersUpwards } from '../../protocol/headers.ts'
import { forwardRequest, type WireRequest, writeRequest } from '../../protocol/a2a/write-request.ts'
import type { JsonObject } from '../../base/json.ts'
import type { A2aVersion } from '../../protocol/a2a/revision.ts'
import { versionOf } from '../../protocol/a2a/methods.ts'
import type { Ask, Driver, Ear, Errand, Features, FollowAsk, Line } from '../driver.ts'
import type { Bench } from '../exchange.ts'
import type { Outbound } from '../wire/transport.ts'
import type { Spoken, Upstream } from '../wire/upstream.ts'
import { AnswerReader } from './answer-reader.ts'

/** What the agent is known not to do; everything else of A2A is taken for granted. */
export interface A2aOptions {
  readonly stream: boolean
  /** Whether `A2A-Version` is sent; agents older than 0.3 know no such header. */
  readonly versionHeader: boolean
  readonly blocking: boolean
  /** Null for an agent that is reached directly. */
  readonly host: A2aHost | null
}

export const usualOptions: A2aOptions = { stream: true, versionHeader: true, blocking: true, host: null }

/** A platform around the agent that wants something of every request and answers some of them itself. */
export interface A2aHost {
  dress(request: Outbound, ask: Ask): Outbound
  hear(ear: Ear): Ear
}

export function openA2a(upstream: Upstream, bench: Bench, options: A2aOptions = usualOptions): Driver {
  return new A2aDriver(upstream, bench, options)
}

class A2aDriver implements Driver {
  readonly features: Features
  readonly #upstream: Upstream
  readonly #bench: Bench
  readonly #versionHeader: boolean
  readonly #host: A2aHost | null

  constructor(upstream: Upstream, bench: Bench, { stream, versionHeader, blocking, host }: A2aOptions) {
    this.#upstream = upstream
    this.#bench = bench
    this.#versionHeader = versionHeader
    this.#host = host
    this.features = { stream, get: true, subscribe: stream, cancel: true, blocking }
  }

  open(ask: Ask, errand: Errand, ear: Ear): Line {
    const spoken = chooseSpoken(this.#upstream.speaks, dialectOf(ask))
    const { request, rpcId } = composeRequest(ask, spoken.dialect)
    const bare = this.#outboundOf(request, spoken, errand)
    const outbound = this.#host ? this.#host.dress(bare, ask) : bare
    const caller = 'call' in ask ? versionOf(ask.call.dialect) : null
    const expected = { dialect: spoken.dialect, operation: ask.operation, rpcId, caller }
    const reader = new AnswerReader(expected, this.#bench, this.#host ? this.#host.hear(ear) : ear)
    return reader.listen(this.#bench.transport.send(outbound, reader))
  }

  #outboundOf(request: WireRequest, spoken: Spoken, errand: Errand): Outbound {
    const { fixed, taken, tls } = this.#upstream
    const version = versionOf(spoken.dialect)
    const headers = [
      ...(request.contentType === null ? [] : ['content-type', request.contentType]),
      'accept',
      request.accept,
      'accept-encoding',
      'identity',
      ...(this.#versionHeader ? ['a2a-version', version] : []),
      ...(errand.delivery === null ? [] : ['txn-token', errand.delivery]),
      ...errand.credential.flat(),
      ...fixed,
    ]
    const crossing = errand.headers.length === 0 ? [] : headersUpwards(new Map(errand.headers), version)
    for (const [name, value] of crossing) if (!taken.has(name)) headers.push(name, value)
    const { method, body } = request
    return { method, origin: spoken.origin, path: pathOf(spoken, request), headers, body, tls }
  }
}

/** The same dialect as the caller's where the agent has it, else the same version, else what the agent prefers. */
function chooseSpoken(speaks: readonly Spoken[], wanted: DialectName | null): Spoken {
  const [first] = speaks
  if (!first) throw new Error('an agent that speaks A2A has an interface')
  if (wanted === null || first.dialect === wanted) return first
  const version: A2aVersion = versionOf(wanted)
  return (
    speaks.find(({ dialect }) => dialect === wanted) ??
    speaks.find(({ dialect }) => versionOf(dialect) === version) ??
    first
  )
}

function dialectOf(ask: Ask): DialectName | null {
  if ('call' in ask) return ask.call.dialect
  return ask.warrant.kind === 'claim' ? ask.warrant.task.dialect : ask.warrant.call.dialect
}

interface Composed {
  readonly request: WireRequest
  readonly rpcId: string
}

function composeRequest(ask: Ask, dialect: DialectName): Composed {
  const rpcId = idFor(ask, dialect)
  if (!('call' in ask)) return { request: writeRequest(dialect, ask.operation, followParams(ask), rpcId), rpcId }
  const asWritten = ask.call.dialect === dialect && ask.rewritten !== true && isCommonId(ask.call.rpcId)
  const forwarded = asWritten ? forwardRequest(ask.call) : null
  return { request: forwarded ?? writeRequest(dialect, ask.operation, ask.params(), rpcId), rpcId }
}

function followParams({ operation, taskId, historyLength }: FollowAsk): JsonObject {
  return operation === 'get' && historyLength !== null ? { id: taskId, historyLength } : { id: taskId }
}

/** The caller's own id token where it has one, so that its answers need no new envelope. */
function idFor(ask: Ask, dialect: DialectName): string {
  if (dialect.endsWith('-rest')) return 'null'
  if ('call' in ask && ask.call.rpcId !== 'null' && isCommonId(ask.call.rpcId)) return ask.call.rpcId
  return JSON.stringify(`${ask.operation}-${ask.warrant.id}`)
}

/** JSON-RPC 2.0 section 4 only advises against fractions, but servers of the SDKs refuse every request that has one. */
function isCommonId(rpcId: string): boolean {
  return rpcId.startsWith('"') || !/[.eE]/.test(rpcId)
}

function pathOf({ path, search }: Spoken, { rest, query }: WireRequest): string {
  if (query === '') return `${path}${rest}${search}`
  return `${path}${rest}${search === '' ? '?' : `${search}&`}${query}`
}
