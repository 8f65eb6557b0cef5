/** Agent cards: what a caller may know of an agent, generated, and but for what the operator opens only for those who may call it. */
import type { Authority } from '../domain/authority.ts'
import { denials } from '../domain/denials.ts'
import type { AgentId } from '../domain/ids.ts'
import { mintHopId } from '../domain/mint-ids.ts'
import { isBound, type Principal } from '../domain/principal.ts'
import { type Denial, isDenial } from '../domain/verdict.ts'
import { decide } from '../policy/decide.ts'
import type { PolicyContext } from '../policy/world.ts'
import { isFresh } from '../protocol/a2a/card.ts'
import { writeProblem } from '../protocol/faces.ts'
import type { Inbound, Reply } from '../protocol/http.ts'
import { sendWritten } from '../protocol/jsonrpc.ts'
import { type CardView, cardOf } from './cards/our-card.ts'
import { enterRun } from './enter.ts'
import { neutral, turnAway } from './refuse.ts'
import { type AgentEntry, resourceOf, type Road } from './road.ts'
import { effectiveAuthority, nowhere } from './within-authority.ts'

/** Answers `GET .../.well-known/agent-card.json`: 401 without a credential, 404 for whoever may not call the agent. */
export async function serveCard(road: Road, agent: AgentId, inbound: Inbound, reply: Reply): Promise<void> {
  const { snapshot } = road
  const asker = await askerOf(road, inbound, resourceOf(snapshot, agent))
  const entry = snapshot.agents.get(agent)
  if (isDenial(asker)) {
    const view = openView(entry, inbound, asker)
    if (entry && view) return sendCard(road, { entry, view }, inbound, reply)
    return turnAsker(road, reply, asker)
  }
  if (!entry || !(await asker.sees(entry))) return notFound(reply)
  return sendCard(road, { entry, view: 'full' }, inbound, reply)
}

/** Who asks about agents, and which of them it may know of. */
export interface Asker {
  readonly kind: 'asker'
  readonly principal: Principal
  readonly authority: Authority
  /** In which most is allowed to it. */
  readonly context: PolicyContext
  /** Whether it may invoke that agent as things stand, or was called by it. */
  sees(entry: AgentEntry): Promise<boolean>
}

export async function askerOf(road: Road, inbound: Inbound, resource: string): Promise<Asker | Denial> {
  const { snapshot } = road
  const principal = await snapshot.identity.authenticate(inbound, resource)
  if (isDenial(principal)) return principal
  const revoked = road.revocations.epochs.refusalOf(principal)
  if (revoked) return revoked
  const caller = principal.proof.agent
  const place = enterRun(road.runs, principal, inbound.headers)
  const authority = effectiveAuthority({ principal, entry: isDenial(place) ? nowhere : place })
  const scopes = authority.scopes ?? []
  const context = { ...neutral(caller, snapshot), boundKey: isBound(principal.proof), scopes }
  const sees = async ({ settings: { id }, driver }: AgentEntry): Promise<boolean> => {
    if (!driver) return false
    const resource = { kind: 'agent', id } as const
    const verdict = await decide(snapshot.policy, { action: 'invoke', principal: caller, resource, context })
    // Whoever was called knows its callers: that it may not call them back is then said where it tries.
    return !isDenial(verdict) || (!isDenial(place) && place.chain.includes(id) && id !== caller)
  }
  return { kind: 'asker', principal, authority, context, sees }
}

/** What somebody sees who shows nothing at all; null for nothing. A credential that does not count is never ignored. */
function openView(entry: AgentEntry | undefined, inbound: Inbound, { code }: Denial): CardView | null {
  if (!entry?.driver || code !== 'unauthenticated' || inbound.headers.has('authorization')) return null
  return openViews[entry.settings.discovery]
}

const openViews = { hidden: null, stub: 'stub', full: 'public' } as const

interface Shown {
  readonly entry: AgentEntry
  readonly view: CardView
}

async function sendCard(road: Road, { entry, view }: Shown, inbound: Inbound, reply: Reply): Promise<void> {
  const card = await cardOf(road, entry, view)
  if (isDenial(card)) return turnAsker(road, reply, card)
  if (isFresh(card, inbound.headers)) return reply.send(304, card.headers, '')
  return reply.send(200, card.headers, card.body)
}

function notFound(reply: Reply): void {
  sendWritten(reply, writeProblem(404, 'not_found', 'Not found', 'There is nothing here by that name for you.'))
}

/** Turns away who asked about agents: these are documents and no calls, so it is said in the words of HTTP. */
export function turnAsker(road: Road, reply: Reply, denial: Denial): void {
  const { http, sentence, advice, retry } = denials[denial.code]
  if (http === 401) return turnAway(reply, denial, mintHopId(road.dice))
  const later = retry === 'after_wait' ? ([['retry-after', '1']] as const) : []
  sendWritten(reply, writeProblem(http, denial.code, sentence, `${advice}.`), later)
}
