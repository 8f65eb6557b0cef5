/** What identity needs to be told. Same names as in the configuration file; ids are branded by its loader. */
import type { AgentId, PersonId } from '../domain/ids.ts'

/** An identity provider whose JWTs are accepted. */
export interface IssuerSettings {
  readonly issuer: string
  /** Where its keys are: `https://...`, `http://...` or `file:...`. */
  readonly jwks: string
  /** The one audience its tokens must name. */
  readonly audience: string
  /** Signature algorithms it may use; anything else is refused whatever the token says. */
  readonly algorithms: readonly string[]
  readonly agent_claim: string
  /** The exact value of the claim to the agent it stands for. */
  readonly agents: Readonly<Record<string, AgentId>>
  /** The claim that names the person the work is done for; absent where the issuer names none. */
  readonly person_claim?: string | null | undefined
  /** The longest `exp - iat` accepted. Default 3600. */
  readonly lifetime_max_s?: number | undefined
}

/** A static key; meant for development. */
export interface ApiKeySettings {
  readonly id: string
  readonly agent: AgentId
  /** SHA-256 of the whole key, lower-case hexadecimal. */
  readonly sha256: string
  readonly person?: PersonId | null | undefined
}

export interface IdentitySettings {
  /** The gateway's own URL: issuer and audience of the tokens it mints. */
  readonly public_url: string
  readonly issuers: readonly IssuerSettings[]
  readonly api_keys: readonly ApiKeySettings[]
  readonly tokens: { readonly call_ttl_s: number; readonly delivery_ttl_s: number }
  readonly maximums: {
    /** Verified tokens remembered, of each role. */
    readonly proofs: number
    /** Signatures that may wait to be made or checked. */
    readonly proof_queue: number
    /** Agents in one delegation chain. */
    readonly chain: number
  }
}
