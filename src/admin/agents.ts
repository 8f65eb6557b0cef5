/** The registry for operators: which agents there are, how they stand with their cards, and the word that ends a quarantine. */
import type { AgentId } from '../domain/ids.ts'
import { isAgentId, slugOf } from '../domain/ids.ts'
import type { CardStanding } from '../pipeline/cards/card-watch.ts'
import type { SeenCard } from '../pipeline/cards/card-change.ts'
import type { AgentEntry, Road } from '../pipeline/road.ts'
import { writeProblem } from '../protocol/faces.ts'
import type { Written } from '../protocol/jsonrpc.ts'
import { readOrder, textOf } from './order.ts'
import { type AdminRequest, json, type Route } from './routes.ts'

/** Agents in one answer. */
const agents_max = 1000

export function agentRoutes(road: Road): readonly Route[] {
  const path = '/api/v1/agents'
  return [
    {
      method: 'GET',
      path,
      may: 'look',
      summary: 'The agents, at most 1000',
      answers: 'AgentList',
      answer: () => list(road),
    },
    {
      method: 'GET',
      path: `${path}/:name`,
      may: 'look',
      summary: 'One agent with its card, the trusted one and the one that waits',
      answers: 'Agent',
      answer: (request) => show(road, request),
    },
    {
      method: 'POST',
      path: `${path}/:name/approve`,
      may: 'order',
      summary: 'Ends the quarantine of an agent with the card of that digest',
      body: 'DigestOrder',
      answers: 'Agent',
      answer: (request) => approve(road, request),
    },
  ]
}

function list(road: Road): Written {
  const agents = [...road.snapshot.agents.values()].toSorted((a, b) => (a.settings.id < b.settings.id ? -1 : 1))
  return json(200, {
    schema: 'weir.agents/v1',
    agents: agents.slice(0, agents_max).map((each) => summaryOf(road, each)),
  })
}

function show(road: Road, { parameters }: AdminRequest): Written {
  const entry = entryOf(road, parameters['name'])
  return entry ? json(200, { schema: 'weir.agent/v1', ...detailOf(road, entry) }) : unknown
}

async function approve(road: Road, request: AdminRequest): Promise<Written> {
  const order = readOrder(request)
  if ('status' in order) return order
  const entry = entryOf(road, request.parameters['name'])
  if (!entry) return unknown
  const { id } = entry.settings
  const digest = textOf(order.asked['digest'], 64) ?? road.cards.standingOf(id)?.pending?.card.digest
  const standing = road.cards.standingOf(id)
  if (!standing?.pending || digest === undefined)
    return writeProblem(409, 'not_quarantined', 'Nothing waits', `No card of ${id} waits for approval.`)
  if (!standing.approvable) {
    const detail = `${standing.quarantined}. Approving does not change that: change agents.${slugOf(id)}.card.`
    return writeProblem(409, 'not_approvable', 'Approving is not enough', detail)
  }
  const saved = road.cards.approve(id, { digest, reason: order.reason, actor: order.actor })
  if (saved === null) {
    const detail = `The card that waits now has the digest ${standing.pending.card.digest}. Look at it again.`
    return writeProblem(409, 'card_changed_again', 'Another card waits', detail)
  }
  if ((await saved) === null) return json(200, { schema: 'weir.agent/v1', ...detailOf(road, entry) })
  const detail = 'It is in force, but would not survive a restart: the state directory takes no writes.'
  return writeProblem(500, 'not_durable', 'Done, but not durable', detail)
}

const unknown = writeProblem(404, 'not_found', 'Nothing by that name', 'No agent of that name is registered.')

function entryOf({ snapshot }: Road, name = ''): AgentEntry | undefined {
  const asked = decodeURIComponent(name)
  const id = asked.startsWith('agent:') ? asked : `agent:${asked}`
  return isAgentId(id) ? snapshot.agents.get(id) : undefined
}

function summaryOf(road: Road, { settings, driver }: AgentEntry): object {
  const { id, versions, discovery, facet_of } = settings
  const standing = road.cards.standingOf(id)
  return {
    id,
    state: stateOf(road, id, standing),
    callable: driver !== null,
    versions: driver === null ? [] : versions,
    discovery,
    facet_of,
    digest: standing?.pinned?.card.digest ?? null,
    quarantined: standing?.quarantined ?? null,
  }
}

function stateOf({ revocations }: Road, id: AgentId, standing: CardStanding | null): string {
  if (revocations.find(id)?.contained) return 'contained'
  return standing !== null && standing.quarantined !== null ? 'quarantined' : 'ok'
}

function detailOf(road: Road, entry: AgentEntry): object {
  const { url, description, owner, team, groups, skills, card } = entry.settings
  const standing = road.cards.standingOf(entry.settings.id)
  const own = standing && {
    url: card?.url ?? null,
    checked_at: standing.checkedAt,
    problem: standing.problem,
    changes: standing.changes,
    approvable: standing.approvable,
    pinned: viewOf(standing.pinned),
    pending: viewOf(standing.pending),
  }
  return { ...summaryOf(road, entry), url, description, owner, team, groups, skills, card: own }
}

function viewOf(seen: SeenCard | null): object | null {
  if (seen === null) return null
  const { card, signature, seenAt, verifiedAt } = seen
  const { name, description, version, digest, interfaces, foreign, capabilities } = card
  const skills = card.skills.map(({ id, name, description }) => ({ id, name, description }))
  const places = interfaces.map(({ url, binding, written }) => ({ url, binding, version: written }))
  return {
    name,
    description,
    version,
    digest,
    capabilities,
    interfaces: places,
    foreign,
    skills,
    signature: { ...signature, verified_at: verifiedAt },
    seen_at: seenAt,
  }
}
