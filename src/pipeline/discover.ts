/** Agent cards: what a caller may know of an agent, generated, and only for those who may call it. */
import type { AgentId } from '../domain/ids.ts'
import { slugOf } from '../domain/ids.ts'
import { mintHopId } from '../domain/mint-ids.ts'
import { deny, isDenial } from '../domain/verdict.ts'
import { decide } from '../policy/decide.ts'
import { writeCard } from '../protocol/a2a/card.ts'
import { writeProblem } from '../protocol/faces.ts'
import type { Inbound, Reply } from '../protocol/http.ts'
import { sendWritten } from '../protocol/jsonrpc.ts'
import { enterRun } from './enter.ts'
import { neutral, turnAway } from './refuse.ts'
import { resourceOf, type Road } from './road.ts'
import { scopesOf } from './visit.ts'

/** Answers `GET .../.well-known/agent-card.json`: 401 without a credential, 404 for whoever may not call the agent. */
export async function serveCard(road: Road, agent: AgentId, inbound: Inbound, reply: Reply): Promise<void> {
  const { snapshot } = road
  const principal = await snapshot.identity.authenticate(inbound, resourceOf(snapshot, agent))
  if (isDenial(principal)) return turnAway(reply, principal, mintHopId(road.dice))
  const caller = principal.proof.agent
  const entry = snapshot.agents.get(agent)
  const verdict = entry?.upstream
    ? await decide(snapshot.policy, {
        action: 'invoke',
        principal: caller,
        resource: { kind: 'agent', id: agent },
        context: { ...neutral(caller, snapshot), scopes: scopesOf(principal) },
      })
    : deny('not_found', 'not registered')
  // Whoever was called knows its callers: that it may not call them back is then said where it tries.
  const place = enterRun(road.runs, principal, inbound.headers)
  const inItsChain = !isDenial(place) && place.chain.includes(agent) && agent !== caller
  if (!entry?.upstream || (isDenial(verdict) && !inItsChain)) return notFound(reply)
  const { description, versions } = entry.settings
  const slug = slugOf(agent)
  const card = writeCard({ slug, name: slug, description, versions }, snapshot.publicUrl)
  if (inbound.headers.get('if-none-match') === card.etag) return reply.send(304, card.headers, '')
  return reply.send(200, card.headers, card.body)
}

function notFound(reply: Reply): void {
  sendWritten(reply, writeProblem(404, 'not_found', 'Not found', 'There is nothing here by that name for you.'))
}
