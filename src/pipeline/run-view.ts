/** A run as operators and alerts see it. Names are those of the admin API. */
import type { Spend } from '../domain/spend.ts'
import type { LiveRun } from '../limits/live-run.ts'

export interface RunSummary {
  readonly [name: string]: unknown
}

export function summaryOf(run: LiveRun): RunSummary {
  return {
    id: run.id,
    state: run.state,
    root: run.root,
    person: run.person,
    started_at: run.startedAt,
    ends_at: run.endsAt,
    calls: run.calls,
    refused: run.refused,
    open: run.open,
    depth_max: run.depthMax,
    laps: Math.max(0, ...run.graph.cycles.map((cycle) => cycle.lap)),
    spent: run.spent,
    unpriced: run.unpriced,
    reserved: run.reserved,
    left: finite(run.left),
    shadow: run.shadow,
    halt: run.halt,
    taint: run.taint,
  }
}

/** The summary with the graph and the last hops. */
export function detailOf(run: LiveRun): RunSummary {
  return {
    schema: 'weir.run/v1',
    ...summaryOf(run),
    edges: run.graph.edges,
    cycles: run.graph.cycles,
    hops: run.hops(),
  }
}

/** JSON knows no Infinity: no such budget is null. */
function finite(left: Spend): Readonly<Record<keyof Spend, number | null>> {
  const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null)
  return { tokens: orNull(left.tokens), cost_micros: orNull(left.cost_micros) }
}
