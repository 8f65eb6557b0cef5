import type { Millis } from '../base/clock.ts'
import type { CallApproval } from './approval.ts'
import type { Claims } from './claims.ts'
import type { Commitment } from './commitment.ts'
import type { Confirmation, CredentialKind, ForeignChain, Taint } from './principal.ts'
import type { AnyCall } from './call.ts'
import type { PersonEntry } from './person-entry.ts'
import type { PolicyAsked } from './policy-asked.ts'
import type { Stamp } from './stamp.ts'
import type { DenialCode } from './denials.ts'
import type { DropEntry } from './drop-entry.ts'
import type { FaultCode } from './fault.ts'
import type { AgentId, HopId, PersonId, RunId } from './ids.ts'
import type { LogEntry } from './log-entry.ts'
import type { Revocable, RevocationSource } from './revocation.ts'
import type { CardEntry, ToolEntry } from './record-definitions.ts'
import type { RunOrigin } from './run.ts'
import type { Spend, Spent } from './spend.ts'
import type { Metered, Used } from './usage.ts'

/**
 * What the ledger keeps. Member names follow the record profile in docs/architecture.md (AIMS audit minimum):
 * who, on whose behalf, through which chain, what, which rules, what came of it. No payload, no secret.
 */
export type LedgerEntry =
  | CallRecord
  | IntentEntry
  | RunEntry
  | BootEntry
  | TokenEntry
  | GrantEntry
  | RevocationEntry
  | SignalEntry
  | ApprovalEntry
  | CardEntry
  | ToolEntry
  | LogEntry
  | DropEntry
  | PersonEntry

/** An entry with its number in the ledger and the process that wrote it. */
export interface Numbered {
  readonly seq: number
  readonly boot: string
  readonly entry: LedgerEntry
}

/** Exactly one per Call that was read, admitted or refused; written when its outcome is known. */
export interface CallRecord extends Stamp {
  readonly kind: 'call'
  readonly rid: HopId
  readonly parent_rid: HopId | null
  readonly run: RunId | null
  readonly run_origin: RunOrigin | null
  readonly human: PersonId | null
  readonly agent: AgentId | null
  readonly cred_type: CredentialKind | null
  readonly cred_id: string | null
  readonly jti: string | null
  readonly chain: readonly AgentId[]
  readonly depth: number
  readonly target: string
  readonly dialect: AnyCall['dialect']
  readonly action: AnyCall['operation']
  readonly method: string
  readonly decision: 'allow' | 'deny'
  /** Code of the denial, null where the call was let through. */
  readonly code: DenialCode | null
  /** For operators: why, in words. */
  readonly detail: string | null
  /** The policy or limit that refused. */
  readonly rule: string | null
  readonly policies: readonly string[]
  readonly pol_hash: string | null
  readonly cfg_hash: string
  /** Rules in shadow or warn mode that would have refused: `run.depth_max`. */
  readonly shadow: readonly string[]
  readonly reserved: Spend
  readonly outcome: Outcome
  /** Grants of the budget ceilings it counted on, outermost first; absent in files older than these. */
  readonly grants?: readonly string[]
  /** Scopes the caller acted under; null for no ceiling. */
  readonly scope: string | null
  /** Hash of the authority it acted with; null for no ceiling. */
  readonly adh: string | null
  /** Head of the chain as the target received it; as the caller came with it, where the call did not leave. */
  readonly dlg_head: string | null
  /** Hash of the signing input of the token the caller stands on; null at the root. */
  readonly prh: string | null
  /** What the credential was bound to. */
  readonly bound: 'none' | Confirmation['kind']
  /** `jti` of the token that went to the target; null where none did. */
  readonly delivery: string | null
  /** The head of the chain another organisation says came before ours, as its ledger has it; null where none did. */
  readonly ext_head: string | null
  /** The taint of the run when the call was over; `none` where it belongs to no run. */
  readonly taint: Taint
  readonly approval: CallApproval | null
  /** What the client said of itself, proved by nobody; absent in files older than this, null where it said nothing. */
  readonly claims?: Claims | null
  /** Labels of its cost, of the keys in `gateway.tags`; absent and null as above. */
  readonly tags?: Readonly<Record<string, string>> | null
  /** What policy was asked with beside what stands above; null where it was not asked, absent in older files. */
  readonly asked?: PolicyAsked | null
  /** The `traceparent` the call came with; null where it had none, absent in older files. */
  readonly trace?: string | null
  /** What was kept of the request and of the answer; absent where nothing was. */
  readonly args_c?: Commitment
  readonly res_c?: Commitment
}

/** What was seen to happen after the decision. */
export interface Outcome {
  readonly status: 'refused' | 'answered' | 'failed' | 'aborted' | 'halted'
  /** What the outside did to us, if it did. */
  readonly fault: FaultCode | null
  readonly spent: Spent
  readonly bytes_in: number
  readonly bytes_out: number
  /** Milliseconds from the first byte of the call to the last byte of its answer. */
  readonly ms: number
  /** Of those, milliseconds spent waiting for the target. */
  readonly upstream_ms: number
  /** The task the target opened, if it named one. */
  readonly task: string | null
  /** The bill of a model, or of those that an agent or a tool says it used; absent for everything else. */
  readonly metered?: Metered
  /** Where its price is read from the answer. */
  readonly used?: Used
}

