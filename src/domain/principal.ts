import type { Millis } from '../base/clock.ts'
import type { Authority } from './authority.ts'
import type { BudgetCeiling } from './ceilings.ts'
import type { AgentId, HopId, PersonId, RunId } from './ids.ts'

/** How a caller proved who it is. */
export type CredentialKind = 'api_key' | 'issuer_jwt' | 'call_token' | 'client_cert'

/** The key a credential is bound to: `jkt` of RFC 9449 section 6.1 or `x5t#S256` of RFC 8705 section 3.1, base64url. */
export type Confirmation =
  | { readonly kind: 'dpop'; readonly thumbprint: string }
  | { readonly kind: 'mtls'; readonly thumbprint: string }

/** What a verified credential says. Never holds the credential itself. */
export interface Proof {
  readonly kind: CredentialKind
  readonly agent: AgentId
  /** The person the credential names as the root of the work, if it names one. */
  readonly person: PersonId | null
  /** `jti` of a token, the id of an API key, or the thumbprint of a certificate; safe to log. */
  readonly credentialId: string
  /** The issuer that vouched, or `weir` for our own tokens and keys. */
  readonly issuer: string
  /** The key that signed it; null where nothing was signed. */
  readonly keyId: string | null
  /** 0 where it was never issued (API keys), so that any revocation of its agent or person covers it. */
  readonly issuedAt: Millis
  readonly expiresAt: Millis
  /** The one resource it is for; null where it is good for the whole gateway. */
  readonly audience: string | null
  /** The key it must be shown with; null for a bearer credential. */
  readonly boundTo: Confirmation | null
  readonly authority: Authority
  /** The chain a call token carries; null for every other credential. */
  readonly delegation: Delegation | null
}

/** Whether it is worth nothing without a key that its holder proved to hold; it was verified with that key, or it is none. */
export function isBound({ kind, boundTo }: Pick<Proof, 'kind' | 'boundTo'>): boolean {
  return boundTo !== null || kind === 'client_cert'
}

/** How far results of the outside may have steered a run; it only ever rises. */
export type Taint = (typeof taints)[number]
export const taints = ['none', 'external', 'untrusted', 'injected'] as const

/** One step of the chain, as it is hashed into `head`. All hashes are SHA-256 in base64url. */
export interface ChainLink {
  /** Place in the chain; the root is 0. */
  readonly i: number
  /** The agent that acted. */
  readonly a: AgentId
  /** The credential it acted with: `jti` of a token or the id of a key. */
  readonly jti: string
  /** Seconds since the epoch at which it acted. */
  readonly iat: number
  /** Hash of the authority it acted with, in the form of RFC 8785; null where that was `anything`. */
  readonly adh: string | null
  /** Hash of the proof of possession it showed when it asked for its token; null where it showed none. */
  readonly pop: string | null
}

/** What another organisation says came before: kept and counted, never believed for access. */
export interface ForeignChain {
  readonly issuer: string
  /** Their commitment to their own chain, so that both logs hold the same. */
  readonly head: string | null
  /** How many actors they say there were. */
  readonly depth: number
  /** The actors as far as they disclosed them. */
  readonly actors: readonly string[]
}

/** The commitment to everything that led here. */
export interface Lineage {
  /** Hash of the root: run, first agent and person. */
  readonly root: string
  /** Hash of the signing input of the parent token; null at the root or where the parent was no token of ours. */
  readonly prh: string | null
  /** Hash chain over all links: `head_k = SHA-256(head_(k-1) "." JCS(link_k))`, starting at `root`. */
  readonly head: string
  /** `head` before the first link kept here; equal to `root` while all are kept. */
  readonly base: string
  /** The newest links, oldest first. */
  readonly links: readonly ChainLink[]
  readonly ext: ForeignChain | null
}

/**
 * The signed chain from the person to the agent that acts now, as Weir wrote it into a token. `chain` runs from the root
 * agent to the current one; `depth` is that of the hop that delivered it, 0 for the token of a root agent.
 */
export interface Delegation {
  readonly run: RunId
  /** The hop that was delivered to this agent: the parent of whatever it calls now; null for a root agent. */
  readonly hop: HopId | null
  readonly depth: number
  /** The deepest hop this chain may lead to; null where only the run's own limit counts. */
  readonly depthMax: number | null
  readonly chain: readonly AgentId[]
  readonly person: PersonId | null
  /** The agent this delegation was delivered to (`may_act.sub`) or issued to (`client_id`). */
  readonly holder: AgentId
  readonly tokenId: string
  readonly keyId: string
  /** Hash of the signing input (`header.payload`) of the token; what a child's `prh` must be. */
  readonly inputHash: string
  readonly issuedAt: Millis
  readonly expiresAt: Millis
  readonly authority: Authority
  /** Every ceiling that its holder spends under, the outermost first; empty: the run's budget alone. */
  readonly budget: readonly BudgetCeiling[]
  readonly taint: Taint
  readonly lineage: Lineage
}

/** Who acts now: an agent, for a person, through a chain. */
export interface Principal {
  readonly proof: Proof
  readonly delegation: Delegation | null
}
