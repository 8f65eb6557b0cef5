/** Halting a run: it admits nothing from this moment, what is open ends, and somebody is told. */
import type { Halt } from '../domain/run.ts'
import { formatCost } from '../domain/spend.ts'
import type { BreachReport } from '../limits/breach.ts'
import type { LiveRun } from '../limits/live-run.ts'
import { phaseOf, type TaskRow } from '../domain/task.ts'
import { deny } from '../domain/verdict.ts'
import { runEntry } from './run-entry.ts'
import { cancelEach } from './tasks/cancel-each.ts'
import { detailOf } from './run-view.ts'
import { type Road, serverIn } from './road.ts'

/** True for exactly one caller; false if the run was halted or had ended before. `breach` is null for an operator's halt. */
export function haltRun(road: Road, run: LiveRun, halt: Halt, breach: BreachReport | null): boolean {
  if (!road.runs.halt(run, halt)) return false
  road.ledger.append(runEntry(run, 'halted', halt.at, halt))
  const aborted = stopRun(road, run, road.tasks.openIn(run.id))
  run.releaseAll()
  road.deliveries.forget(run.id)
  road.counts.halted(halt.code)
  const edge = breach?.edge ?? run.graph.cycles[0] ?? null
  const sentence = sentenceOf(run, halt, edge)
  road.log.warn(sentence, { run: run.id, code: halt.code, actor: halt.actor, aborted })
  road.snapshot.alerts.send({
    kind: 'run_halted',
    at: halt.at,
    sentence,
    run: detailOf(run),
    edge: edge && { from: edge.from, to: edge.to, depth: edge.depth, lap: edge.lap },
    rule: breach?.rule ?? null,
    code: halt.code,
  })
  return true
}

/**
 * Ends what is under way in a run; answers how many exchanges that were. Tasks outlive the calls that started them: at
 * once everybody who follows one is told, and then their agents are told to stop, the deepest first.
 */
function stopRun(road: Road, run: LiveRun, tasks: readonly TaskRow[]): number {
  const rows = new Set([...exchangedIn(road, run), ...tasks])
  const aborted = road.exchanges.halt(run.id)
  for (const { target, taskId } of rows)
    road.relay.hub.find(target, taskId)?.halt(deny('run_halted', 'halted while the task was under way'), 'caller')
  void cancelEach(road, [...rows]).catch((bug: unknown) =>
    road.log.error('a bug while tasks were cancelled', { run: run.id, error: String(bug) }),
  )
  return aborted
}

/** A run that is over takes with it what works in it, but not what waits for a caller: that may go on in another run. */
export function stopEnded(road: Road, run: LiveRun): void {
  const late = road.clock.now() >= run.endsAt
  const working = road.tasks.openIn(run.id).filter(({ state }) => phaseOf(state) === 'open')
  // One that ended for being idle may have been put back after a start, with tasks that nobody has asked about since.
  stopRun(road, run, late ? working : [])
}

/** The tasks that exchanges of the run work on, also those that another run of the same caller has started. */
function exchangedIn(road: Road, run: LiveRun): readonly TaskRow[] {
  return road.exchanges.openIn(run.id).flatMap((exchange) => {
    const { target } = exchange.hop.call
    const taskId = exchange.taskId()
    return (
      (target.kind === 'agent' && taskId !== null && road.tasks.find(serverIn(road.snapshot, target.id), taskId)) || []
    )
  })
}

type Edge = BreachReport['edge']

function sentenceOf(run: LiveRun, halt: Halt, edge: Edge | null): string {
  const whose = run.person === null ? '' : ` for ${run.person}`
  const where =
    edge && edge.lap > 0 ? ` ${edge.from} -> ${edge.to} closes a cycle at depth ${edge.depth}, lap ${edge.lap}.` : ''
  const cost = formatCost(run.spent.cost_micros + run.reserved.cost_micros, run.unpriced)
  return `${run.id} was halted by ${halt.actor}: ${halt.reason}. Started by ${run.root}${whose}.${where} It cost ${cost} in ${run.calls} calls.`
}
