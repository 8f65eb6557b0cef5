/** Carries an admitted hop to its target; what comes of it is settled in one place. */
import { type AnyCall, targetName } from '../domain/call.ts'
import type { Denial, Hop, Overruled } from '../domain/verdict.ts'
import { paramsOf } from '../protocol/a2a/params.ts'
import { headersUpwards, traced } from '../protocol/headers.ts'
import type { Exchange, ExchangeOutcome, Mission } from '../relay/exchange.ts'
import { closeApproval } from './approve.ts'
import { Detour } from './detour.ts'
import { Padding } from './padding.ts'
import { refuse } from './refuse.ts'
import { type CallableEntry, type Papers, serverOf } from './road.ts'
import { marks } from './marks.ts'
import { guarded, marked, settle } from './settle.ts'
import { watch } from './standing.ts'
import { taintOfAnswer, taintRun } from './taint.ts'
import { traceOnward, traceSaid } from './trace-of.ts'
import { knownFor } from './tasks/mission.ts'
import { watchHop } from './tasks/watch-hop.ts'
import { type AnyVisit, endIfOpenedFor, leaveRecord, partyOf, unsent, type Visit } from './visit.ts'

/** Where a hop goes. */
export interface Way {
  readonly target: CallableEntry
  readonly papers: Papers
  /** What is done in place of an answer where the target cannot be reached at all; null for telling the caller. */
  readonly otherwise: (() => Promise<void>) | null
}

/** The hop is on its way; everything that follows is told by the relay. */
export function send(visit: Visit, hop: Hop, { target, papers, otherwise }: Way): void {
  const { road, reply } = visit
  const { call } = hop
  const server = serverOf(target.settings)
  if (call.contextId !== null) road.tasks.contexts.use(server, call.contextId, partyOf(visit, hop.principal))
  const detour = otherwise && new Detour(otherwise)
  const mission = missionOf(visit, hop, { target, papers, detour })
  const streaming = call.operation === 'stream'
  const padding = streaming || call.dialect.endsWith('-rest') ? null : padded(visit, hop)
  const done = (outcome: ExchangeOutcome): void =>
    guarded(visit, () => settle(visit, hop, outcome, { padding, detour }))
  const exchange: Exchange = streaming
    ? road.relay.sendStream(hop, mission, marked(reply, marks(visit, hop)), done)
    : road.relay.sendUnary(hop, mission, done)
  const halt: Exchange['halt'] = (denial, cancels) => exchange.halt(denial, cancels)
  road.exchanges.begin({ hop, streaming, taskId: () => exchange.taskId, halt })
  if (!streaming) reply.onGone(() => exchange.abort('gone'))
  for (const overruled of hop.lease.overruled) tellOverruled(visit, overruled)
}

interface Bound extends Omit<Way, 'otherwise'> {
  readonly detour: Detour | null
}

function missionOf(visit: Visit, hop: Hop, { target, papers, detour }: Bound): Mission {
  const { road, inbound } = visit
  const { call } = hop
  const trace = traceOnward(visit, traceSaid(visit), target.settings.traceparent)
  const headers = traced(headersUpwards(inbound.headers), trace)
  const errand = { ...papers, headers, standing: watch(road, hop) }
  return {
    driver: target.driver,
    errand,
    known: knownFor(road, serverOf(target.settings), call),
    params: () => paramsOf(call),
    leaves: (fault) => detour?.takes(fault) === true,
    watch: watchHop({ visit, hop, target, papers }, () => taintByAnswer(visit)),
  }
}

function padded(visit: Visit, hop: Hop): Padding {
  const { road, reply } = visit
  const { wheel, settings } = road.relay.bench
  return new Padding(reply, wheel, settings.heartbeat_ms, () => marks(visit, hop))
}

/** Before the first byte of an answer is handed on: whoever reads it may be steered by it. */
export function taintByAnswer({ road, snapshot, run, call }: AnyVisit): void {
  const taint = taintOfAnswer(snapshot, call.target)
  if (run) taintRun(road, run, taint, { actor: 'weir', reason: `${targetName(call.target)} answered in it` })
}

/** A limit let the call through that it would have refused: counted always, said once a run where it warns. */
export function tellOverruled({ road, run }: AnyVisit, overruled: Overruled): void {
  const { mode, rule, detail } = overruled
  road.counts.limit(overruled, mode)
  if (run && rule !== null && mode === 'warn' && run.warnsFirst(rule))
    road.log.warn(`${run.id} went past ${rule}, which warns: ${detail}`, { run: run.id, rule })
}

/** Gives back what a hop holds that never left, and tells its caller why. */
export async function giveBack(visit: AnyVisit, hop: Hop<AnyCall>, denial: Denial): Promise<void> {
  hop.lease.refund()
  closeApproval(visit, false)
  await refuse(visit, denial)
}

/** Gives back what a hop holds that never left, and leaves its record; nobody waits for an answer. */
export function abandon(
  visit: AnyVisit,
  hop: Hop<AnyCall>,
  why: { status: 'aborted' | 'failed'; detail: string },
): void {
  const { run } = visit
  const outcome = unsent(visit, why.status, 0)
  run?.blame(hop.id, 'failed', 'aborted')
  hop.lease.refund()
  closeApproval(visit, false)
  leaveRecord(visit, { code: null, detail: why.detail, rule: null }, outcome)
  endIfOpenedFor(visit)
}
