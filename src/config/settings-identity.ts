/** The settings of identity as the rest of Weir sees them: names branded, places absolute, secrets sealed. */
import type { Detail } from '../domain/authority.ts'
import type { AgentId, PersonId } from '../domain/ids.ts'
import type { ConfigFile } from './schema.ts'
import type { Secret } from './secret.ts'

type IdentitySection = ConfigFile['identity']

/** Whose signature counts, and where its keys are. */
export interface SignerSettings {
  readonly issuer: string
  /** `file:` and an absolute path, or a URL. */
  readonly jwks: string
  /** Signature algorithms it may use; anything else is refused whatever the token says. */
  readonly algorithms: readonly string[]
}

/** A workload that is known by several claims at once. */
export interface WorkloadSettings {
  readonly agent: AgentId
  /** Claim name or JSON pointer, and its exact value. `sub` is always among them. */
  readonly claims: readonly (readonly [claim: string, value: string])[]
}

/** An issuer whose JWTs prove which agent calls. */
export interface IssuerSettings extends SignerSettings {
  readonly profile: IdentitySection['issuers'][number]['profile']
  /** The one audience its tokens must name. */
  readonly audience: string
  /** Whether its tokens may be for single addresses of tools; then their scope counts. */
  readonly for_tools: boolean
  readonly agent_claim: string
  /** Exact claim value to agent. Has no prototype, so that no claim value finds what nobody wrote. */
  readonly agents: Readonly<Record<string, AgentId>>
  readonly workloads: readonly WorkloadSettings[]
  /** The claim that names the person the work is done for; null where the issuer names none. */
  readonly person_claim: string | null
  /** The longest `exp - iat` accepted, in seconds. */
  readonly lifetime_max_s: number
}

/** An identity provider at which people log in. */
export interface PeopleSettings extends SignerSettings {
  /** OAuth client id to the only agent that may exchange a token issued to it. Has no prototype. */
  readonly clients: Readonly<Record<string, AgentId>>
  readonly person_claim: string
  /** Null for no ceiling. */
  readonly authorization_details: readonly Detail[] | null
  readonly lifetime_max_s: number
}

export type Disclosure = IdentitySection['partners'][number]['disclosure']

/** Another organisation whose grants are accepted. */
export interface PartnerSettings extends SignerSettings {
  /** `client_id` of the grant to the only agent that may spend it. Has no prototype. */
  readonly clients: Readonly<Record<string, AgentId>>
  /** Their person `sub` is `user:<sub>@<person_prefix>` here. */
  readonly person_prefix: string
  readonly disclosure: Disclosure
  readonly depth_max: number
  readonly authorization_details: readonly Detail[] | null
  readonly lifetime_max_s: number
}

/** A transmitter of security events (SSF). */
export interface SignalSettings extends SignerSettings {
  readonly audience: string
  readonly person_claim: string
}

/** A static key; meant for development. */
export interface ApiKeySettings {
  readonly id: string
  readonly agent: AgentId
  /** SHA-256 of the whole key, lower-case hexadecimal. */
  readonly sha256: string
  readonly person: PersonId | null
}

/** How an agent proves itself at the token endpoint, with a certificate also in its calls, and the most it may ask for. */
export interface ClientSettings {
  /** `file:` and an absolute path, or a URL; null without keys of its own. */
  readonly jwks: string | null
  readonly spiffe_id: string | null
  /** SHA-256 of certificates that are this agent, lower-case hexadecimal. */
  readonly cert_sha256: readonly string[]
  readonly autonomous: boolean
  /** Null for no ceiling beside policy. */
  readonly authorization_details: readonly Detail[] | null
}

/** What Weir proves to an upstream agent. Paths are absolute. */
export interface CredentialSettings {
  readonly mode: ConfigFile['agents'][string]['credential']['mode']
  readonly token_endpoint: string | null
  readonly issuer: string | null
  readonly client_id: string | null
  readonly client_secret: Secret | null
  readonly audience: string | null
  readonly scope: string | null
  readonly disclosure: Disclosure
  /** How a grant names the person. */
  readonly person: ConfigFile['agents'][string]['credential']['person']
  /** What a grant allows; null for what the chain holds. */
  readonly authorization_details: readonly Detail[] | null
  /** Tokens kept ready. */
  readonly ahead: number
  readonly cert: string | null
  readonly key: string | null
  readonly ca: string | null
}

/** `gateway.tls`. Paths are absolute. */
export interface TlsSettings {
  readonly cert: string
  readonly key: string
  readonly client_ca: string | null
  readonly client_cert: 'none' | 'optional' | 'required'
}

export interface IdentitySectionSettings {
  readonly issuers: readonly IssuerSettings[]
  readonly people: readonly PeopleSettings[]
  readonly partners: readonly PartnerSettings[]
  readonly signals: readonly SignalSettings[]
  readonly api_keys: readonly ApiKeySettings[]
  readonly tokens: Readonly<Pick<IdentitySection['tokens'], 'call_ttl_s' | 'delivery_ttl_s'>> & {
    /** Whether the token endpoint issues tokens that are bound to no key. */
    readonly bearer: 'refuse' | 'allow'
    /** The audience of Txn-Tokens; null where none is issued. */
    readonly trust_domain: string | null
  }
  readonly keys: Readonly<IdentitySection['keys']>
  readonly dpop: Readonly<IdentitySection['dpop']>
}
