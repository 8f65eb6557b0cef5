/** Who somebody is to Weir, and how the run stands that it works in. The numbers are those that operators see. */
import type { JsonObject } from '../../../base/json.ts'
import { isBound } from '../../../domain/principal.ts'
import { isDenial } from '../../../domain/verdict.ts'
import type { Road } from '../../road.ts'
import { summaryOf } from '../../run-view.ts'
import { personOf } from '../../visit.ts'
import { ceilingsOf, depthMaxOf } from '../../within-authority.ts'
import type { Received } from '../threshold.ts'

export function whoami({ visit, principal, entry }: Received): JsonObject {
  const { proof } = principal
  const { agent, kind, expiresAt } = proof
  const settings = visit.snapshot.agents.get(agent)?.settings
  return {
    agent,
    team: settings?.team ?? null,
    person: personOf(visit),
    chain: visit.chain.length > 0 ? visit.chain : [agent],
    scopes: visit.authority.scopes,
    credential: { kind, bound: isBound(proof), expires_at: timeOf(expiresAt) },
    may_start_runs: settings?.may_start_runs === true,
    run_id: visit.run?.id ?? null,
    run_found_by: visit.run && !isDenial(entry) ? entry.origin : null,
  }
}

/** Null for whoever stands in no run. */
export function myRun(road: Road, { visit, principal, entry }: Received): JsonObject | null {
  const { run } = visit
  if (!run || isDenial(entry)) return null
  const summary = summaryOf(run)
  const standing = { principal, entry }
  const left = road.limits.grants.left(run, ceilingsOf(standing))
  const { depth_max, calls_max } = road.limits.settings.run
  const depths = [depth_max?.mode === 'enforce' ? depth_max.max : null, depthMaxOf(standing)]
  return {
    run_id: run.id,
    state: run.state,
    halted_by: run.halt?.code ?? null,
    started_at: timeOf(run.startedAt),
    ends_at: timeOf(run.endsAt),
    spent: run.spent,
    left: { cost_micros: finite(left.cost_micros), tokens: finite(left.tokens) },
    depth: entry.depth - 1,
    depth_max: finite(Math.min(...depths.map((max) => max ?? Number.POSITIVE_INFINITY))),
    laps: summary['laps'],
    calls: run.calls,
    calls_left: calls_max?.mode === 'enforce' ? Math.max(0, calls_max.max - run.calls) : null,
    unknown_priced_calls: unpricedIn(summary),
  }
}

/** Null where they are not counted. */
function unpricedIn({ unpriced }: ReturnType<typeof summaryOf>): number | null {
  return typeof unpriced === 'number' ? unpriced : null
}

/** JSON knows no Infinity: where there is no end it is null. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null
}

/** Null for never. */
function timeOf(at: number): string | null {
  return Number.isFinite(at) && Math.abs(at) <= lastDay ? new Date(at).toISOString() : null
}

/** ECMA-262, time values. */
const lastDay = 8.64e15
