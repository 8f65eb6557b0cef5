/** Takes a token apart for a person to look at; decides nothing. */
import { compactVerify, createLocalJWKSet, type JSONWebKeySet } from 'jose'
import type { Millis } from '../base/clock.ts'
import { isJsonObject, type JsonObject } from '../base/json.ts'
import { type Denial, isDenial } from '../domain/verdict.ts'
import { isText, type ReadToken, readToken } from './strict-jwt.ts'

/** Never holds the signature, so a printed report cannot be used as a token. */
export interface TokenReport {
  readonly header: JsonObject
  readonly claims: JsonObject
  /** `unchecked` where no keys were given. */
  readonly signature: 'valid' | 'invalid' | 'unchecked'
  readonly issuedAt: Millis | null
  readonly expiresAt: Millis | null
  /** From the person over the first agent to the holder, for drawing; empty where the token names no agent of ours. */
  readonly chain: readonly string[]
  readonly run: string | null
  readonly hop: string | null
  readonly depth: number | null
}

/** Reads a token, or says in the detail of a Denial why it cannot be one; checks the signature if keys are given. */
export async function inspectToken(
  raw: string,
  jwks?: { readonly keys: readonly object[] },
): Promise<TokenReport | Denial> {
  const token = readToken(raw.trim())
  if (isDenial(token)) return token
  const { header, claims } = token
  const dlg = isJsonObject(claims.dlg) ? claims.dlg : {}
  return {
    header,
    claims,
    signature: jwks ? await signatureState(token, jwks) : 'unchecked',
    issuedAt: millis(claims.iat),
    expiresAt: millis(claims.exp),
    chain: chainOf(claims, dlg),
    run: isText(claims.txn) ? claims.txn : null,
    hop: isText(dlg.hop) ? dlg.hop : null,
    depth: typeof dlg.depth === 'number' ? dlg.depth : null,
  }
}

async function signatureState(
  token: ReadToken,
  jwks: { readonly keys: readonly object[] },
): Promise<'valid' | 'invalid'> {
  try {
    const keys: JSONWebKeySet = { keys: jwks.keys.map((key) => ({ ...key })) }
    await compactVerify(token.raw, createLocalJWKSet(keys))
    return 'valid'
  } catch {
    return 'invalid'
  }
}

function chainOf(claims: JsonObject, dlg: JsonObject): readonly string[] {
  const person = claims.sub_profile === 'user' && isText(claims.sub) ? [claims.sub] : []
  if (Array.isArray(dlg.chain)) return [...person, ...dlg.chain.map((slug) => `agent:${String(slug)}`)]
  return isText(claims.client_id) ? [...person, claims.client_id] : []
}

function millis(seconds: unknown): Millis | null {
  return typeof seconds === 'number' ? seconds * 1000 : null
}
