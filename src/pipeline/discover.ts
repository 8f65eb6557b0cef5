/** Agent cards: what a caller may know of an agent, generated, and only for those who may call it. */
import { denials } from '../domain/denials.ts'
import type { AgentId } from '../domain/ids.ts'
import { isBound } from '../domain/principal.ts'
import { slugOf } from '../domain/ids.ts'
import { mintHopId } from '../domain/mint-ids.ts'
import { type Denial, deny, isDenial } from '../domain/verdict.ts'
import { decide } from '../policy/decide.ts'
import { type Card, describeAgent, schemaReading, writeCard } from '../protocol/a2a/card.ts'
import { writeProblem } from '../protocol/faces.ts'
import type { Inbound, Reply } from '../protocol/http.ts'
import { sendWritten } from '../protocol/jsonrpc.ts'
import { enterRun } from './enter.ts'
import { neutral, turnAway } from './refuse.ts'
import { type AgentEntry, resourceOf, type Road, type Snapshot } from './road.ts'
import { effectiveAuthority, nowhere } from './within-authority.ts'

/** Answers `GET .../.well-known/agent-card.json`: 401 without a credential, 404 for whoever may not call the agent. */
export async function serveCard(road: Road, agent: AgentId, inbound: Inbound, reply: Reply): Promise<void> {
  const { snapshot } = road
  const principal = await snapshot.identity.authenticate(inbound, resourceOf(snapshot, agent))
  if (isDenial(principal)) return turnAway(reply, principal, mintHopId(road.dice))
  const revoked = road.revocations.epochs.refusalOf(principal)
  if (revoked?.code === 'unauthenticated') return turnAway(reply, revoked, mintHopId(road.dice))
  if (revoked) return contained(reply)
  const caller = principal.proof.agent
  const place = enterRun(road.runs, principal, inbound.headers)
  const scopes = effectiveAuthority({ principal, entry: isDenial(place) ? nowhere : place }).scopes ?? []
  const entry = snapshot.agents.get(agent)
  const verdict = entry?.driver
    ? await decide(snapshot.policy, {
        action: 'invoke',
        principal: caller,
        resource: { kind: 'agent', id: agent },
        context: { ...neutral(caller, snapshot), boundKey: isBound(principal.proof), scopes },
      })
    : deny('not_found', 'not registered')
  // Whoever was called knows its callers: that it may not call them back is then said where it tries.
  const inItsChain = !isDenial(place) && place.chain.includes(agent) && agent !== caller
  if (!entry?.driver || (isDenial(verdict) && !inItsChain)) return notFound(reply)
  const card = await cardOf(snapshot, entry)
  if (isDenial(card)) return turnAway(reply, card, mintHopId(road.dice))
  if (inbound.headers.get('if-none-match') === card.etag) return reply.send(304, card.headers, '')
  return reply.send(200, card.headers, card.body)
}

/** Signed once for each configuration and key; who asks again gets the same bytes. */
export async function cardOf({ cards, identity, publicUrl }: Snapshot, { settings }: AgentEntry): Promise<Card | Denial> {
  const { id, description, versions } = settings
  const kid = identity.signCard.kid()
  const known = cards.get(id)
  if (known?.kid === kid) return known.card
  const slug = slugOf(id)
  const members = describeAgent({ slug, name: slug, description, versions }, publicUrl)
  // The SDKs complain of every signature before the first they find right.
  const signed = await identity.signCard(members, [schemaReading(members), members])
  if (isDenial(signed)) return signed
  const card = writeCard(signed)
  cards.set(id, { kid, card })
  return card
}

function notFound(reply: Reply): void {
  sendWritten(reply, writeProblem(404, 'not_found', 'Not found', 'There is nothing here by that name for you.'))
}

function contained(reply: Reply): void {
  const { sentence, advice } = denials.agent_contained
  sendWritten(reply, writeProblem(denials.agent_contained.http, 'agent_contained', sentence, `${advice}.`))
}
