/**
 * An API that knows nothing of MCP, as a tool server: its tools are the operations of its description, and a call of one is
 * a request over HTTP. What it says of itself is the same for everybody; who speaks shows only in the credential.
 */
import { assert } from '../../base/assert.ts'
import type { JsonObject } from '../../base/json.ts'
import { valueAtPath } from '../../base/json-edit.ts'
import type { CompiledApi, CompiledTool } from '../../protocol/openapi/contract.ts'
import type { Json } from './channel.ts'
import type { About, Asking, End, Hearer, Link, Listening, Speaker, Talk, Warrant } from './link.ts'
import { type ApiPlace, ApiCall } from './openapi-call.ts'

export interface ApiLinkParts extends ApiPlace {
  readonly api: CompiledApi
  readonly speaker: Speaker
}

export function openApiLink(parts: ApiLinkParts): Link {
  return new OpenApiLink(parts)
}

const methodNotFound = -32601
const invalidParams = -32602

/** How long a list may be kept by whoever asked for it: a description changes with the configuration only. */
const list_ttl_ms = 300_000

/** What follows from a description alone, for all links of all speakers. */
interface Prepared {
  readonly about: About
  readonly tools: ReadonlyMap<string, CompiledTool>
  readonly list: Json
}

const prepared = new WeakMap<CompiledApi, Prepared>()

function prepare(api: CompiledApi): Prepared {
  const known = prepared.get(api)
  if (known) return known
  const list = {
    resultType: 'complete',
    tools: api.tools.map(({ definition }) => definition),
    ttlMs: list_ttl_ms,
    cacheScope: 'private',
  }
  const made: Prepared = {
    about: {
      era: 'modern',
      version: '2026-07-28',
      capabilities: jsonOf({ tools: {} }),
      serverInfo: jsonOf({ name: api.title, version: api.version }),
      instructions: null,
    },
    tools: new Map(api.tools.map((tool) => [tool.definition.name, tool])),
    list: jsonOf(list),
  }
  prepared.set(api, made)
  return made
}

function jsonOf(value: JsonObject): Json {
  return Buffer.from(JSON.stringify(value).toWellFormed())
}

class OpenApiLink implements Link {
  readonly about: About
  readonly #parts: ApiLinkParts
  readonly #known: Prepared
  readonly #calls = new Set<ApiCall>()
  #open = true

  constructor(parts: ApiLinkParts) {
    this.#parts = parts
    this.#known = prepare(parts.api)
    this.about = this.#known.about
  }

  get open(): boolean {
    return this.#open
  }

  ask(warrant: Warrant, asking: Asking, hearer: Hearer): Talk {
    if (!this.#open) return new Told({ kind: 'fault', fault: closed }, hearer)
    if (asking.method === 'tools/list') return new Told(this.#listed(asking.params), hearer)
    if (asking.method === 'tools/call') return this.#call(warrant, asking, hearer)
    return new Told(errorOf(methodNotFound, 'An API has tools and nothing else.'), hearer)
  }

  /** An API hears no notifications. */
  tell(): void {}

  /** Nothing ever changes while a link is open. */
  listen(): Listening {
    return { use: () => {}, close: () => {} }
  }

  close(): void {
    this.#open = false
    for (const call of this.#calls) call.giveUp(closed)
    this.#calls.clear()
  }

  /** All of it is one page, so there is no cursor that anybody could have. */
  #listed(params: Json | null): End {
    if (params !== null && valueAtPath(params, ['cursor']) !== null) return errorOf(invalidParams, 'No such cursor.')
    return { kind: 'result', result: this.#known.list }
  }

  #call(warrant: Warrant, { params, speaker }: Asking, hearer: Hearer): Talk {
    assert(warrant.kind !== 'care', 'care is for lists and never for a call')
    const tool = this.#known.tools.get(nameIn(params) ?? '')
    if (!tool) return new Told(errorOf(invalidParams, 'No such tool.'), hearer)
    const place = { ...this.#parts, speaker: speaker ?? this.#parts.speaker }
    const call: ApiCall = new ApiCall(tool.plan, params, place, (end) => {
      this.#calls.delete(call)
      if (end !== null) hearer.onEnd(end)
    })
    this.#calls.add(call)
    return call
  }
}

const closed = { kind: 'fault', code: 'aborted', detail: 'the link was closed', sent: false } as const

function nameIn(params: Json | null): string | null {
  const bytes = params === null ? null : valueAtPath(params, ['name'])
  const name: unknown = bytes === null ? null : JSON.parse(bytes.toString('utf8'))
  return typeof name === 'string' ? name : null
}

function errorOf(code: number, message: string): End {
  return { kind: 'error', error: jsonOf({ code, message }) }
}

/** What is known at once, told as soon as whoever asked can hear it. */
class Told implements Talk {
  readonly sent = false
  #wanted = true

  constructor(end: End, hearer: Hearer) {
    queueMicrotask(() => {
      if (this.#wanted) hearer.onEnd(end)
    })
  }

  answer(): void {}

  cancel(): void {
    this.#wanted = false
  }

  pause(): void {}

  resume(): void {}
}