/** Written before a call leaves: what it holds of its budgets, so that a crash forgets nothing. */
export interface IntentEntry extends Stamp {
  readonly kind: 'intent'
  readonly rid: HopId
  readonly run: RunId
  /** Whom the run is for; absent in files older than budgets of persons. */
  readonly human?: PersonId | null
  readonly agent: AgentId
  readonly depth: number
  readonly target: string
  readonly reserved: Spend
  /** As in the record of the call. */
  readonly grants?: readonly string[]
}

/** A run opened, was halted, ended, or its taint rose. */
export interface RunEntry extends Stamp {
  readonly kind: 'run'
  readonly run: RunId
  readonly event: 'opened' | 'halted' | 'ended' | 'tainted'
  readonly root: AgentId
  readonly human: PersonId | null
  readonly ends_at: Millis
  /** Of what an operator asked for, and of `halted`: code, reason and actor; for `tainted` the taint is the code; else null. */
  readonly code: string | null
  readonly reason: string | null
  readonly actor: string | null
  /** Of `opened`: the `traceparent` its first call came with; absent where it had none, and in older files. */
  readonly caller_trace?: string
}

/** Why something happened to a run, and by whose word. */
export type RunWhy = Pick<RunEntry, 'code' | 'reason' | 'actor'>

/** A token was minted: once for each token, however often it goes out. */
export interface TokenEntry extends Stamp {
  readonly kind: 'token'
  /** The hop a delivery was minted for; null for other tokens. */
  readonly rid: HopId | null
  readonly run: RunId | null
  readonly jti: string
  readonly use: 'delivery' | 'call'
  /** Its holder. */
  readonly agent: AgentId
  /** The compact JWS of a delivery, which grants nothing by itself; null for tokens that do. */
  readonly token: string | null
}

/** The gateway started: everything until the next one was written by this process. */
export interface BootEntry extends Stamp {
  readonly kind: 'boot'
  readonly boot: string
  readonly gw: string
  readonly pid: number
}

/** One for every request to the token endpoint, granted or refused, whoever sent it. Never a token. */
export interface GrantEntry extends Stamp {
  readonly kind: 'grant'
  readonly run: RunId | null
  /** `jti` of the token that was issued; null where none was. */
  readonly jti: string | null
  /** The client that proved itself; null for one that did not. */
  readonly agent: AgentId | null
  readonly person: PersonId | null
  /** How the client proved itself: `private_key_jwt`. */
  readonly method: string | null
  readonly grant: string | null
  /** What the token was asked for, as far as it was read. */
  readonly audience: string | null
  /** `jti` of the token or assertion it was asked with. */
  readonly parent_jti: string | null
  /** Scopes of the issued token. */
  readonly scope: string | null
  /** Hash of the authority of the issued token; null where that is unbounded. */
  readonly adh: string | null
  /** What the token is bound to, or would have been. */
  readonly bound: 'dpop' | 'mtls' | 'none' | null
  /** Hash of the proof of possession the client showed. */
  readonly pop: string | null
  readonly decision: 'allow' | 'deny'
  /** The error code of RFC 6749 that was answered. */
  readonly error: string | null
  /** For operators: why, in words. */
  readonly detail: string | null
  readonly policies: readonly string[]
  readonly pol_hash: string | null
  readonly expires_at: Millis | null
  /** What another organisation says came before, as far as it showed it; null where nothing did. */
  readonly ext: ForeignChain | null
  /** Hash of the signing input of the issued token, which is the `prh` of what stands on it. */
  readonly input_hash: string | null
  /** The issuer of the login the token is rooted in; this and the next three are null where there was none. */
  readonly login_iss: string | null
  /** Seconds since the epoch at which the person logged in, as far as that issuer says. */
  readonly auth_time: number | null
  readonly acr: string | null
  readonly amr: readonly string[] | null
}

/** Something was revoked, contained or taken back. What is in force is in the state directory; this is the trace of it. */
export interface RevocationEntry extends Stamp {
  readonly kind: 'revocation'
  readonly what: Revocable
  /** As in `Revocation`. */
  readonly name: string
  /** Seconds since the epoch. */
  readonly epoch: number
  /** Taken back: it refuses nothing any more. */
  readonly lifted: boolean
  readonly contained: boolean
  readonly reason: string
  readonly actor: string
  readonly source: RevocationSource
}

/** A security event that was proved genuine (RFC 8417), and what came of it. */
export interface SignalEntry extends Stamp {
  readonly kind: 'signal'
  readonly iss: string
  readonly jti: string
  /** The event's URI. */
  readonly event: string
  /** Whom it is about, if that is one of our people. */
  readonly human: PersonId | null
  readonly outcome: 'revoked' | 'ignored'
}

/** A person decided about one call. That it was asked for and used stands in the records of the calls. */
export interface ApprovalEntry extends Stamp {
  readonly kind: 'approval'
  readonly id: string
  readonly event: 'granted' | 'refused'
  readonly run: RunId
  /** The call that asked. */
  readonly rid: HopId
  readonly agent: AgentId
  readonly human: PersonId | null
  readonly target: string
  readonly method: string
  readonly args_hash: string
  readonly reason: string
  readonly actor: string
}
