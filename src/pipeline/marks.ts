/** How a caller learns which run and hop this was, what was decided and what is left: beside the answer of any protocol. */
import type { Millis } from '../base/clock.ts'
import { type AnyCall, isModelCall } from '../domain/call.ts'
import type { AgentId, RunId } from '../domain/ids.ts'
import type { Run } from '../domain/run.ts'
import type { Spend } from '../domain/spend.ts'
import type { Metered } from '../domain/usage.ts'
import type { Denial, Hop } from '../domain/verdict.ts'
import type { HeaderList } from '../protocol/http.ts'
import { costHeader, idHeaders, type Quota, type RateLeft, runHeaders, type RunLeft } from '../protocol/run-headers.ts'
import type { AnyVisit } from './visit.ts'

/** Beside the answer of a call that was let through; `bill` where it is known before the head leaves, null for an unknown price. */
export function marks(visit: AnyVisit, hop: Hop<AnyCall>, bill?: Metered | Spend | null): HeaderList {
  const { id, run, call, permit, depth, principal } = hop
  const ids = { hop: id, run: run.id, isOfModel: isModelCall(call) }
  if (visit.snapshot.settings.gateway.response_headers === 'ids') return idHeaders(ids)
  const decision = { rule: permit.policies[0] ?? null, config: visit.snapshot.configHash.slice(0, config_chars) }
  const now = visit.road.clock.now()
  const [left, rate] = [leftIn(visit, run, { depth, now }), rateOf(visit, principal.proof.agent, now)]
  const headers = runHeaders({ ...ids, decision, left, rate })
  return bill === undefined ? headers : [...headers, costHeader(bill)]
}

/** Beside a refusal, as the caller sees it: `shown` and `run` say nothing of what must look as if it did not exist. */
export function refusalMarks(visit: AnyVisit, shown: Denial, run: RunId | null): HeaderList {
  const { road, call, principal, snapshot, depth } = visit
  const ids = { hop: call.id, run, isOfModel: isModelCall(call) }
  if (snapshot.settings.gateway.response_headers === 'ids') return idHeaders(ids)
  const now = road.clock.now()
  const left = run === null || visit.run === null ? null : leftIn(visit, visit.run, { depth, now })
  const rate = principal && rateOf(visit, principal.proof.agent, now)
  return runHeaders({ ...ids, decision: shown.code, left, rate })
}

/** Enough of the hash to tell two states of the configuration apart. */
const config_chars = 12

/** Where in its run a call stands, and when it is looked at. */
interface Sight {
  readonly depth: number
  readonly now: Millis
}

function leftIn({ road }: AnyVisit, run: Run, { depth, now }: Sight): RunLeft {
  const limits = road.limits.settings.run
  const { cost_micros_max, tokens_max, wall_clock_ms, depth_max, calls_max } = limits
  const left = cost_micros_max || tokens_max ? run.left : null
  return {
    cost: quota(cost_micros_max?.max, left?.cost_micros ?? 0),
    tokens: quota(tokens_max?.max, left?.tokens ?? 0),
    wall: wall_clock_ms ? { max: (run.endsAt - run.startedAt) / 1000, left: (run.endsAt - now) / 1000 } : null,
    depth: quota(depth_max?.max, (depth_max?.max ?? 0) - depth),
    calls: quota(calls_max?.max, (calls_max?.max ?? 0) - run.calls),
  }
}

function quota(max: number | undefined, rest: number): Quota | null {
  return max === undefined ? null : { max, left: Math.max(0, rest) }
}

function rateOf({ road }: AnyVisit, agent: AgentId, now: Millis): RateLeft | null {
  const party = road.limits.agent(agent)
  const limit = party?.limits.invokes_per_minute
  return party && limit ? party.rate.read(limit.max, limit.burst ?? limit.max, now) : null
}
