/** Exactly what the token endpoint needs of identity, authority and revocation; part of the snapshot it serves from. */
import type { Millis } from '../../base/clock.ts'
import type { Authority, Detail } from '../../domain/authority.ts'
import type { AgentId, PersonId } from '../../domain/ids.ts'
import type { BudgetCeiling, Confirmation, Delegation, ForeignChain, Principal, Proof } from '../../domain/principal.ts'
import type { Run } from '../../domain/run.ts'
import type { Denial } from '../../domain/verdict.ts'
import type { ClientAuthenticator, ClientMethod } from '../../identity/client.ts'
import type { DpopChecker } from '../../identity/dpop.ts'
import type { Subject, SubjectVerifier } from '../../identity/subject.ts'

/** What a call token is made of. */
export interface CallTokenFacts {
  readonly agent: AgentId
  readonly person: PersonId | null
  /** The one resource it is for. */
  readonly audience: string
  /** Where in its chain the agent stands; null for the root of a new run. */
  readonly delegation: Delegation | null
  readonly run: Run
  readonly authority: Authority
  readonly boundTo: Confirmation | null
  /** Seconds. */
  readonly ttl_s: number
  /** The deepest hop it may lead to; null where only the run's limit counts. */
  readonly depthMax: number | null
  readonly budget: BudgetCeiling | null
  /** Hash of the proof of possession the client showed when it asked. */
  readonly pop: string
  /** What another organisation says came before; null where nothing did, or where `delegation` holds it. */
  readonly ext: ForeignChain | null
  readonly login: Subject['login']
}

export interface MintedToken {
  readonly raw: string
  readonly jti: string
  /** What it proves, as it would be read from the token. */
  readonly proof: Proof
  readonly expires_in_s: number
}

export interface TokenMinter {
  /** `busy` if it cannot be signed now. */
  mintCallToken(facts: CallTokenFacts): Promise<MintedToken | Denial>
}

/** The vocabulary of `domain/authority`: what can be read, compared and met. */
export interface AuthorityRules {
  /** Details as they stood in JSON, or why they are none: an unknown type, an unknown member. */
  readDetails(value: unknown): readonly Detail[] | string
  /** The values of a `scope` parameter, sorted and without duplicates, or why it is none. */
  readScopes(text: string): readonly string[] | string
  /** Null where the child is nowhere wider than the parent; else where it is. */
  narrower(child: Authority, parent: Authority): string | null
  /** What both allow. */
  intersect(one: Authority, other: Authority): Authority
  /** Hash of an authority as the chain commits to it; null for an unbounded one. */
  hashOf(authority: Authority): string | null
}

export interface Revocations {
  /** Why nothing is accepted of this principal any more; null while it is. */
  refusalOf(principal: Principal): Denial | null
  /** Revokes one token of ours until it expires; false if the table of revoked names is full. */
  revokeToken(jti: string, expiresAt: Millis): boolean
}

/** One of our own tokens that verified. */
export interface OwnToken {
  readonly use: 'call' | 'delivery'
  readonly holder: AgentId
  /** The resource it is for; null where it is for none in particular. */
  readonly audience: string | null
  readonly person: PersonId | null
  readonly jti: string
  readonly issuedAt: Millis
  readonly expiresAt: Millis
  readonly boundTo: Confirmation | null
  readonly authority: Authority
  readonly delegation: Delegation | null
  readonly keyId: string | null
}

export interface TokenParts {
  readonly clients: ClientAuthenticator
  /** The ways the authenticator knows, for the metadata. */
  readonly clientMethods: readonly ClientMethod[]
  readonly subjects: SubjectVerifier
  readonly dpop: DpopChecker
  readonly minter: TokenMinter
  readonly authority: AuthorityRules
  readonly revocations: Revocations
  /** What requests of nobody in particular cost a peer: 0, or milliseconds to wait. */
  readonly peers: { take(peer: string): number }
  /** Our own token behind that text, or null for anything that is none or has expired. Never rejects. */
  readOwn(token: string, peer: string): Promise<OwnToken | null>
  /** True for exactly one use of what an issuer made for one; false also where no more can be remembered. */
  firstUse(issuer: string, tokenId: string, until: Millis): boolean
}
