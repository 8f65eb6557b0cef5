/** The way to an agent before a word is said: its name, its port, its certificate. */
import { lookup } from 'node:dns/promises'
import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { cleanText } from '../../base/clean-text.ts'
import type { Finding } from '../../domain/checkup.ts'
import type { UpstreamTls } from '../wire/upstream-tls.ts'

export interface Connection {
  /** Null where the name has none. */
  readonly addresses: readonly string[] | null
  /** Why no connection came about; null where one did. Codes of Node, OpenSSL among them. */
  readonly problem: string | null
  readonly took_ms: number
  /** When the certificate ends, milliseconds since the epoch; null without TLS. */
  readonly validTo: number | null
}

export interface ConnectionParts {
  readonly tls: UpstreamTls | null
  readonly timeout_ms: number
  readonly monotonic: () => number
}

/** Never rejects. */
export async function tryConnection(url: string, parts: ConnectionParts): Promise<Connection> {
  const { hostname, protocol, port } = new URL(url)
  const host = hostname.replaceAll(/^\[|\]$/g, '')
  const addresses = isIP(host) === 0 ? await addressesOf(host) : [host]
  const began = parts.monotonic()
  if (addresses === null) return { addresses, problem: 'ENOTFOUND', took_ms: 0, validTo: null }
  const secure = protocol === 'https:'
  const place = { host, port: Number(port === '' ? (secure ? 443 : 80) : port) }
  const opened = await open(place, secure, parts)
  const took_ms = Math.round(parts.monotonic() - began)
  return { addresses, took_ms, ...opened }
}

async function addressesOf(host: string): Promise<readonly string[] | null> {
  const found = await lookup(host, { all: true }).catch(() => null)
  return found?.map(({ address }) => address) ?? null
}

type Opened = Pick<Connection, 'problem' | 'validTo'>

function open(place: { host: string; port: number }, secure: boolean, parts: ConnectionParts): Promise<Opened> {
  const { promise, resolve } = Promise.withResolvers<Opened>()
  const { tls, timeout_ms } = parts
  const trusted = tls?.ca ? { ca: tls.ca } : {}
  const name = isIP(place.host) === 0 ? { servername: place.host } : {}
  const socket: Socket | TLSSocket = secure
    ? connectTls({ ...place, ...name, ...tls?.identity, ...trusted })
    : connectPlain(place)
  const settle = (opened: Opened): void => {
    socket.destroy()
    resolve(opened)
  }
  const done = (): void => settle({ problem: null, validTo: validToOf(socket) })
  socket.once(secure ? 'secureConnect' : 'connect', done)
  socket.on('error', (error: NodeJS.ErrnoException) => {
    settle({ problem: cleanText(error.code ?? error.message, problemChars_max), validTo: null })
  })
  socket.setTimeout(timeout_ms, () => settle({ problem: 'ETIMEDOUT', validTo: null }))
  return promise
}

const problemChars_max = 100

function validToOf(socket: Socket | TLSSocket): number | null {
  if (!('getPeerCertificate' in socket)) return null
  const time = Date.parse(socket.getPeerCertificate().valid_to)
  return Number.isNaN(time) ? null : time
}

const day_ms = 86_400_000
/** A certificate that ends sooner is worth a word: those that renew themselves do so earlier. */
const soon_ms = 14 * day_ms

/** `now` in milliseconds since the epoch. */
export function judgeConnection(
  url: string,
  { addresses, problem, took_ms, validTo }: Connection,
  now: number,
): Finding {
  const found = { check: 'connection', at: new URL(url).origin, keys: [], advice: null }
  if (problem !== null) {
    const [advice, ...keys] = connectionAdvice.find(([codes]) => codes.test(problem))?.[1] ?? [
      'It cannot be reached.',
      'url',
    ]
    return { ...found, result: 'problem', seen: problem, advice, keys }
  }
  const where = `${(addresses ?? []).slice(0, addresses_max).join(', ')} after ${took_ms} ms`
  if (validTo === null) return { ...found, result: 'ok', seen: where }
  const days = Math.floor((validTo - now) / day_ms)
  const seen = `${where}, certificate until ${new Date(validTo).toISOString().slice(0, 10)}`
  if (validTo - now > soon_ms) return { ...found, result: 'ok', seen }
  return { ...found, result: 'unknown', seen, advice: `Its certificate ends in ${days} days.` }
}

const addresses_max = 4

type Advice = readonly [sentence: string, ...keys: readonly string[]]

const connectionAdvice: readonly (readonly [codes: RegExp, advice: Advice])[] = [
  [/ENOTFOUND|EAI_AGAIN/, ['Its name has no address.', 'url', 'instances']],
  [/ECONNREFUSED/, ['Nothing listens there: start it, or correct its address.', 'url', 'instances']],
  [/ETIMEDOUT|UNREACH/, ['Nobody answers there: a firewall, or another network.', 'url', 'instances']],
  [/EXPIRED/, ['Its certificate has ended: it must be renewed.']],
  [/SELF_SIGNED|UNABLE_TO|UNTRUSTED/, ['Its certificate is of nobody who is trusted: name its CA.', 'credential.ca']],
  [/ALTNAME/, ['Its certificate is for another name.', 'url']],
  [/CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE/, ['It wants a certificate of ours.', 'credential.cert', 'credential.key']],
  [/WRONG_VERSION_NUMBER|PACKET_LENGTH/, ['It speaks no TLS there: http in place of https.', 'url']],
]
