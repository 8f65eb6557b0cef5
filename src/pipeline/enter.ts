/**
 * How a call finds its run. The order is the trust: what Weir signed, then what the caller claims and already takes
 * part in (its run or the invocation it is called from, a trace, a session of a vendor), then what only can be meant, then
 * a new run. A claim picks one of the runs the caller serves or, where it serves none, one that it began itself for the
 * same person; a caller that serves one run can claim no other, so it may claim before it is inferred. Depth is counted
 * here and never read from the client: a caller that shows an old token, or none, stands no higher than its deepest open
 * invocation in that run; one that shows the token of an invocation it has answered, no higher than the deepest it ever
 * had there. The token of a root agent stands at the root of its run, on the same condition.
 */
import { type AgentId, type HopId, isRunId, type PersonId } from '../domain/ids.ts'
import type { Delegation, Principal } from '../domain/principal.ts'
import type { RunOrigin } from '../domain/run.ts'
import { deny, type Denial, isDenial } from '../domain/verdict.ts'
import type { LiveRun } from '../limits/live-run.ts'
import type { Served } from '../limits/inbound.ts'
import type { Runs } from '../limits/runs.ts'
import type { HeaderMap } from '../protocol/http.ts'
import { noContext, readRunContext, type RunContext, type SaidOfRun } from '../protocol/run-context.ts'

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
  /** The names by which later calls of this caller find the run; absent where it said none. */
  readonly names?: readonly string[]
}

/** `said` is what the body of the request says of its run, which wins over its headers. */
export function enterRun(
  runs: Runs,
  { proof, delegation }: Principal,
  headers: HeaderMap,
  said: SaidOfRun | null = null,
): Entry | Denial {
  const context = readRunContext(headers, said)
  const { agent } = proof
  if (context === noContext) return delegation ? byToken(runs, agent, delegation) : byItself(runs, agent)
  const caller: Caller = { agent, person: proof.person, names: namesOf(proof, context) }
  const claimed = delegation ? byToken(runs, agent, delegation) : byClaim(runs, caller, context)
  const entry = claimed ?? byItself(runs, agent)
  return isDenial(entry) || caller.names.length === 0 ? entry : { ...entry, names: caller.names }
}

/** What can only be meant where nothing is said. */
function byItself(runs: Runs, agent: AgentId): Entry | Denial {
  const served = runs.inferFor(agent)
  if (served === 'ambiguous')
    return deny('run_context_required', `${agent} serves several runs and presented no delivery token`)
  if (served !== 'none') return below('inferred', served.run, served)
  return { kind: 'entry', run: null, origin: 'new', ...atTheRoot(agent) }
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

interface Caller {
  readonly agent: AgentId
  readonly person: PersonId | null
  /** What it calls its work by: the trace, then the sessions of vendors. */
  readonly names: readonly string[]
}

const ofTrace = 'trace '

/** A name belongs to the agent and the person that said it: whoever else says the same means something else. */
function namesOf({ agent, person }: Principal['proof'], { trace, sessions }: RunContext): readonly string[] {
  const said = trace === null ? sessions : [ofTrace + trace, ...sessions]
  return said.map((name) => `${agent} ${person ?? ''} ${name}`)
}

function byClaim(runs: Runs, caller: Caller, context: RunContext): Entry | null {
  return byHeader(runs, caller, context) ?? byTrace(runs, caller, context) ?? byName(runs, caller, 'vendor')
}

/** An open invocation of the caller says its run as well; it never lifts the caller above a deeper one. */
function byHeader(runs: Runs, caller: Caller, { run: claimed, parent }: RunContext): Entry | null {
  const served = parent === null ? null : runs.serves(caller.agent, parent)
  if (served && (claimed === null || claimed === served.run.id)) {
    const deepest = runs.servedIn(served.run, caller.agent)
    return below('header', served.run, deepest && deepest.depth > served.depth ? deepest : served)
  }
  return claimed === null ? null : join('header', runs, caller, runs.find(claimed))
}

/** A trace leads to the run it was said in first, to that of which Weir made its id, or to the calls it came in with. */
function byTrace(runs: Runs, caller: Caller, { trace }: RunContext): Entry | null {
  if (trace === null) return null
  const known = byName(runs, caller, 'trace')
  if (known) return known
  const id = `run_${trace}`
  const opened = isRunId(id) ? runs.find(id) : undefined
  const joined = opened?.state === 'ended' ? null : join('trace', runs, caller, opened)
  if (joined) return joined
  const served = runs.servesTrace(caller.agent, trace)
  return served && below('trace', served.run, runs.servedIn(served.run, caller.agent) ?? served)
}

function byName(runs: Runs, caller: Caller, origin: 'trace' | 'vendor'): Entry | null {
  const { names, agent, person } = caller
  const traces = `${agent} ${person ?? ''} ${ofTrace}`
  for (const name of names) {
    if (name.startsWith(traces) !== (origin === 'trace')) continue
    const entry = join(origin, runs, caller, runs.aliases.find(name))
    if (entry) return entry
  }
  return null
}

/**
 * A claimed run counts only if this agent serves an invocation of it, or is its root for the same person and serves
 * nothing else. In every other case the claim is a label and no more.
 */
function join(origin: RunOrigin, runs: Runs, { agent, person }: Caller, run: LiveRun | undefined): Entry | null {
  if (!run) return null
  const served: Served<LiveRun> | null = runs.servedIn(run, agent)
  if (served) return below(origin, run, served)
  if (run.root !== agent || run.person !== person || runs.inferFor(agent) !== 'none') return null
  const before = run.deepestOf(agent)
  return before ? below(origin, run, before) : { kind: 'entry', run, origin, ...atTheRoot(agent) }
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
