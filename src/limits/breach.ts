/**
 * Which refusals halt their run, and what the alert says about it: who started the run, where the cycle formed, what
 * it cost, and which rule stopped it. Plain data; telling anyone is not this organ's business.
 */
import type { Millis } from '../base/clock.ts'
import { denials } from '../domain/denials.ts'
import type { AgentId, HopId, PersonId, RunId } from '../domain/ids.ts'
import type { Halt } from '../domain/run.ts'
import type { Spend } from '../domain/spend.ts'
import type { Denial } from '../domain/verdict.ts'
import type { Ask } from './lease.ts'
import type { LimitSettings } from './settings.ts'

export interface BreachReport {
  readonly run: RunId
  /** Who started the run: the agent, and the person it acts for. */
  readonly root: AgentId
  readonly person: PersonId | null
  readonly startedAt: Millis
  readonly at: Millis
  readonly code: Denial['code']
  readonly rule: string | null
  readonly detail: string
  /** The call that was refused. */
  readonly hop: HopId
  /** Where the cycle closes, or the refused edge itself with lap 0 if the run walks in no circle. */
  readonly edge: { readonly from: AgentId; readonly to: string; readonly depth: number; readonly lap: number }
  /** The agents on the way round, empty if there is no cycle. */
  readonly path: readonly string[]
  readonly calls: number
  readonly spent: Spend
  readonly reserved: Spend
}

/** Whether this refusal halts its run. The ceilings of our own stores always do: no setting reaches beyond them. */
export function isBreach(denial: Denial, settings: LimitSettings): boolean {
  if (!denials[denial.code].halts) return false
  return settings.on_breach === 'halt' || (denial.rule?.startsWith('maximums.') ?? false)
}

/** The halt a breach brings about. */
export function haltFor(denial: Denial, hop: HopId, at: Millis): Halt {
  const { code, detail } = denial
  return { code, reason: detail, actor: 'weir', at, hop }
}

export function reportBreach(denial: Denial, ask: Ask): BreachReport {
  const { run, hop, agent, target, depth, now } = ask
  const cycle = ask.cycle ?? run.graph.cycles.toSorted((a, b) => b.lap - a.lap)[0] ?? null
  const edge = cycle ?? { from: agent, to: target, depth, lap: 0 }
  return {
    run: run.id,
    root: run.root,
    person: run.person,
    startedAt: run.startedAt,
    at: now,
    code: denial.code,
    rule: denial.rule,
    detail: denial.detail,
    hop,
    edge: { from: edge.from, to: edge.to, depth: edge.depth, lap: edge.lap },
    path: cycle?.path ?? [],
    calls: run.calls,
    spent: run.spent,
    reserved: run.reserved,
  }
}
