/**
 * Requests to places that others name: cards of agents, webhooks of callers. The name is resolved here, every address is
 * judged before anything is sent, and the connection is pinned to the address that was judged: a name that answers
 * something else the second time finds nothing. Only redirects to the same origin are followed, each judged anew.
 *
 *     url -> [scheme, no credentials] -> resolve -> [public, or allowed] -> connect to that address -> answer | fault
 */
import { lookup } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import { Agent, type Dispatcher } from 'undici'
import { IpRanges, isMetadataAddress, isPublicAddress } from '../../base/ip-ranges.ts'
import { type Fault, type FaultCode, isFault } from '../../domain/fault.ts'
import type { HeaderList } from '../../protocol/http.ts'
import { type Head, makeFault } from './transport.ts'

export interface OutsideSettings {
  /** Ranges that are reached although they are not public (CIDR); loopback too only if it is listed. */
  readonly allow_private: readonly string[]
  readonly connect_ms: number
}

/** All addresses of a name. Rejects where there are none. */
export type ResolveName = (name: string) => Promise<readonly string[]>

export interface OutsideGet {
  readonly url: string
  readonly headers?: HeaderList
  /** For everything together: resolving, connecting, redirects, the whole answer. */
  readonly timeout_ms: number
  readonly max_bytes: number
  /** How many redirects to the same origin are followed; any other one is the answer. */
  readonly sameOriginRedirects: number
  /** This machine may be reached under a name of its own, because whoever is asked for lives on it. Default: not. */
  readonly loopback?: boolean
}

export interface OutsidePost {
  readonly url: string
  readonly headers: HeaderList
  readonly body: Uint8Array
  readonly timeout_ms: number
  /** As for a get. */
  readonly loopback?: boolean
}

export interface OutsideAnswer {
  readonly status: number
  readonly headers: Head
  readonly body: Buffer
  /** Where it came from in the end. */
  readonly url: string
}

const header_bytes_max = 16_384
const addresses_max = 16
const url_chars_max = 2048
/** Names that nobody else can give an address to. */
const loopbackHosts: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/** `name` is what a certificate must be for; `addresses` are judged. */
interface Place {
  readonly kind: 'place'
  readonly url: URL
  readonly addresses: readonly string[]
}

export class Outside {
  readonly #connect_ms: number
  readonly #resolve: ResolveName
  #allowed: IpRanges

  constructor(settings: OutsideSettings, resolve: ResolveName = resolveName) {
    this.#connect_ms = settings.connect_ms
    this.#allowed = new IpRanges(settings.allow_private)
    this.#resolve = resolve
  }

  /** Takes other ranges into use; what is under way goes on. */
  allow(ranges: readonly string[]): void {
    this.#allowed = new IpRanges(ranges)
  }

  /** Fetches a small document. Never rejects. */
  async get(request: OutsideGet): Promise<OutsideAnswer | Fault> {
    const signal = AbortSignal.timeout(request.timeout_ms)
    let url = request.url
    for (let left = request.sameOriginRedirects; ; left -= 1) {
      const place = await this.#placeOf(url, signal, request.loopback)
      if (isFault(place)) return place
      const asked = { method: 'GET', headers: [['accept-encoding', 'identity'], ...(request.headers ?? [])] } as const
      const answer = await this.#exchange(place, asked, { signal, max_bytes: request.max_bytes })
      if (isFault(answer)) return answer
      const next = left > 0 ? redirectOf(answer) : null
      if (next === null) return answer
      url = next
    }
  }

  /** Sends something once; what is answered beside the status is not read. Never rejects. */
  async post({ url, headers, body, timeout_ms }: OutsidePost): Promise<{ readonly status: number } | Fault> {
    const signal = AbortSignal.timeout(timeout_ms)
    const place = await this.#placeOf(url, signal)
    if (isFault(place)) return place
    const answer = await this.#exchange(place, { method: 'POST', headers, body }, { signal, max_bytes: null })
    return isFault(answer) ? answer : { status: answer.status }
  }

  /** Sends something once and reads what is answered; follows no redirect. Never rejects. */
  async ask({ url, loopback, ...request }: OutsidePost, max_bytes: number): Promise<OutsideAnswer | Fault> {
    const signal = AbortSignal.timeout(request.timeout_ms)
    const place = await this.#placeOf(url, signal, loopback)
    if (isFault(place)) return place
    const headers: HeaderList = [['accept-encoding', 'identity'], ...request.headers]
    return await this.#exchange(place, { method: 'POST', headers, body: request.body }, { signal, max_bytes })
  }

  /** Why a URL must not be reached as things stand; null if it may be. */
  async judge(url: string): Promise<string | null> {
    const place = await this.#placeOf(url, AbortSignal.timeout(this.#connect_ms))
    return isFault(place) ? place.detail : null
  }

