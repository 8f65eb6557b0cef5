/** Client certificates as the listener hands them on: already checked against the CA, here asked whom they name. */
import { hash, X509Certificate } from 'node:crypto'
import { BoundedMap } from '../../base/bounded-map.ts'
import type { Millis } from '../../base/clock.ts'
import { type Denial, deny } from '../../domain/verdict.ts'
import { trustDomainOf } from '../trust/spiffe.ts'

export interface Certificate {
  /** `x5t#S256` (RFC 8705 section 3.1): SHA-256 of the DER in base64url. */
  readonly sha256: string
  /** The workload an X.509-SVID names; null for any other certificate. */
  readonly spiffeId: string | null
  readonly notBefore: Millis
  readonly notAfter: Millis
}

/** Longer than any certificate we know of; a parse must stay below a millisecond. */
const der_max_bytes = 16_384
/** A parse costs 0.7 ms, a hash 2 us, and a caller shows the same certificate with every request. */
const parsed = new BoundedMap<string, Certificate>({ max: 4096 })

export function certificateOf(der: Uint8Array): Certificate | Denial {
  if (der.byteLength > der_max_bytes) return deny('unauthenticated', 'the certificate is over 16 KB')
  const sha256 = hash('sha256', der, 'base64url')
  const known = parsed.get(sha256)
  if (known) return known
  const certificate = parse(der, sha256)
  if (!certificate) return deny('unauthenticated', 'the certificate cannot be read')
  parsed.set(sha256, certificate)
  return certificate
}

function parse(der: Uint8Array, sha256: string): Certificate | null {
  try {
    const read = new X509Certificate(der)
    const [notBefore, notAfter] = [read.validFromDate.getTime(), read.validToDate.getTime()]
    // What OpenSSL left unread behind the certificate was hashed all the same, so one certificate had many thumbprints.
    if (read.raw.byteLength !== der.byteLength || Number.isNaN(notBefore) || Number.isNaN(notAfter)) return null
    return { sha256, spiffeId: read.ca ? null : spiffeIdIn(read.subjectAltName), notBefore, notAfter }
  } catch {
    return null
  }
}

/**
 * X509-SVID sections 2 and 5: exactly one URI, and that a SPIFFE ID. Node prints the names separated by commas, and a name
 * that holds a comma in quotes and escaped. An SVID needs no quotes, so whatever has some is left alone and not taken apart.
 */
function spiffeIdIn(names: string | undefined): string | null {
  if (names === undefined || names.includes('"')) return null
  const [uri, ...others] = names.split(', ').filter((name) => name.startsWith('URI:'))
  const id = uri?.slice('URI:'.length)
  return id !== undefined && others.length === 0 && trustDomainOf(id) !== null ? id : null
}
