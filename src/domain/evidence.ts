/** What can be said and proved about a hop and a run after the fact: the answers to who, through whom and by what right. */
import type { Millis } from '../base/clock.ts'
import type { Authority } from './authority.ts'
import type { AgentId, HopId, PersonId, RunId } from './ids.ts'
import type { Confirmation, CredentialKind } from './principal.ts'
import type { Claims } from './claims.ts'
import type { CallRecord, GrantEntry, IntentEntry, Outcome, RevocationEntry, RunEntry, TokenEntry } from './record.ts'

/** How the person at the root is known, as far as anybody said. */
export type Login =
  /** Logged in with an issuer, which says the rest as far as it does. */
  | {
      readonly how: 'login'
      readonly issuer: string
      /** Seconds since the epoch. */
      readonly auth_time: number | null
      readonly acr: string | null
      readonly amr: readonly string[] | null
    }
  /** Named by the credential of the root agent; a login was not seen. */
  | { readonly how: 'credential'; readonly type: CredentialKind | 'unknown'; readonly id: string | null }

/** One call of the chain: who called whom, with what, and what vouches for it. */
export interface ChainStep {
  readonly depth: number
  /** Null where neither its record nor its token is kept. */
  readonly hop: HopId | null
  readonly at: Millis | null
  readonly agent: AgentId | null
  readonly target: string
  /** `open`: let through, and nothing is kept of its end. */
  readonly decision: 'allow' | 'deny' | 'open'
  readonly credential: {
    readonly type: CredentialKind
    readonly id: string | null
    readonly bound: 'none' | Confirmation['kind']
  } | null
  /** Null where only its hash is kept. */
  readonly authority: Authority | null
  readonly adh: string | null
  /** The delivery token that went out with it; null where none did. `problem` says why it proves nothing; null if it holds. */
  readonly token: { readonly jti: string; readonly kid: string | null; readonly problem: string | null } | null
}

/** Everything a regulator asks about one hop. */
export interface HopAccount {
  readonly schema: 'weir.hop/v1'
  readonly hop: HopId
  readonly at: Millis
  readonly run: RunId | null
  /** How it found its run. */
  readonly run_origin: CallRecord['run_origin']
  readonly claims: Claims | null
  readonly tags: Readonly<Record<string, string>>
  readonly decision: ChainStep['decision']
  readonly code: string | null
  readonly detail: string | null
  readonly rule: string | null
  readonly policies: readonly string[]
  readonly pol_hash: string | null
  readonly cfg_hash: string | null
  readonly agent: AgentId | null
  readonly target: string
  readonly method: string | null
  readonly outcome: Outcome | null
  readonly person: PersonId | null
  /** Null where there is no person. */
  readonly login: Login | null
  /** From the root agent's call to this one. */
  readonly chain: readonly ChainStep[]
  /** `none` where no token went out in this chain. */
  readonly signatures: 'hold' | 'broken' | 'none'
  /** What keeps the chain from being whole, in sentences. */
  readonly problems: readonly string[]
}

/** Everything the ledger keeps about one run. */
export interface RunTrace {
  readonly runs: readonly RunEntry[]
  readonly calls: readonly CallRecord[]
  readonly intents: readonly IntentEntry[]
  readonly tokens: readonly TokenEntry[]
  readonly grants: readonly GrantEntry[]
  readonly revocations: readonly RevocationEntry[]
  /** False where there was more than is held. */
  readonly complete: boolean
  /** Places that could not be read, in sentences. */
  readonly problems: readonly string[]
}

/** The same for others, with only the revocations that touch the run, and with the public keys that check it. */
export interface RunChain extends RunTrace {
  readonly schema: 'weir.run-chain/v1'
  readonly run: RunId
  readonly made_at: Millis
  /** JWKs, each with the time in which it signed. */
  readonly keys: readonly object[]
}
