/** For whom a token is asked for: a subject token or an assertion, verified, and the client that may use it. */
import type { Millis } from '../../base/clock.ts'
import type { Authority } from '../../domain/authority.ts'
import type { AgentId, PersonId } from '../../domain/ids.ts'
import type { Confirmation, Delegation, ForeignChain } from '../../domain/principal.ts'
import type { OAuthRefusal } from '../../protocol/oauth/refusal.ts'

export interface Subject {
  /**
   * `delivery`: one of our delivery tokens; the chain goes on. `call`: one of our call tokens, narrowed by its own holder.
   * `person`: an ID token or access token of a person's login; a new root. `grant`: an assertion of a partner; a new root
   * with a foreign chain before it.
   */
  readonly kind: 'delivery' | 'call' | 'person' | 'grant'
  /** The only agent that may use it. */
  readonly holder: AgentId
  readonly person: PersonId | null
  readonly issuer: string
  /** The `jti`, or what stands for it where the issuer writes none. */
  readonly tokenId: string
  readonly keyId: string
  readonly issuedAt: Millis
  readonly expiresAt: Millis
  /** The key the client must prove to hold when it uses this (`cnf`); null where any client proof will do. */
  readonly boundTo: Confirmation | null
  readonly authority: Authority
  /** The chain so far; null for a new root. */
  readonly delegation: Delegation | null
  readonly ext: ForeignChain | null
  /** How and when the person logged in, as far as the issuer says. */
  readonly login: {
    readonly auth_time: number | null
    readonly acr: string | null
    readonly amr: readonly string[]
  } | null
  /** Must be used once only (`jti` of a grant). */
  readonly singleUse: boolean
}

/** Verifies what is presented as subject. Never rejects; everything wrong with a token is `invalid_request` or `invalid_grant`. */
export interface SubjectVerifier {
  /** RFC 8693: `type` is the subject_token_type as it stood. */
  verifySubject(token: string, type: string, peer: string): Promise<Subject | OAuthRefusal>
  /** RFC 7523 section 2.1: an assertion as a grant, typ `oauth-id-jag+jwt` or a chaining grant. */
  verifyGrant(assertion: string, peer: string): Promise<Subject | OAuthRefusal>
}
