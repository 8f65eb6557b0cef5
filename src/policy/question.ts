/** A request as policy sees it, and the question the oracle is asked about it. Plain data, for it crosses threads. */
import type { Target } from '../domain/call.ts'
import type { AgentId } from '../domain/ids.ts'
import type { EntityRef } from './source.ts'
import type { PolicyContext } from './world.ts'

/**
 * `useServer` asks for everything a tool server does but calls of its tools; `startRun` asks whether the agent may start a new run by calling that target; `exchange`, whether it may have a token
 * with which to invoke it later.
 */
export type PolicyAction = 'invoke' | 'callTool' | 'useServer' | 'useModel' | 'startRun' | 'exchange'

export interface PolicyRequest {
  readonly action: PolicyAction
  readonly principal: AgentId
  readonly resource: Target
  readonly context: PolicyContext
  /**
   * The arguments of a call of a tool as JSON text, null for none. Left out where nobody knows them: then a policy that
   * reads them refuses.
   */
  readonly args?: string | null
}

/** A policy that could not be evaluated, and why. */
export interface PolicyError {
  readonly id: string
  readonly message: string
}

/** Cedar's JSON for values. */
export type CedarJson = boolean | number | string | CedarJson[] | { [name: string]: CedarJson }

export interface CedarEntity {
  readonly uid: EntityRef
  readonly attrs: Record<string, CedarJson>
  readonly parents: EntityRef[]
}

/** A request in Cedar's JSON, with the slice of entities it can touch. */
export interface CedarRequest {
  readonly principal: EntityRef
  readonly action: EntityRef
  readonly resource: EntityRef
  readonly context: Record<string, CedarJson>
  readonly entities: CedarEntity[]
}

/** Everything the oracle needs; it keeps the prepared policies of the last hash it saw. */
export interface OracleQuestion {
  readonly hash: string
  readonly schema: string
  readonly policies: Record<string, string>
  readonly request: CedarRequest
}

/** What Cedar itself says: the deciding policies in no particular order, and the policies it had to skip. */
export interface OracleAnswer {
  readonly decision: 'allow' | 'deny'
  readonly policies: readonly string[]
  readonly errors: readonly PolicyError[]
}

/** Asks Cedar on another thread. Rejects where it cannot be asked; whoever provides it sees to it that the wait ends. */
export type Oracle = (question: OracleQuestion) => Promise<OracleAnswer>
