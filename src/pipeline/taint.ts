/**
 * What the outside may have steered. An agent of somebody else brings it in with every word it says in a run, whether
 * it answers or calls; a token carries it to where the run is not known; an operator knows best. It never goes away.
 */
import { toolRowOf } from '../config/tool-row.ts'
import { nameOfTool, serverOfTool, type Target } from '../domain/call.ts'
import type { Principal, Taint } from '../domain/principal.ts'
import { worseTaint } from '../domain/taint.ts'
import type { LiveRun } from '../limits/live-run.ts'
import type { Entry } from './enter.ts'
import { runEntry } from './run-entry.ts'
import type { Road, Snapshot } from './road.ts'

/** Who says so, and why; for the ledger. */
export interface TaintReason {
  readonly actor: string
  readonly reason: string
}

/** Lifts the taint of a run and leaves the trace of it; false if it stood as high before. */
export function taintRun(road: Road, run: LiveRun, to: Taint, { actor, reason }: TaintReason): boolean {
  if (!run.raiseTaint(to)) return false
  road.ledger.append(runEntry(run, 'tainted', road.clock.now(), { code: to, reason, actor }))
  road.log.info(`${run.id} is tainted: ${to}`, { run: run.id, taint: to, actor })
  return true
}

/** Who calls, and on which token it stands. */
interface Caller {
  readonly principal: Principal
  readonly entry: Pick<Entry, 'delegation'>
}

/** What a caller brings along: that of its tokens, whether it showed them or not, and of where it comes from. */
export function taintOfCaller({ agents }: Snapshot, { principal, entry }: Caller): Taint {
  const { proof, delegation } = principal
  const home = agents.get(proof.agent)?.settings.external === true ? 'external' : 'none'
  return [delegation, proof.delegation, entry.delegation].reduce<Taint>(
    (worst, each) => worseTaint(worst, each?.taint ?? 'none'),
    home,
  )
}

/** What an answer of the target brings along. */
export function taintOfAnswer({ agents, servers }: Snapshot, target: Target): Taint {
  if (target.kind === 'agent') return agents.get(target.id)?.settings.external === true ? 'external' : 'none'
  if (target.kind === 'model') return 'none'
  const server = servers.get(serverOfTool(target))?.settings
  const said = server && target.kind === 'tool' ? toolRowOf(server, nameOfTool(target)) : server
  return said?.external === true ? 'external' : 'none'
}
