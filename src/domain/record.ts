import type { Millis } from '../base/clock.ts'
import type { CallApproval } from './approval.ts'
import type { CredentialKind, Taint } from './principal.ts'
import type { DialectName, Operation } from './call.ts'
import type { DenialCode } from './denials.ts'
import type { FaultCode } from './fault.ts'
import type { AgentId, HopId, PersonId, RunId } from './ids.ts'
import type { RunOrigin } from './run.ts'
import type { Spend } from './spend.ts'

/**
 * What the ledger keeps. Member names follow the record profile in docs/architecture.md (AIMS audit minimum):
 * who, on whose behalf, through which chain, what, which rules, what came of it. No payload, no secret.
 */
export type LedgerEntry = CallRecord | IntentEntry | RunEntry | BootEntry | ApprovalEntry

/** What every entry carries; `seq` and `boot` are set by the ledger when the entry is accepted. */
interface Stamp {
  /** Version of this profile. */
  readonly v: 1
  /** Milliseconds since the epoch. */
  readonly ts: Millis
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
  readonly dialect: DialectName
  readonly action: Operation
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
  /** The taint of the run when the call was over; `none` where it belongs to no run. */
  readonly taint: Taint
  readonly approval: CallApproval | null
}

/** What was seen to happen after the decision. */
export interface Outcome {
  readonly status: 'refused' | 'answered' | 'failed' | 'aborted' | 'halted'
  /** What the outside did to us, if it did. */
  readonly fault: FaultCode | null
  readonly spent: Spend
  readonly bytes_in: number
  readonly bytes_out: number
  /** Milliseconds from the first byte of the call to the last byte of its answer. */
  readonly ms: number
  /** Of those, milliseconds spent waiting for the target. */
  readonly upstream_ms: number
  /** The task the target opened, if it named one. */
  readonly task: string | null
}

/** Written before a call leaves: what it holds of its budgets, so that a crash forgets nothing. */
export interface IntentEntry extends Stamp {
  readonly kind: 'intent'
  readonly rid: HopId
  readonly run: RunId
  readonly agent: AgentId
  readonly depth: number
  readonly target: string
  readonly reserved: Spend
}

/** A run opened, was halted, ended, or its taint rose. */
export interface RunEntry extends Stamp {
  readonly kind: 'run'
  readonly run: RunId
  readonly event: 'opened' | 'halted' | 'ended' | 'tainted'
  readonly root: AgentId
  readonly human: PersonId | null
  readonly ends_at: Millis
  /** For `halted`: code, reason and actor; for `tainted` the taint is the code; null otherwise. */
  readonly code: string | null
  readonly reason: string | null
  readonly actor: string | null
}

/** The gateway started: everything until the next one was written by this process. */
export interface BootEntry extends Stamp {
  readonly kind: 'boot'
  readonly boot: string
  readonly gw: string
  readonly pid: number
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
