/** A token taken apart. Never holds the signature, so a printed report cannot be used as a token. */
import type { Millis } from '../base/clock.ts'
import type { JsonObject } from '../base/json.ts'
import type { Authority } from './authority.ts'
import type { Confirmation, ForeignChain } from './principal.ts'

export interface Inspected {
  readonly header: JsonObject
  readonly claims: JsonObject
  /** `unchecked` where no keys were given. */
  readonly signature: 'valid' | 'invalid' | 'unchecked'
  /** The key it names; null where that is not among the given ones. */
  readonly signedBy: SigningKey | null
  readonly issuedAt: Millis | null
  readonly expiresAt: Millis | null
  readonly person: string | null
  /** How the person logged in, where the token says it. `auth_time` in seconds since the epoch. */
  readonly login: {
    readonly auth_time: number | null
    readonly acr: string | null
    readonly amr: readonly string[] | null
  } | null
  /** From the person over the first agent to the holder; empty where the token names no agent of ours. */
  readonly chain: readonly string[]
  readonly actors: readonly InspectedActor[]
  readonly run: string | null
  readonly hop: string | null
  readonly depth: number | null
  readonly depthMax: number | null
  readonly audience: string | null
  /** Null for a bearer token. */
  readonly boundTo: Confirmation | null
  /** Null where the claims cannot be read. */
  readonly authority: Authority | null
  /** The ceilings it counts on, the widest first. */
  readonly budget: readonly InspectedCeiling[]
  readonly taint: string | null
  readonly foreign: Omit<ForeignChain, 'head'> | null
}

interface InspectedCeiling {
  readonly cost_micros: number | null
  readonly tokens: number | null
  /** `jti` of the token that carried it first. */
  readonly grant: string | null
}

export interface SigningKey {
  readonly kid: string
  /** Null where the key set does not say it. */
  readonly activeFrom: Millis | null
  readonly retiredAt: Millis | null
  readonly revokedAt: Millis | null
  /** Whether it was signing when the token was issued, and was not revoked since. */
  readonly inUse: boolean
}

export interface InspectedActor {
  readonly agent: string
  /** False for the holder of a delivery, which has not acted yet. */
  readonly acted: boolean
  /** Null for older links, which a token does not carry. */
  readonly at: Millis | null
  /** `jti` of a token or id of a key. */
  readonly credential: string | null
  /** Hash of the authority it acted with; null where that had no ceiling, or is not kept. */
  readonly adh: string | null
  /** Null where only its hash is kept. */
  readonly authority: Authority | null
}
