/**
 * How a call finds its run. The order is the trust: what Weir signed, then what the caller claims and already takes
 * part in, then what only can be meant, then a new run. Depth is counted here and never read from the client: a caller
 * that shows an old token, or none, stands no higher than its deepest open invocation in that run; one that shows the
 * token of an invocation it has answered, no higher than the deepest it ever had there. The token of a root agent stands
 * at the root of its run, on the same condition.
 */
import { type AgentId, type HopId, isRunId } from '../domain/ids.ts'
import type { Delegation, Principal } from '../domain/principal.ts'
import type { RunOrigin } from '../domain/run.ts'
import { deny, type Denial } from '../domain/verdict.ts'
import type { LiveRun } from '../limits/live-run.ts'
import type { Runs } from '../limits/runs.ts'
import type { HeaderMap } from '../protocol/http.ts'

/** Where in which run a call stands. `run` is null where a new one has to be opened. */
export interface Entry {
  readonly kind: 'entry'
  readonly run: LiveRun | null
  readonly origin: RunOrigin
  readonly parent: HopId | null
  /** The depth the hop will have: 1 for a call of the root agent. */
  readonly depth: number
  /** From the root agent to the caller. */
  readonly chain: readonly AgentId[]
  /** The chain to where the caller stands, whatever it showed; null where it is the root and showed none. */
  readonly delegation: Delegation | null
}

export function enterRun(runs: Runs, principal: Principal, headers: HeaderMap): Entry | Denial {
  const { agent, person } = principal.proof
  const caller = { agent, person }
  if (principal.delegation) return byToken(runs, agent, principal.delegation)
  const claimed = headers.get('weir-run-id')
  const served = runs.inferFor(agent)
  if (served === 'ambiguous') return byHeader(runs, caller, claimed) ?? ambiguous(agent)
  if (served !== 'none') return below('inferred', served.run, served)
  return byHeader(runs, caller, claimed) ?? { kind: 'entry', run: null, origin: 'new', ...atTheRoot(agent) }
}

function byToken(runs: Runs, agent: AgentId, delegation: Delegation): Entry | Denial {
  const run = runs.find(delegation.run)
  if (!run) return deny('run_context_required', `${delegation.run} is over or was never known here`)
  const served = delegation.hop === null ? null : runs.serves(agent, delegation.hop)
  const deepest = served ? runs.servedIn(run, agent) : run.deepestOf(agent)
  if (deepest && deepest.depth > delegation.depth) return below('token', run, deepest)
  const { hop, depth, chain } = delegation
  // A token that was lent to a later hop stands for that one.
  return below('token', run, { hop: served?.hop ?? hop, depth, chain, delegation })
}

/**
 * A claimed run counts only if this agent serves an invocation of it, or is its root for the same person and serves
 * nothing else. In every other case the header is a label and no more.
 */
function byHeader(runs: Runs, { agent, person }: Caller, claimed: string | undefined): Entry | null {
  const run = claimed !== undefined && isRunId(claimed) ? runs.find(claimed) : undefined
  if (!run) return null
  const served = runs.servedIn(run, agent)
  if (served) return below('header', run, served)
  if (run.root !== agent || run.person !== person || runs.inferFor(agent) !== 'none') return null
  const before = run.deepestOf(agent)
  return before ? below('header', run, before) : { kind: 'entry', run, origin: 'header', ...atTheRoot(agent) }
}

type Caller = Pick<Principal['proof'], 'agent' | 'person'>

function ambiguous(agent: AgentId): Denial {
  return deny('run_context_required', `${agent} serves several runs and presented no delivery token`)
}

function atTheRoot(agent: AgentId): Pick<Entry, 'parent' | 'depth' | 'chain' | 'delegation'> {
  return { parent: null, depth: 1, chain: [agent], delegation: null }
}

/** An invocation the caller serves: whatever it calls now is one hop below. */
interface Place {
  readonly hop: HopId | null
  readonly depth: number
  readonly chain: readonly AgentId[]
  readonly delegation: Delegation | null
}

function below(origin: RunOrigin, run: LiveRun, place: Place): Entry {
  const { hop: parent, depth, chain, delegation } = place
  return { kind: 'entry', run, origin, parent, depth: depth + 1, chain, delegation }
}