  async #placeOf(text: string, signal: AbortSignal, loopback = false): Promise<Place | Fault> {
    const url = text.length > url_chars_max ? null : URL.parse(text)
    if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return refused('it is no http or https URL')
    if (url.username !== '' || url.password !== '') return refused('the URL holds credentials')
    // The parser has brought every spelling of an IPv4 address (decimal, octal, hexadecimal, short) into the usual one.
    const name = url.hostname.replace(/^\[|\]$/g, '')
    const addresses = isIP(name) === 0 ? await this.#addressesOf(name, signal) : [name]
    if (isFault(addresses)) return addresses
    const own = loopback && loopbackHosts.has(url.hostname)
    const isFit = (address: string): boolean => this.#isFit(address) || (own && isLoopback(address))
    const fit = addresses.slice(0, addresses_max).filter(isFit)
    return fit.length > 0 ? { kind: 'place', url, addresses: fit } : refused('no address of it may be reached')
  }

  async #addressesOf(name: string, signal: AbortSignal): Promise<readonly string[] | Fault> {
    try {
      return await Promise.race([this.#resolve(name), late(signal)])
    } catch {
      if (signal.aborted) return makeFault('connect_timeout', 'the name was not resolved in time', false)
      return makeFault('connect_failed', 'the name cannot be resolved', false)
    }
  }

  #isFit(address: string): boolean {
    if (isMetadataAddress(address)) return false
    return isPublicAddress(address) || this.#allowed.has(address)
  }

  async #exchange(place: Place, asked: Asked, { signal, max_bytes }: Bounds): Promise<OutsideAnswer | Fault> {
    const client = new Agent({
      connections: 1,
      pipelining: 0,
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: header_bytes_max,
      allowH2: false,
      connect: { timeout: this.#connect_ms, lookup: pinnedTo(place.addresses), autoSelectFamily: true },
    })
    const { url } = place
    let begun = false
    try {
      const headers = asked.headers.flatMap(([name, value]) => [name, value])
      const { origin, pathname, search } = url
      const answer = await client.request({
        origin,
        path: pathname + search,
        method: asked.method,
        headers,
        body: asked.body ?? null,
        signal,
      })
      begun = true
      const body = max_bytes === null ? Buffer.alloc(0) : await readBody(answer.body, max_bytes)
      if (isTooLarge(body)) return makeFault('too_large', `more than ${max_bytes} bytes`, true)
      return { status: answer.statusCode, headers: headOf(answer.headers), body, url: url.href }
    } catch (error) {
      return faultOf(error, { late: signal.aborted, begun })
    } finally {
      await client.destroy()
    }
  }
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}

type Asked = Pick<OutsidePost, 'headers'> & { readonly method: 'GET' | 'POST'; readonly body?: Uint8Array }

interface Bounds {
  readonly signal: AbortSignal
  /** Null where the body does not matter. */
  readonly max_bytes: number | null
}

async function resolveName(name: string): Promise<readonly string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address)
}

function late(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  const give = (): void => reject(new Error('late'))
  if (signal.aborted) give()
  else signal.addEventListener('abort', give, { once: true })
  return promise
}

function refused(detail: string): Fault {
  return makeFault('refused_address', detail, false)
}

/** Answers with what was judged, whoever asks and how often. */
function pinnedTo(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }))
  const first = all[0] ?? { address: '', family: 4 }
  return (_name, options, tell) => {
    if (options.all === true) tell(null, all)
    else tell(null, first.address, first.family)
  }
}

const tooLarge = Symbol('too large')

function isTooLarge(body: Buffer | typeof tooLarge): body is typeof tooLarge {
  return body === tooLarge
}

async function readBody(body: AsyncIterable<Buffer>, max_bytes: number): Promise<Buffer | typeof tooLarge> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > max_bytes) return tooLarge
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** Where an answer sends us within its origin; null if it does not. */
function redirectOf({ status, headers, url }: OutsideAnswer): string | null {
  const location = redirects.has(status) ? headers['location'] : undefined
  const next = location === undefined ? null : URL.parse(location, url)
  return next && next.origin === new URL(url).origin ? next.href : null
}

function headOf(headers: Dispatcher.ResponseData['headers']): Head {
  const entries = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, typeof value === 'string' ? value : value.join(', ')] as const],
  )
  return Object.fromEntries(entries)
}

/** Where no connection came about, nothing was sent. */
const unsent: Readonly<Record<string, FaultCode>> = {
  UND_ERR_CONNECT_TIMEOUT: 'connect_timeout',
  ECONNREFUSED: 'connect_failed',
  EHOSTUNREACH: 'connect_failed',
  ENETUNREACH: 'connect_failed',
  EADDRNOTAVAIL: 'connect_failed',
  ETIMEDOUT: 'connect_timeout',
}

function faultOf(error: unknown, { late, begun }: { readonly late: boolean; readonly begun: boolean }): Fault {
  const code = codeOf(error)
  const name = error instanceof Error ? error.name : 'Error'
  if (late) return makeFault(begun ? 'idle_timeout' : 'first_byte_timeout', 'not done in time', true)
  const known = unsent[code]
  if (known !== undefined && !begun) return makeFault(known, code, false)
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return makeFault('too_large', code, true)
  return makeFault(begun ? 'truncated' : 'reset', code === '' ? name : code, true)
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
