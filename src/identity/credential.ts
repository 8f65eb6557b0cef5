/** What a caller sends to say who it is, read from the headers and not yet believed. */
import type { HeaderMap } from '../protocol/http.ts'
import { type Denial, deny } from '../domain/verdict.ts'

export interface Credential {
  readonly kind: 'api_key' | 'token'
  /** `dpop` says that a proof of possession comes with it (RFC 9449 section 7.1). */
  readonly scheme: 'bearer' | 'dpop'
  readonly raw: string
}

/** The longest credential read, in characters (of one byte each). */
export const credentialMax_chars = 8192

const credentialForm = /^(bearer|dpop) ([A-Za-z0-9._~+/-]+=*)$/i
const apiKeyForm = /^wk_[A-Za-z0-9-]+_[A-Za-z0-9_-]+$/

/**
 * Reads `Authorization: Bearer ...` (RFC 6750 section 2.1) or `DPoP ...` (RFC 9449 section 7.1): exactly one credential of at
 * most 8 KB. Two headers arrive joined by a comma, which no token holds, so they are refused like any other stray character.
 */
export function readCredential(headers: HeaderMap): Credential | Denial {
  const header = headers.get('authorization')
  if (header === undefined) return deny('unauthenticated', 'no Authorization header')
  if (header.length > credentialMax_chars + 'Bearer '.length) return deny('unauthenticated', 'credential over 8 KB')
  const [, scheme, raw] = credentialForm.exec(header) ?? []
  if (raw === undefined) return deny('unauthenticated', 'Authorization is not one Bearer or DPoP credential')
  const kind = apiKeyForm.test(raw) ? 'api_key' : 'token'
  return { kind, scheme: scheme?.toLowerCase() === 'dpop' ? 'dpop' : 'bearer', raw }
}

/** Reads the delegation a caller presents beside its credential; null if it presents none. */
export function readTxnToken(headers: HeaderMap): string | null {
  return headers.get('txn-token') ?? null
}
