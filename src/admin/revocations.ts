/** Withdrawing for operators: contain an agent, revoke a person, a key, a token or everything, and take it back. */
import type { Filterable } from '../domain/filter.ts'
import { matches } from '../domain/filter-match.ts'
import { isAgentId, isPersonId } from '../domain/ids.ts'
import { everything, nameOfKey, nameOfToken, type Revocable, type Revocation } from '../domain/revocation.ts'
import { restore, revoke, type Revoked } from '../pipeline/revoke.ts'
import type { Road } from '../pipeline/road.ts'
import { writeProblem } from '../protocol/faces.ts'
import type { Written } from '../protocol/jsonrpc.ts'
import { readFilterOf } from './parameters.ts'
import { type Order, readOrder, textOf } from './order.ts'
import { type AdminRequest, json, type Route } from './routes.ts'

/** What an order is about, as far as the path and the body name it; null where they name nothing. */
type Named = (asked: { readonly road: Road; readonly parameter: string; readonly order: Order }) => string | null

interface Row {
  readonly path: string
  readonly summary: string
  readonly does: 'revoke' | 'restore'
  readonly what: Revocable
  readonly contained?: boolean
  readonly name: Named
}

/** Characters of a key id and of a token's `jti` and issuer. */
const nameMax = 256

const agent: Named = ({ road, parameter }) => {
  const id = parameter.startsWith('agent:') ? parameter : `agent:${parameter}`
  return isAgentId(id) && (road.snapshot.agents.has(id) || road.revocations.find(id)) ? id : null
}
const person: Named = ({ parameter }) => {
  const id = parameter.startsWith('user:') ? parameter : `user:${parameter}`
  return isPersonId(id) ? id : null
}
const key: Named = ({ parameter }) => (textOf(parameter, nameMax) === null ? null : nameOfKey(parameter))
const token: Named = ({ order: { asked } }) => {
  const jti = textOf(asked['jti'], nameMax)
  const issuer = asked['iss'] === undefined ? 'weir' : textOf(asked['iss'], nameMax)
  return jti === null || issuer === null ? null : nameOfToken(issuer, jti)
}
const all: Named = () => everything

const rows: readonly Row[] = [
  {
    path: '/api/v1/agents/:name/contain',
    summary: 'Stops an agent: nothing from it, to it or through it is admitted',
    does: 'revoke',
    what: 'agent',
    contained: true,
    name: agent,
  },
  {
    path: '/api/v1/agents/:name/release',
    summary: 'Lets a contained agent go on',
    does: 'restore',
    what: 'agent',
    name: agent,
  },
  {
    path: '/api/v1/agents/:name/revoke',
    summary: 'Ends what was issued to an agent so far',
    does: 'revoke',
    what: 'agent',
    name: agent,
  },
  {
    path: '/api/v1/people/:name/revoke',
    summary: 'Ends what was issued to a person so far',
    does: 'revoke',
    what: 'person',
    name: person,
  },
  {
    path: '/api/v1/people/:name/restore',
    summary: 'Takes the revocation of a person back',
    does: 'restore',
    what: 'person',
    name: person,
  },
  { path: '/api/v1/keys/:name/revoke', summary: 'Ends whatever a key signed', does: 'revoke', what: 'key', name: key },
  {
    path: '/api/v1/keys/:name/restore',
    summary: 'Takes the revocation of a key back',
    does: 'restore',
    what: 'key',
    name: key,
  },
  { path: '/api/v1/tokens/revoke', summary: 'Ends one token', does: 'revoke', what: 'token', name: token },
  {
    path: '/api/v1/tokens/restore',
    summary: 'Takes the revocation of a token back',
    does: 'restore',
    what: 'token',
    name: token,
  },
  {
    path: '/api/v1/revoke-everything',
    summary: 'Ends everything that was issued so far',
    does: 'revoke',
    what: 'everything',
    name: all,
  },
  { path: '/api/v1/restore-everything', summary: 'Takes that back', does: 'restore', what: 'everything', name: all },
]

export function revocationRoutes(road: Road): readonly Route[] {
  const orders = rows.map((row): Route => ({
    method: 'POST',
    path: row.path,
    may: 'order',
    summary: row.summary,
    body: row.what === 'token' ? 'TokenOrder' : 'Order',
    answers: 'Revocation',
    answer: (request) => carryOut(road, row, request),
  }))
  const listing: Route = {
    method: 'GET',
    path: '/api/v1/revocations',
    may: 'look',
    summary: 'What counts no more',
    query: ['filter'],
    answers: 'RevocationList',
    answer: (request) => list(road, request),
  }
  return [listing, ...orders]
}

function list({ revocations, clock }: Road, { query }: AdminRequest): Written {
  const filter = readFilterOf(query, clock.now())
  if ('status' in filter) return filter
  const fitting = revocations.list().filter((each) => matches(filter, filterableOf(each)))
  return json(200, { schema: 'weir.revocations/v1', revocations: fitting })
}

function filterableOf({ what, name, at }: Revocation): Filterable {
  return { kind: what, agent: what === 'agent' ? name : null, person: what === 'person' ? name : null, at }
}

async function carryOut(road: Road, row: Row, request: AdminRequest): Promise<Written> {
  const order = readOrder(request)
  if ('status' in order) return order
  const { reason, actor } = order
  const name = row.name({ road, parameter: decodeURIComponent(request.parameters['name'] ?? ''), order })
  if (name === null) return writeProblem(404, 'not_found', 'Nothing by that name', unknown[row.what])
  const facts = { what: row.what, name, reason, actor, source: 'operator' } as const
  if (row.does === 'restore') {
    const restored = await restore(road, facts)
    return restored
      ? answer(restored, true)
      : writeProblem(409, 'not_revoked', 'Not revoked', `${name} is not revoked.`)
  }
  const done = await revoke(road, { ...facts, contained: row.contained ?? false })
  if (done.kind === 'revoked') return answer(done, false)
  const detail = `${done.max} names are revoked already (maximums.revocations). Restore some, or revoke everything.`
  return writeProblem(409, 'revocations_full', 'Nothing was revoked: the table is full', detail)
}

const unknown: Readonly<Record<Revocable, string>> = {
  agent: 'No agent of that name is registered.',
  person: 'That cannot be the name of a person.',
  key: 'That cannot be the id of a key.',
  token: 'Send the jti of the token, and iss if another issuer than Weir wrote it.',
  everything: '',
}

/** What is in force now or was until now, and what came of it. */
interface RevocationView extends Revocation {
  readonly schema: 'weir.revocation/v1'
  readonly lifted: boolean
  /** Calls that were under way and were ended. */
  readonly ended: number
}

/** What does not survive a restart is said as a failure, although it is in force. */
function answer({ revocation, ended, undurable }: Revoked, lifted: boolean): Written {
  const view: RevocationView = { schema: 'weir.revocation/v1', ...revocation, lifted, ended }
  if (undurable === null) return json(200, view)
  const detail = `It is in force, but would not survive a restart: the state directory takes no writes.`
  return writeProblem(500, 'not_durable', 'Done, but not durable', detail)
}
