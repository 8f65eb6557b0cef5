/** Halting a run: it admits nothing from this moment, what is open ends, and somebody is told. */
import type { Halt } from '../domain/run.ts'
import { formatMicros } from '../domain/spend.ts'
import type { BreachReport } from '../limits/breach.ts'
import type { LiveRun } from '../limits/live-run.ts'
import { runEntry } from './run-entry.ts'
import { detailOf } from './run-view.ts'
import type { Road } from './road.ts'

/** True for exactly one caller; false if the run was halted or had ended before. `breach` is null for an operator's halt. */
export function haltRun(road: Road, run: LiveRun, halt: Halt, breach: BreachReport | null): boolean {
  if (!road.runs.halt(run, halt)) return false
  road.ledger.append(runEntry(run, 'halted', halt.at, halt))
  const aborted = road.exchanges.halt(run.id)
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

type Edge = BreachReport['edge']

function sentenceOf(run: LiveRun, halt: Halt, edge: Edge | null): string {
  const whose = run.person === null ? '' : ` for ${run.person}`
  const where =
    edge && edge.lap > 0 ? ` ${edge.from} -> ${edge.to} closes a cycle at depth ${edge.depth}, lap ${edge.lap}.` : ''
  const cost = formatMicros(run.spent.cost_micros + run.reserved.cost_micros)
  return `${run.id} was halted by ${halt.actor}: ${halt.reason}. Started by ${run.root}${whose}.${where} It cost ${cost} in ${run.calls} calls.`
}
