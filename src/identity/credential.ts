/** What a caller sends to say who it is, read from the headers and not yet believed. */
import type { HeaderMap } from '../protocol/http.ts'
import { type Denial, deny } from '../domain/verdict.ts'

export type Credential = { readonly kind: 'api_key' | 'token'; readonly raw: string }

/** The longest credential read, in characters (of one byte each). */
export const credentialMax_chars = 8192

const bearerForm = /^bearer ([A-Za-z0-9._~+/-]+=*)$/i
const apiKeyForm = /^wk_[A-Za-z0-9-]+_[A-Za-z0-9_-]+$/

/**
 * Reads `Authorization: Bearer ...` (RFC 6750 section 2.1): exactly one credential of at most 8 KB. Two headers arrive joined
 * by a comma, which no token holds, so they are refused like any other stray character.
 */
export function readCredential(headers: HeaderMap): Credential | Denial {
  const header = headers.get('authorization')
  if (header === undefined) return deny('unauthenticated', 'no Authorization header')
  if (header.length > credentialMax_chars + 'Bearer '.length) return deny('unauthenticated', 'credential over 8 KB')
  const raw = bearerForm.exec(header)?.[1]
  if (raw === undefined) return deny('unauthenticated', 'Authorization is not one Bearer credential')
  return { kind: apiKeyForm.test(raw) ? 'api_key' : 'token', raw }
}

/** Reads the delegation a caller presents beside its credential; null if it presents none. */
export function readTxnToken(headers: HeaderMap): string | null {
  return headers.get('txn-token') ?? null
}
