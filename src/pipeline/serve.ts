/**
 * The road: a call's whole life, in the order in which it happens.
 *
 *     read -> authenticate -> enter run -> admit (policy, limits, intent) -> deliver -> send -> settle
 */
import { type AgentId, isAgentId } from '../domain/ids.ts'
import { mintHopId } from '../domain/mint-ids.ts'
import { type Call, isHopOperation } from '../domain/call.ts'
import { phaseOf } from '../domain/task.ts'
import type { Principal } from '../domain/principal.ts'
import { type Denial, deny, isDenial } from '../domain/verdict.ts'
import { isMalformed } from '../protocol/a2a/malformed.ts'
import { readCall } from '../protocol/a2a/read-call.ts'
import { saidInMetadata, withoutRun } from '../protocol/a2a/run-extension.ts'
import type { Inbound, Reply } from '../protocol/http.ts'
import { sendWritten } from '../protocol/jsonrpc.ts'
import { admit, type Asking, type Goal, permit } from './admit.ts'
import { type Entry, enterRun } from './enter.ts'
import { reservedFor } from './price.ts'
import { refuse, turnAway } from './refuse.ts'
import { type CallableEntry, isCallable, resourceOf, type Road, serverOf } from './road.ts'
import { noSuchTask, taskIsOver } from './tasks/answer.ts'
import { refusePush } from './tasks/push.ts'
import { refusalOfPush } from './tasks/push-draft.ts'
import { serveTask } from './tasks/serve-task.ts'
import { deliver } from './deliver.ts'
import { abandon, giveBack, send } from './send.ts'
import { openVisit, partyOf, type Visit } from './visit.ts'
import { askedOfAgent, effectiveAuthority, nowhere } from './within-authority.ts'

/** Serves one A2A request to the agent of that slug; `rest` is its path behind it. Never rejects but for a Bug. */
export async function serveA2a(road: Road, { agent, rest }: AgentPath, inbound: Inbound, reply: Reply): Promise<void> {
  const id = mintHopId(road.dice)
  const read = readCall(inbound, agent, id, rest)
  const known = road.snapshot.identity.authenticate(inbound, resourceOf(road.snapshot, agent))
  const principal = known instanceof Promise ? await known : known
  const denial = isDenial(principal) ? principal : road.revocations.epochs.refusalOf(principal)
  if (isMalformed(read)) {
    return denial ? turnAway(reply, denial, id, read.to) : sendWritten(reply, read)
  }

  const body = withoutRun(read.body)
  const said = body === read.body ? null : saidInMetadata(read.body)
  const call = body === read.body ? read : { ...read, body }
  const visit = openVisit(road, inbound, call, reply)
  if (isDenial(principal)) return await refuse(visit, principal)
  visit.principal = principal
  if (denial) return await refuse(visit, denial)
  const isSaid = said !== null && isHopOperation(call.operation)
  const entered = isSaid ? enterRun(road.runs, principal, inbound.headers, said) : undefined
  await serveKnown(visit, principal, entered)
}

/**
 * The road from where its sender is known: what came in the words of another protocol goes on here. `entered` where its place
 * was found already.
 */
export async function serveKnown(visit: Visit, principal: Principal, entered?: Entry | Denial): Promise<void> {
  const { road, call, inbound } = visit
  visit.principal = principal
  if (!isHopOperation(call.operation)) return await serveTask(visit, principal)

  const entry = entered ?? enterRun(road.runs, principal, inbound.headers)
  visit.authority = effectiveAuthority({ principal, entry: isDenial(entry) ? nowhere : entry })
  if (isDenial(entry)) return await refuse(visit, entry)
  visit.run = entry.run
  visit.origin = entry.origin
  visit.parent = entry.parent
  visit.depth = entry.depth
  visit.chain = entry.chain
  visit.delegation = entry.delegation

  const target = call.target.kind === 'agent' ? visit.snapshot.agents.get(call.target.id) : undefined
  if (!isCallable(target))
    return await refuse(visit, deny('not_found', `${call.target.id} is not registered or cannot be called`))

  await proceed(visit, { principal, entry, target, goal: goalOf(call, target) })
}

/** A call to an agent. */
interface AgentAsking extends Asking {
  readonly target: CallableEntry
}

function goalOf(call: Call, { settings }: CallableEntry): Goal {
  const agent = serverOf(settings)
  const { id: named } = settings
  return {
    action: 'invoke',
    asked: askedOfAgent(call),
    server: agent,
    agent,
    named,
    price: reservedFor(settings.price),
  }
}

/** From judgement to the wire. */
async function proceed(visit: Visit, asking: AgentAsking): Promise<void> {
  const { road, call, reply } = visit
  const { principal, target } = asking
  const granted = await permit(visit, asking)
  if (isDenial(granted)) return await refuse(visit, granted)
  const named = { ...call, target: { kind: 'agent', id: serverOf(target.settings) } } as const
  if (road.tasks.mayName(named, partyOf(visit, principal)) !== null) return noSuchTask(visit)
  if (isOver(road, named, target)) return taskIsOver(visit)
  const unwanted = call.push === null ? null : await refusalOfPush(road, call)
  if (unwanted !== null) return refusePush(visit, unwanted)

  const hop = admit(visit, asking, granted)
  if (isDenial(hop)) return await refuse(visit, hop)

  const papers = await deliver(visit, hop)
  if (isDenial(papers)) return await giveBack(visit, hop, papers)
  if (reply.closed) return abandon(visit, hop, { status: 'aborted', detail: 'the caller left before the call did' })
  send(visit, hop, { target, papers, otherwise: otherwise(visit, asking) })
}

/** A framework would begin its work anew under the name of a task that is over; an A2A agent knows that by itself. */
function isOver(road: Road, { taskId }: Call, { settings, speaksA2a }: CallableEntry): boolean {
  const row = taskId === null || speaksA2a ? null : road.tasks.find(serverOf(settings), taskId)
  return row !== null && phaseOf(row.state) === 'terminal'
}

/**
 * Where a target cannot be reached at all, the agent its operator named for that is called: as a call of its own, judged
 * and counted anew. A task stays where it is.
 */
function otherwise(visit: Visit, { principal, entry, target }: AgentAsking): (() => Promise<void>) | null {
  const { fallback } = target.settings
  if (fallback === null || visit.call.taskId !== null) return null
  const next = visit.snapshot.agents.get(fallback)
  if (!isCallable(next)) return null
  return () => {
    const id = mintHopId(visit.road.dice)
    const call: Call = { ...visit.call, id, target: { kind: 'agent', id: fallback } }
    const run = visit.run ?? entry.run
    const fresh = { ask: null, hop: null, delivery: null, approval: null }
    return proceed(
      { ...visit, ...fresh, call },
      {
        principal,
        entry: { ...entry, run },
        target: next,
        goal: goalOf(call, next),
      },
    )
  }
}

/** Where under `/a2a/` a request goes. */
export interface AgentPath {
  readonly agent: AgentId
  /** What comes after the slug: `''`, `/`, `/tasks/t1`. */
  readonly rest: string
}

/** The agent a path segment names, or null if it can be the name of none. */
export function agentOf(slug: string): AgentId | null {
  const id = `agent:${slug}`
  return isAgentId(id) ? id : null
}
