/** Exactly what the token endpoint needs of identity; part of the snapshot it serves from. */
import type { Millis } from '../../base/clock.ts'
import type { Authority } from '../../domain/authority.ts'
import type { BudgetAmounts } from '../../domain/ceilings.ts'
import type { AgentId, PersonId } from '../../domain/ids.ts'
import type { Confirmation, Delegation, ForeignChain, Proof } from '../../domain/principal.ts'
import type { Run } from '../../domain/run.ts'
import type { Denial } from '../../domain/verdict.ts'
import type { ClientAuthenticator, ClientMethod } from '../../identity/clients/client.ts'
import type { DpopChecker } from '../../identity/sender/dpop.ts'
import type { OwnReader } from '../../identity/tokens/own-tokens.ts'
import type { Subject, SubjectVerifier } from '../../identity/clients/subject.ts'
import type { TxnTokens } from '../../identity/tokens/txn-token.ts'

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
  /** A ceiling of its own beside those of `delegation`, if it was asked for. */
  readonly budget: BudgetAmounts | null
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

export interface TokenParts extends OwnReader, TxnTokens {
  readonly clients: ClientAuthenticator
  /** The ways the authenticator knows, for the metadata. */
  readonly clientMethods: readonly ClientMethod[]
  readonly subjects: SubjectVerifier
  readonly dpop: DpopChecker
  readonly minter: TokenMinter
  /** What requests of nobody in particular cost a peer: 0, or milliseconds to wait. */
  readonly peers: { take(peer: string): number }
  /** True for exactly one use of what an issuer made for one; false also where no more can be remembered. */
  firstUse(issuer: string, tokenId: string, until: Millis): boolean
}
