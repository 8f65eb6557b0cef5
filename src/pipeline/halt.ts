/** Halting a run: it admits nothing from this moment, what is open ends, and somebody is told. */
import type { Halt } from '../domain/run.ts'
import { formatMicros } from '../domain/spend.ts'
import type { BreachReport } from '../limits/breach.ts'
import type { LiveRun } from '../limits/live-run.ts'
import type { HopId } from '../domain/ids.ts'
import { deny } from '../domain/verdict.ts'
import { runEntry } from './run-entry.ts'
import { cancelEach } from './tasks/cancel-each.ts'
import { detailOf } from './run-view.ts'
import type { Road } from './road.ts'

/** True for exactly one caller; false if the run was halted or had ended before. `breach` is null for an operator's halt. */
export function haltRun(road: Road, run: LiveRun, halt: Halt, breach: BreachReport | null): boolean {
  if (!road.runs.halt(run, halt)) return false
  road.ledger.append(runEntry(run, 'halted', halt.at, halt))
  const open = road.exchanges.openIn(run.id)
  const aborted = road.exchanges.halt(run.id)
  haltTasks(road, run, open)
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
 * Tasks outlive the calls that started them: who follows one is told, and its agent is told to stop, the deepest first.
 * Those of exchanges that were open were told with them.
 */
function haltTasks(road: Road, run: LiveRun, told: ReadonlySet<HopId>): void {
  const rows = road.tasks.openIn(run.id)
  const untold = rows.filter((row) => {
    const feed = road.relay.hub.find(row.target, row.taskId)
    feed?.halt(deny('run_halted', 'halted while the task was under way'))
    return !feed && !told.has(row.hop)
  })
  void cancelEach(road, untold).catch((bug: unknown) =>
    road.log.error('a bug while tasks were cancelled', { run: run.id, error: String(bug) }),
  )
}

type Edge = BreachReport['edge']

function sentenceOf(run: LiveRun, halt: Halt, edge: Edge | null): string {
  const whose = run.person === null ? '' : ` for ${run.person}`
  const where =
    edge && edge.lap > 0 ? ` ${edge.from} -> ${edge.to} closes a cycle at depth ${edge.depth}, lap ${edge.lap}.` : ''
  const cost = formatMicros(run.spent.cost_micros + run.reserved.cost_micros)
  return `${run.id} was halted by ${halt.actor}: ${halt.reason}. Started by ${run.root}${whose}.${where} It cost ${cost} in ${run.calls} calls.`
}
