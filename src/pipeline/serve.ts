/**
 * The road: a call's whole life, in the order in which it happens.
 *
 *     read -> authenticate -> enter run -> admit (policy, limits, intent) -> deliver -> send -> settle
 */
import { type AgentId, isAgentId } from '../domain/ids.ts'
import { mintHopId } from '../domain/mint-ids.ts'
import { deny, isDenial } from '../domain/verdict.ts'
import { type Call, isHopOperation } from '../domain/call.ts'
import { refuseVersion } from '../protocol/a2a/dialect.ts'
import { isMalformed, malformed, type Malformed } from '../protocol/a2a/malformed.ts'
import { readCall } from '../protocol/a2a/read-call.ts'
import type { Inbound, Reply } from '../protocol/http.ts'
import { sendWritten } from '../protocol/jsonrpc.ts'
import { admit, permit } from './admit.ts'
import { enterRun } from './enter.ts'
import { refuse, refuseWith, turnAway } from './refuse.ts'
import { resourceOf, type Road } from './road.ts'
import { deliver } from './deliver.ts'
import { abandon, giveBack, send } from './send.ts'
import { openVisit, partyOf } from './visit.ts'
import { effectiveAuthority, nowhere } from './within-authority.ts'

/** Serves one A2A request to the agent of that slug. Never rejects but for a Bug. */
export async function serveA2a(road: Road, agent: AgentId, inbound: Inbound, reply: Reply): Promise<void> {
  const id = mintHopId(road.dice)
  const read = readCall(inbound, agent, id, '')
  const call = isMalformed(read) ? read : carriedOf(read)
  const known = road.snapshot.identity.authenticate(inbound, resourceOf(road.snapshot, agent))
  const principal = known instanceof Promise ? await known : known
  const denial = isDenial(principal) ? principal : road.revocations.epochs.refusalOf(principal)
  if (isMalformed(call)) {
    return denial ? turnAway(reply, denial, id, call.to) : sendWritten(reply, call)
  }

  const visit = openVisit(road, inbound, call, reply)
  if (isDenial(principal)) return await refuse(visit, principal)
  visit.principal = principal
  if (denial) return await refuse(visit, denial)

  const entry = enterRun(road.runs, principal, inbound.headers)
  visit.authority = effectiveAuthority({ principal, entry: isDenial(entry) ? nowhere : entry })
  if (isDenial(entry)) return await refuse(visit, entry)
  visit.run = entry.run
  visit.origin = entry.origin
  visit.parent = entry.parent
  visit.depth = entry.depth
  visit.chain = entry.chain
  visit.delegation = entry.delegation

  const target = visit.snapshot.agents.get(agent)
  if (!target?.upstream) return await refuse(visit, deny('not_found', `${agent} is not registered or cannot be called`))

  const asking = { principal, entry, target }
  const granted = await permit(visit, asking)
  if (isDenial(granted)) return await refuse(visit, granted)
  const strange = refuseVersion(call, target.upstream.versions)
  if (strange) return refuseWith(visit, strange, 'protocol.version')
  const unknown = road.conversations.refusalOf(call, partyOf(visit, principal))
  if (unknown) return refuseWith(visit, unknown, 'task.owner')

  const hop = admit(visit, asking, granted)
  if (isDenial(hop)) return await refuse(visit, hop)

  const papers = await deliver(visit, hop)
  if (isDenial(papers)) return await giveBack(visit, hop, papers)
  if (reply.closed) return abandon(visit, hop, { status: 'aborted', detail: 'the caller left before the call did' })
  send(visit, hop, target.upstream, papers)
}

/** The agent a path segment names, or null if it can be the name of none. */
export function agentOf(slug: string): AgentId | null {
  const id = `agent:${slug}`
  return isAgentId(id) ? id : null
}

/** The road carries what starts work, and no webhook of a caller. */
function carriedOf(call: Call): Call | Malformed {
  if (!isHopOperation(call.operation))
    return malformed(call, 'unsupported_operation', 'This gateway does not carry this method')
  return call.push === null
    ? call
    : malformed(call, 'push_notification_not_supported', 'Push notifications are not supported')
}
