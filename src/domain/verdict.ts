import type { ApprovalId } from './approval.ts'
import { denials, type DenialCode } from './denials.ts'
import type { AgentId, HopId } from './ids.ts'
import type { AnyCall, Call } from './call.ts'
import type { BudgetCeiling } from './ceilings.ts'
import type { Authority } from './authority.ts'
import type { Delegation, Principal } from './principal.ts'
import type { Run } from './run.ts'
import type { Spend, Spent } from './spend.ts'
import type { TaskRow } from './task.ts'

declare const proof: unique symbol

/** A refusal, as a value. The caller sees code and fixed sentences; operator and Record also see the rest. */
export interface Denial {
  readonly kind: 'denial'
  readonly code: DenialCode
  /** For operators and the Record; never for the caller. */
  readonly detail: string
  /** The policy or limit that decided: `graph.no-back-edge`, `run.depth_max`. */
  readonly rule: string | null
  /** Set where the retry column says `after_wait`. */
  readonly retryAfter_ms: number | null
  /** Set on a 401, and where a token with more scopes would do, by whoever knows what the caller must come back with. */
  readonly challenge?: Challenge
  /** The approval that would let the call through; only with `approval_required`. */
  readonly approval?: ApprovalId
  /** Where its person connects; only with `connect_required`. */
  readonly connect?: Connect
}

/** A link for one person, by which Weir is let act for them at a tool server. */
export interface Connect {
  /** Tells links apart and opens none: the `elicitationId` of MCP. */
  readonly id: string
  /** The slug of the server. */
  readonly server: string
  /** For that person alone. */
  readonly url: string
}

/** What `WWW-Authenticate` says (RFC 9110 section 11.6.1). */
export interface Challenge {
  readonly scheme: 'Bearer' | 'DPoP'
  /** RFC 6750 section 3.1, RFC 9449 section 7.1. */
  readonly error: 'invalid_token' | 'invalid_dpop_proof' | 'use_dpop_nonce' | 'insufficient_scope'
  /** Signature algorithms of proofs, with spaces between; null for Bearer. */
  readonly algs: string | null
  /** What `DPoP-Nonce` says beside it (RFC 9449 section 8). */
  readonly nonce: string | null
  /** Where clients learn who issues tokens for this resource (RFC 9728 section 5.1). */
  readonly resource_metadata: string | null
  /** The scopes a token for it should have, with spaces between them. Absent: nobody says. */
  readonly scope?: string
}

/** What a refusal may add to its code. */
export interface DenialFacts {
  readonly rule?: string
  readonly retryAfter_ms?: number
  readonly challenge?: Challenge
  readonly approval?: ApprovalId
  readonly connect?: Connect
}

export function deny(code: DenialCode, detail: string, facts: DenialFacts = {}): Denial {
  return {
    kind: 'denial',
    code,
    detail,
    rule: facts.rule ?? null,
    retryAfter_ms: facts.retryAfter_ms ?? (denials[code].retry === 'after_wait' ? 1000 : null),
    ...(facts.challenge ? { challenge: facts.challenge } : {}),
    ...(facts.approval === undefined ? {} : { approval: facts.approval }),
    ...(facts.connect === undefined ? {} : { connect: facts.connect }),
  }
}

export function isDenial(value: unknown): value is Denial {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'denial'
}

/** The proof that policy allowed this call. Only `policy/decide.ts` can make one. */
export interface Permit {
  readonly kind: 'permit'
  readonly [proof]: 'permit'
  /** Ids of the policies that decided. */
  readonly policies: readonly string[]
  readonly policyHash: string
  /** Rules that would have refused it, had policies been enforced and not only observed. */
  readonly shadow?: readonly string[]
}

/** How records name a call that goes through only because policies observe: no policy permits it. */
export const shadowOfDefault = 'policy.default'

