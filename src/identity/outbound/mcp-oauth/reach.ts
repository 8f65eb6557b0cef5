/**
 * How the OAuth client reaches what servers name to it. Every URL in a challenge or in metadata is written by somebody
 * else: https only, judged and pinned below, bounded in size and time. Clear text is for this machine alone, and only where
 * the operator has put the tool server itself on it.
 */
import { type JsonObject, readJsonObject } from '../../../base/json.ts'
import { isProtectedUrl } from '../../../config/fields.ts'
import type { Fault } from '../../../domain/fault.ts'
import type { HeaderList } from '../../../protocol/http.ts'

/** What is used of the way to places that others name. */
export interface OutsideWay {
  get(request: {
    readonly url: string
    readonly headers?: HeaderList
    readonly timeout_ms: number
    readonly max_bytes: number
    readonly sameOriginRedirects: number
    readonly loopback?: boolean
  }): Promise<OutsideGave | Fault>
  ask(
    request: {
      readonly url: string
      readonly headers: HeaderList
      readonly body: Uint8Array
      readonly timeout_ms: number
      readonly loopback?: boolean
    },
    max_bytes: number,
  ): Promise<OutsideGave | Fault>
}

interface OutsideGave {
  readonly status: number
  readonly body: Buffer
}

/** What was fetched, or why not: a sentence for operators. */
export type Fetched = { readonly kind: 'document'; readonly json: JsonObject } | Unfetched

export interface Unfetched {
  readonly kind: 'unfetched'
  /** Of the answer; 0 where there was none. */
  readonly status: number
  readonly why: string
}

const timeout_ms = 10_000
const document_max_bytes = 65_536
const redirects_max = 2

export class Reach {
  readonly #outside: OutsideWay
  readonly #loopback: boolean

  /** `serverUrl` is the operator's. */
  constructor(outside: OutsideWay, serverUrl: string) {
    this.#outside = outside
    this.#loopback = isOnLoopback(serverUrl)
  }

  /** Whether something may be sent there at all, or a browser be sent there. */
  allows(url: unknown): url is string {
    if (typeof url !== 'string' || !isProtectedUrl(url)) return false
    return url.startsWith('https:') || (this.#loopback && isOnLoopback(url))
  }

  /** A document that is a JSON object. */
  async get(url: string): Promise<Fetched> {
    if (!this.allows(url)) return unfetched('it is not an https URL')
    const bounds = { timeout_ms, max_bytes: document_max_bytes, sameOriginRedirects: redirects_max }
    const headers = [['accept', 'application/json']] as const
    const answer = await this.#outside.get({ url, headers, ...bounds, loopback: this.#loopback })
    if ('kind' in answer) return unfetched(`${answer.code}: ${answer.detail}`)
    if (answer.status !== 200) return unfetched(`it answered ${answer.status}`, answer.status)
    const json = readJsonObject(answer.body.toString('utf8'))
    return json ? { kind: 'document', json } : unfetched('it is no JSON object', answer.status)
  }

  /** Posts in the place of `fetch`. Throws where nothing could be sent, as `fetch` does. */
  readonly fetch = async (url: string, { headers, body }: RequestInit): Promise<Response> => {
    if (!this.allows(url)) throw new TypeError('it is not an https URL', { cause: { code: 'refused_address' } })
    const sent: HeaderList = [...new Headers(headers)]
    const bytes = Buffer.from(typeof body === 'string' ? body : body instanceof URLSearchParams ? body.toString() : '')
    const request = { url, headers: sent, body: bytes, timeout_ms, loopback: this.#loopback }
    const answer = await this.#outside.ask(request, document_max_bytes)
    if ('kind' in answer) throw new TypeError(answer.detail, { cause: { code: answer.code } })
    const type = { 'content-type': 'application/json' }
    return new Response(answer.body.length > 0 ? answer.body : null, { status: answer.status, headers: type })
  }
}

function unfetched(why: string, status = 0): Unfetched {
  return { kind: 'unfetched', status, why }
}

function isOnLoopback(url: string): boolean {
  return isProtectedUrl(url.replace(/^https:/, 'http:'))
}
