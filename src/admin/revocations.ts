/** Withdrawing for operators: contain an agent, revoke a person, a key, a token or everything, and take it back. */
import { isAgentId, isPersonId } from '../domain/ids.ts'
import { everything, nameOfKey, nameOfToken, type Revocable, type Revocation } from '../domain/revocation.ts'
import { restore, revoke, type Revoked } from '../pipeline/revoke.ts'
import type { Road } from '../pipeline/road.ts'
import { writeProblem } from '../protocol/faces.ts'
import type { Written } from '../protocol/jsonrpc.ts'
import { type Order, readOrder, textOf } from './order.ts'
import { type AdminRequest, json, type Route } from './routes.ts'

/** What an order is about, as far as the path and the body name it; null where they name nothing. */
type Named = (asked: { readonly road: Road; readonly parameter: string; readonly order: Order }) => string | null

interface Row {
  readonly path: string
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
  { path: '/api/v1/agents/:name/contain', does: 'revoke', what: 'agent', contained: true, name: agent },
  { path: '/api/v1/agents/:name/release', does: 'restore', what: 'agent', name: agent },
  { path: '/api/v1/agents/:name/revoke', does: 'revoke', what: 'agent', name: agent },
  { path: '/api/v1/people/:name/revoke', does: 'revoke', what: 'person', name: person },
  { path: '/api/v1/people/:name/restore', does: 'restore', what: 'person', name: person },
  { path: '/api/v1/keys/:name/revoke', does: 'revoke', what: 'key', name: key },
  { path: '/api/v1/keys/:name/restore', does: 'restore', what: 'key', name: key },
  { path: '/api/v1/tokens/revoke', does: 'revoke', what: 'token', name: token },
  { path: '/api/v1/tokens/restore', does: 'restore', what: 'token', name: token },
  { path: '/api/v1/revoke-everything', does: 'revoke', what: 'everything', name: all },
  { path: '/api/v1/restore-everything', does: 'restore', what: 'everything', name: all },
]

export function revocationRoutes(road: Road): readonly Route[] {
  const orders = rows.map((row): Route => ({
    method: 'POST',
    path: row.path,
    open: false,
    answer: (request) => carryOut(road, row, request),
  }))
  return [{ method: 'GET', path: '/api/v1/revocations', open: false, answer: () => list(road) }, ...orders]
}

function list({ revocations }: Road): Written {
  return json(200, { schema: 'weir.revocations/v1', revocations: revocations.list() })
}

async function carryOut(road: Road, row: Row, request: AdminRequest): Promise<Written> {
  const order = readOrder(request.body)
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
