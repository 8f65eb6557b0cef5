/** One request to the token endpoint: what is known of it so far, and the one ledger entry it leaves. */
import { assert } from '../../base/assert.ts'
import type { GrantEntry } from '../../domain/record.ts'
import type { Denial } from '../../domain/verdict.ts'
import type { ClientProof, Form } from '../../identity/clients/client.ts'
import type { Inbound } from '../../protocol/http.ts'
import { type OAuthErrorCode, oauthRefusal, type OAuthRefusal } from '../../protocol/oauth/refusal.ts'
import type { Road, Snapshot } from '../road.ts'
import type { TokenParts } from './parts.ts'

/** What the steps find out, in the words of the record. */
type Findings = { -readonly [Name in keyof Omit<GrantEntry, 'v' | 'ts' | 'kind' | 'decision'>]: GrantEntry[Name] }

export interface TokenVisit {
  readonly road: Road
  readonly inbound: Inbound
  /** The one snapshot this request sees. */
  readonly snapshot: Snapshot
  readonly parts: TokenParts
  readonly found: Findings
  /** What `DPoP-Nonce` says with `use_dpop_nonce`. */
  nonce: string | null
  recorded: boolean
}

/** A request whose client proved itself. */
export interface Known {
  readonly visit: TokenVisit
  readonly form: Form
  readonly client: ClientProof
}

export function openTokenVisit(road: Road, inbound: Inbound): TokenVisit {
  const { snapshot } = road
  const found: Findings = {
    run: null,
    jti: null,
    agent: null,
    person: null,
    method: null,
    grant: null,
    audience: null,
    parent_jti: null,
    scope: null,
    adh: null,
    bound: null,
    pop: null,
    error: null,
    detail: null,
    policies: [],
    pol_hash: snapshot.policy.hash,
    expires_at: null,
    ext: null,
    input_hash: null,
    login_iss: null,
    auth_time: null,
    acr: null,
    amr: null,
  }
  return { road, inbound, snapshot, parts: snapshot.oauth, found, nonce: null, recorded: false }
}

/** Writes the entry; false if the ledger did not take it, and then a token must not leave. */
export function recordGrant(visit: TokenVisit, decision: GrantEntry['decision']): boolean {
  assert(!visit.recorded, 'a request to the token endpoint leaves one entry')
  const { road, found } = visit
  visit.recorded = road.ledger.append({ v: 1, ts: road.clock.now(), kind: 'grant', ...found, decision })
  return visit.recorded
}

/** How a refusal of an organ looks here; our own trouble is told apart, so that the client comes again. */
export function refusalFor(denial: Denial, error: OAuthErrorCode, description: string): OAuthRefusal {
  if (denial.code === 'busy') return busy(denial.detail)
  return oauthRefusal(error, description, denial.rule === null ? denial.detail : `${denial.rule}: ${denial.detail}`)
}

export function busy(detail: string, wait_ms = 1000): OAuthRefusal {
  return oauthRefusal('temporarily_unavailable', 'Retry after the time in Retry-After', detail, wait_ms / 1000)
}
