/**
 * The Txn-Token (draft-ietf-oauth-transaction-tokens-10): a run as services of the house behind the agents understand it.
 * It is for a whole trust domain and bound to no key, so nobody gets in with it at Weir: it is taken back only to be
 * replaced by one that says less.
 */
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { Authority } from '../../domain/authority.ts'
import { type AgentId, isAgentId, isPersonId, isRunId, type PersonId, type RunId } from '../../domain/ids.ts'
import type { Proof } from '../../domain/principal.ts'
import { type Denial, deny } from '../../domain/verdict.ts'
import { readAuthority } from './authority-claims.ts'
import type { KeySource } from '../trust/jwks.ts'
import { isText } from '../strict-jwt.ts'
import type { Trust } from '../trust/trust.ts'

const txnTyp = 'txntoken+jwt'
/** The longest a Txn-Token may live. */
export const txnLifetime_max_s = 300

/** What one says. */
export interface TxnSaid {
  /** `txn`: never changes, whoever replaces the token. */
  readonly run: RunId
  /** `sub`: the person, or the agent that began where there is none. */
  readonly subject: PersonId | AgentId
  /** `req_wl`: every client that asked for this one or one it replaced, oldest first. */
  readonly workloads: readonly AgentId[]
  /** `scope`, and the details in `tctx`. */
  readonly authority: Authority
  /** `rctx`: where in the run the first of them stood. */
  readonly rctx: JsonObject
}

/** One of ours that verified. */
export interface TxnToken extends TxnSaid, Pick<Proof, 'issuedAt' | 'expiresAt'> {
  readonly kind: 'txn_token'
  readonly jti: string
  readonly keyId: string
}

export interface TxnFacts extends TxnSaid {
  readonly jti: string
  /** Seconds; never more than `txnLifetime_max_s`. */
  readonly ttl_s: number
}

/** Issues and reads them; nowhere where no trust domain is configured. */
export interface TxnTokens {
  /** The compact token; `busy` if it cannot be signed now. */
  mintTxn(facts: TxnFacts): Promise<string | Denial>
  /** Null for anything that is none of ours, or has expired. Never rejects. */
  readTxn(raw: string, peer: string): Promise<TxnToken | null>
}

export interface TxnParts {
  readonly issuer: string
  /** Null: none is issued. */
  readonly trustDomain: string | null
  readonly sign: (typ: string, claims: JsonObject) => Promise<string | Denial>
  readonly now_s: () => number
  readonly prove: (raw: string, peer: string) => TxnToken | Denial | Promise<TxnToken | Denial>
}

export function openTxnTokens({ issuer: iss, trustDomain: aud, sign, now_s, prove }: TxnParts): TxnTokens {
  return {
    async mintTxn(facts) {
      if (aud === null) return deny('policy_denied', 'no trust domain is configured', { rule: 'tokens.trust_domain' })
      const { run: txn, subject: sub, workloads, authority, rctx, jti, ttl_s } = facts
      const iat = now_s()
      const { scopes, details } = authority
      return await sign(txnTyp, {
        iss,
        aud,
        iat,
        exp: iat + Math.min(ttl_s, txnLifetime_max_s),
        jti,
        txn,
        sub,
        scope: scopes?.join(' ') ?? '',
        req_wl: workloads.join(','),
        tctx: details === null ? undefined : { authorization_details: details },
        rctx,
      })
    },
    async readTxn(raw, peer) {
      const token = await prove(raw, peer)
      return token.kind === 'denial' ? null : token
    },
  }
}

/** Our own, for the one trust domain. */
export function txnTrust(url: string, trustDomain: string, keys: KeySource): Trust<TxnToken> {
  return {
    keys,
    algorithms: ['ES256'],
    rule: { issuer: url, audience: trustDomain, typs: [txnTyp], lifetime_max_s: txnLifetime_max_s },
    read({ claims, kid: keyId }, { sub, jti, issuedAt, expiresAt }) {
      const { txn, scope, req_wl, tctx = {}, rctx } = claims
      const workloads = isText(req_wl) ? req_wl.split(',') : []
      if (!isText(txn) || !isRunId(txn) || !(isPersonId(sub) || isAgentId(sub))) return refuse('txn or sub')
      if (workloads.length === 0 || !workloads.every(isAgentId)) return refuse('req_wl')
      if (typeof scope !== 'string' || !isJsonObject(tctx) || !isJsonObject(rctx)) return refuse('scope, tctx or rctx')
      const authority = readAuthority({ scope, authorization_details: tctx.authorization_details })
      if (!authority) return refuse('scope or tctx')
      const said = { run: txn, subject: sub, workloads, authority, rctx }
      return { kind: 'txn_token', ...said, jti, keyId, issuedAt, expiresAt }
    },
  }
}

function refuse(what: string): Denial {
  return deny('unauthenticated', `${what} of the Txn-Token cannot be read`)
}