/** A refusal that a limit in shadow or warn mode would have been. */
export interface Overruled extends Denial {
  readonly mode: 'shadow' | 'warn'
}

/** What a hop holds of limits and budgets while it is under way. Only `limits/lease.ts` can make one. */
export interface Lease {
  readonly kind: 'lease'
  readonly [proof]: 'lease'
  readonly reserved: Spend
  /** Limits in shadow or warn mode that would have refused this call. */
  readonly overruled: readonly Overruled[]
  /** Books what was really spent and gives back the rest. Exactly one of settle and refund is called, once. */
  settle(spent: Spent): void
  /** Gives everything back: nothing reached the target. */
  refund(): void
}

/** A Call that was let through; node of the run's tree. Only `pipeline/admit.ts` can make one. */
export interface Hop<Asked extends AnyCall = Call> {
  readonly kind: 'hop'
  readonly [proof]: 'hop'
  readonly id: HopId
  readonly call: Asked
  readonly principal: Principal
  readonly run: Run
  readonly parent: HopId | null
  readonly depth: number
  /** The deepest hop that may follow from this one, as tokens before it said; null where only the run's limit counts. */
  readonly depthMax: number | null
  /** From the root agent to the target of this hop. */
  readonly chain: readonly AgentId[]
  /** The chain to the caller, which that of the target continues; null where the caller is the root. */
  readonly delegation: Delegation | null
  /** What the target may at most be asked to do for it: never more than its caller. */
  readonly authority: Authority
  /** The ceilings it counts on, and whatever follows from it. */
  readonly budget: readonly BudgetCeiling[]
  readonly permit: Permit
  readonly lease: Lease
}

/** The proof that a task may be seen and touched by whoever asks. Only `pipeline/tasks/claim.ts` can make one. */
export interface Claim {
  readonly kind: 'claim'
  readonly [proof]: 'claim'
  /** The call that asks. */
  readonly id: HopId
  readonly task: TaskRow
}

/**
 * The proof that an operator looks at an agent from the command line: nobody's call, so there is no run, no lease and no
 * record of it. Only `tools-doctor.ts` can make one, which no gateway loads.
 */
export interface Probe {
  readonly kind: 'probe'
  readonly [proof]: 'probe'
  readonly id: HopId
  readonly call: Call
}

/**
 * The proof that Weir asks a tool server for itself, to know what it has: greetings and lists, never a call. Only
 * `pipeline/mcp/care.ts` can make one.
 */
export interface Care {
  readonly kind: 'care'
  readonly [proof]: 'care'
  /** The slug of the server. */
  readonly server: string
}

type Fields<T> = Omit<T, typeof proof | 'kind'>

// Fields first: what an object literal begins with is copied as a whole, and what follows something else one by one.

/** Fenced to `policy/decide.ts` by a tidy test. */
export function issuePermit(fields: Fields<Permit>): Permit {
  return { ...fields, kind: 'permit' } as Permit
}

/** Fenced to `limits/lease.ts` by a tidy test. */
export function issueLease(fields: Fields<Lease>): Lease {
  return { ...fields, kind: 'lease' } as Lease
}

/** Fenced to `pipeline/admit.ts` by a tidy test. */
export function issueHop<Asked extends AnyCall>(fields: Fields<Hop<Asked>>): Hop<Asked> {
  return { ...fields, kind: 'hop' } as Hop<Asked>
}

/** Fenced to `pipeline/tasks/claim.ts` by a tidy test. */
export function issueClaim(fields: Fields<Claim>): Claim {
  return { ...fields, kind: 'claim' } as Claim
}

/** Fenced to `tools-doctor.ts` by a tidy test. */
export function issueProbe(fields: Fields<Probe>): Probe {
  return { ...fields, kind: 'probe' } as Probe
}

/** Fenced to `pipeline/mcp/care.ts` by a tidy test. */
export function issueCare(fields: Fields<Care>): Care {
  return { ...fields, kind: 'care' } as Care
}
