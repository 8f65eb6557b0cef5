/** Puts back what the ledger remembers: open runs with what they spent, halted runs as halted, the spend of the day. */
import type { Millis } from '../base/clock.ts'
import type { Settings } from '../config/settings.ts'
import { isAgentId } from '../domain/ids.ts'
import type { Taint } from '../domain/principal.ts'
import { worseTaint } from '../domain/taint.ts'
import { isDenial } from '../domain/verdict.ts'
import type { Replayed } from '../ledger/replay.ts'
import type { Bench } from '../limits/bench.ts'
import type { Runs } from '../limits/runs.ts'

export interface Recovered {
  readonly runs: number
  /** What could not be put back, in sentences; for the log. */
  readonly problems: readonly string[]
}

export interface Tables {
  readonly runs: Runs
  readonly limits: Bench
}

export function recover(replayed: Replayed, tables: Tables, settings: Settings, now: Millis): Recovered {
  const { runs, limits } = tables
  const problems = [...replayed.problems]
  for (const run of replayed.runs) {
    const edges = run.edges.map((edge) => ({ ...edge, depth: edge.depth_min }))
    const restored = runs.restore({ ...run, edges, taint: taintOf(run, settings) })
    if (isDenial(restored)) problems.push(`${run.id} was not put back: ${restored.detail}`)
  }
  for (const [agent, spent] of replayed.today) {
    limits.restore(limits.agent(agent), spent, now)
    const team = settings.agents.get(agent)?.team
    if (team) limits.restore(limits.team(team), spent, now)
  }
  for (const [id, spent] of replayed.todayOfPeople) {
    const person = limits.person(id, now)
    if (person === null) problems.push(`what ${id} spent today was not put back: no room to count another person`)
    else if (person !== 'free') limits.restore(person, spent, now)
  }
  return { runs: replayed.runs.length, problems }
}

/** That of its records; and a call to the outside whose end nobody saw may have been answered. */
function taintOf({ taint, unfinished }: Replayed['runs'][number], { agents }: Settings): Taint {
  const outside = unfinished.some((target) => isAgentId(target) && agents.get(target)?.external === true)
  return outside ? worseTaint(taint, 'external') : taint
}
