import type { Millis } from '../base/clock.ts'
import type { AgentId, HopId, PersonId, RunId } from './ids.ts'

/** How a caller proved who it is. */
export type CredentialKind = 'api_key' | 'issuer_jwt' | 'call_token'

/** What a verified credential says. Never holds the credential itself. */
export interface Proof {
  readonly kind: CredentialKind
  readonly agent: AgentId
  /** The person the credential names as the root of the work, if it names one. */
  readonly person: PersonId | null
  /** `jti` of a token or the id of an API key; safe to log. */
  readonly credentialId: string
  /** The issuer that vouched, or `weir` for our own tokens and keys. */
  readonly issuer: string
  readonly expiresAt: Millis
}

/**
 * The signed chain from the person to the agent that acts now, as Weir wrote it into a delivery token.
 * `chain` runs from the root agent to the current one; its length is the depth of the hop that delivered it.
 */
export interface Delegation {
  readonly run: RunId
  /** The hop that was delivered to this agent: the parent of whatever it calls now. */
  readonly hop: HopId
  readonly depth: number
  readonly chain: readonly AgentId[]
  readonly person: PersonId | null
  /** The agent this delegation was delivered to (`may_act.sub`). */
  readonly holder: AgentId
  readonly tokenId: string
  readonly expiresAt: Millis
}

/** Who acts now: an agent, for a person, through a chain. */
export interface Principal {
  readonly proof: Proof
  readonly delegation: Delegation | null
}
