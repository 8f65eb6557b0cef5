/**
 * Signature Version 4 of AWS (Signature Version 4 signing process, IAM User Guide): what proves to AWS who sends a
 * request. It covers method, path, query, body and every header we set, so it is made last.
 */
import { createHash, createHmac } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { AwsSettings } from '../../config/settings-drivers.ts'
import type { Outbound } from '../wire/transport.ts'

/** Signs requests for one service. */
export function awsSigner(aws: AwsSettings, service: string, clock: Clock): (request: Outbound) => Outbound {
  return (request) => signRequest(request, { aws, service, now: new Date(clock.now()) })
}

export interface SigningFacts {
  readonly aws: AwsSettings
  readonly service: string
  readonly now: Date
}

/** The same request with the headers of AWS; the ones it had of these names are replaced. */
export function signRequest(request: Outbound, { aws, service, now }: SigningFacts): Outbound {
  // `2026-11-21T01:43:17.123Z` in the basic form of ISO 8601.
  const stamp = now.toISOString().replaceAll(/[-:]|\.\d{3}/g, '')
  const day = stamp.slice(0, 8)
  const payload = sha256(request.body ?? '')
  const kept = pairsOf(request.headers).filter(([name]) => !ours.has(name))
  const token = aws.session_token === null ? [] : [['x-amz-security-token', aws.session_token.reveal()] as const]
  const own = [['x-amz-date', stamp] as const, ['x-amz-content-sha256', payload] as const, ...token]
  const covered = canonicalHeaders([...kept, ...own, ['host', new URL(request.origin).host]])
  const names = covered.map(([name]) => name).join(';')
  const [path = '/', query = ''] = request.path.split('?', 2)
  const lines = covered.map(([name, value]) => `${name}:${value}\n`).join('')
  const canonical = [request.method, canonicalPath(path), canonicalQuery(query), lines, names, payload].join('\n')
  const scope = `${day}/${aws.region}/${service}/aws4_request`
  const text = ['AWS4-HMAC-SHA256', stamp, scope, sha256(canonical)].join('\n')
  const signature = hmac(keyOf(aws, service, day), text).toString('hex')
  const credential = `Credential=${aws.access_key_id}/${scope}`
  const authorization = `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names}, Signature=${signature}`
  return { ...request, headers: [...kept, ...own, ['authorization', authorization] as const].flat() }
}

const ours = new Set(['host', 'authorization', 'x-amz-date', 'x-amz-content-sha256', 'x-amz-security-token'])

/** Headers that a proxy on the way may change are not covered. */
const uncovered = new Set(['connection', 'user-agent', 'expect', 'transfer-encoding', 'x-amzn-trace-id'])

type Pair = readonly [name: string, value: string]

function pairsOf(headers: readonly string[]): readonly Pair[] {
  const pairs: Pair[] = []
  for (let i = 0; i + 1 < headers.length; i += 2) {
    pairs.push([(headers[i] ?? '').toLowerCase(), headers[i + 1] ?? ''])
  }
  return pairs
}

/** Sorted by name, each once: what came twice is joined, as it is on the wire. */
function canonicalHeaders(pairs: readonly Pair[]): readonly Pair[] {
  const values = new Map<string, string>()
  for (const [name, value] of pairs) {
    if (uncovered.has(name)) continue
    const plain = value.trim().replaceAll(/ +/g, ' ')
    const before = values.get(name)
    values.set(name, before === undefined ? plain : `${before},${plain}`)
  }
  return [...values].toSorted(byText)
}

/** The path as it stands on the wire, encoded once more. */
function canonicalPath(path: string): string {
  return path.split('/').map(encode).join('/')
}

function canonicalQuery(query: string): string {
  if (query === '') return ''
  const pairs = query.split('&').map((pair): Pair => {
    const at = pair.indexOf('=')
    const [name, value] = at === -1 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
    return [encode(decode(name)), encode(decode(value))]
  })
  return pairs
    .toSorted(byText)
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

/** By code points, which is what the other side sorts by. */
function byText([a, x]: Pair, [b, y]: Pair): number {
  if (a !== b) return a < b ? -1 : 1
  return x === y ? 0 : x < y ? -1 : 1
}

/** RFC 3986 section 2.3: everything but unreserved characters. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function keyOf({ secret_access_key, region }: AwsSettings, service: string, day: string): Buffer {
  return [day, region, service, 'aws4_request'].reduce(hmac, Buffer.from(`AWS4${secret_access_key.reveal()}`))
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
