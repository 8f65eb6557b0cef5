/**
 * The TLS of a listener: its files, checked before an engine reads them, and the certificates callers show. An engine
 * asks for a certificate and refuses an untrusted one in the handshake; that a missing one is refused as well, and one
 * that ran out on an open connection or a resumed session, is decided here for both engines.
 */
import { X509Certificate, createPrivateKey } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { BoundedMap } from '../base/bounded-map.ts'
import type { Millis } from '../base/clock.ts'
import type { TlsSettings } from '../config/settings-identity.ts'
import { refusal, type Refusal } from './refusals.ts'

/** The lowest version spoken; uWebSockets.js has the same one built in. */
export const tlsVersion_min = 'TLSv1.2'

/** What was read of the files; the CA is null where no caller is asked for a certificate. */
export interface TlsMaterial {
  readonly cert: Buffer
  readonly key: Buffer
  readonly ca: Buffer | null
}

const othersMayRead = 0o077

/** Reads and checks the files, or says in one sentence what is wrong. Synchronous: for the start, never for the road. */
export function readTls({ cert, key, client_ca, client_cert }: TlsSettings): TlsMaterial | string {
  try {
    const mode = statSync(key).mode & 0o777
    if (mode & othersMayRead)
      return `the TLS key ${key} has mode ${mode.toString(8)}; others may read it. Run: chmod 600 ${key}`
    const read = { cert: readFileSync(cert), key: readFileSync(key) }
    const privateKey = createPrivateKey(read.key)
    if (!new X509Certificate(read.cert).checkPrivateKey(privateKey))
      return `the TLS key ${key} does not belong to the certificate ${cert}`
    if (client_cert === 'none') return { ...read, ca: null }
    if (client_ca === null) return 'client certificates are asked for, but gateway.tls.client_ca names no CA for them'
    const ca = readFileSync(client_ca)
    if (!new X509Certificate(ca).ca) return `${client_ca} does not begin with the certificate of a CA`
    return { ...read, ca }
  } catch (error) {
    return `the TLS files ${[cert, key, client_ca].filter(Boolean).join(', ')} cannot be used: ${String(error)}`
  }
}

/** A certificate that was checked against the CA in the handshake. */
export interface PeerCert {
  readonly der: Uint8Array
  /** Validity. Outside of it the certificate proves nothing any more. */
  readonly from: Millis
  readonly until: Millis
}

/** Certificates remembered by their text; a parse costs 0.7 ms the first time. */
const remembered_max = 4096

/** Reads certificates, each once. */
export class PeerCerts {
  readonly #known = new BoundedMap<string, PeerCert>({ max: remembered_max })

  /** Of the PEM text; null where it is empty, as uWebSockets.js has it for a peer without one. */
  read(pem: string): PeerCert | null {
    if (pem === '') return null
    const known = this.#known.get(pem)
    if (known) return known
    const peerCert = readCert(new X509Certificate(pem))
    this.#known.set(pem, peerCert)
    return peerCert
  }
}

export function readCert({ raw, validFromDate, validToDate }: X509Certificate): PeerCert {
  return { der: Uint8Array.from(raw), from: validFromDate.getTime(), until: validToDate.getTime() }
}

/** Why a request with this certificate, or without one, does not come in. */
export function refuseCert(tls: TlsSettings | null, peerCert: PeerCert | null, now: Millis): Refusal | null {
  if (tls?.client_cert === 'required' && peerCert === null) return refusal('certificate_required')
  if (peerCert !== null && (now < peerCert.from || now > peerCert.until)) return refusal('certificate_expired')
  return null
}
