/**
 * The road of a message to a front of Weir's own: where several tool servers are one, and where one of them does not speak
 * what its client speaks. What is governed here is governed as everywhere: a call of a tool is a hop, everything else passes.
 *
 *     origin -> read -> authenticate -> whose session -> what is behind -> era -> [find -> hop or pass -> exchange -> settle]
 */
import { nobodyWaits } from '../../nobody-waits.ts'
import { valueAtPath } from '../../../base/json-edit.ts'
import { mintHopId } from '../../../domain/mint-ids.ts'
import { deny, isDenial } from '../../../domain/verdict.ts'
import type { Inbound, Reply } from '../../../protocol/http.ts'
import {
  capabilitiesIn,
  type FrontArrival,
  type FrontRoute,
  readBatched,
  readFront,
} from '../../../protocol/mcp/read-front.ts'
import type { McpMalformed } from '../../../protocol/mcp/read-call.ts'
import { saidInMeta } from '../../../protocol/mcp/trace.ts'
import { enterRun } from '../../enter.ts'
import { refuse } from '../../refuse.ts'
import type { FrontRoad } from './front-road.ts'
import { openVisit } from '../../visit.ts'
import type { McpAddress } from '../behind.ts'
import { isOwner } from '../sessions.ts'
import { receive, type Received, takePlace, turnAwayStranger } from '../threshold.ts'
import { resourceOfAddress } from '../address.ts'
import { groundOf, placeOf } from './address.ts'
import type { FrontSession } from './front-sessions.ts'
import { type Declared, type Guest, letIn, ownerAt } from './guest.ts'
import { serveLegacy, welcome } from './legacy-front.ts'
import { jsonAnswer } from './line.ts'
import type { LiveSession } from './live-session.ts'
import { serveModern } from './modern-front.ts'
import { postOn, replyInto, RequestLine } from './post-line.ts'

type Arrived = FrontArrival<FrontSession>

/** Serves one request to that address. Never rejects but for a Bug. */
export async function serveFront(road: FrontRoad, address: McpAddress, inbound: Inbound, reply: Reply): Promise<void> {
  if (turnAwayStranger(road, inbound, reply)) return
  const route = routeTo(road, address)
  const read = readFront(inbound, route)
  const id = read.kind === 'arrival' ? read.call.id : mintHopId(road.dice)
  const resource = resourceOfAddress(road.snapshot, address)
  const received = await receive(road, { inbound, reply }, { id, read, resource })
  if (received === null || read.kind === 'malformed') return
  const { session } = read
  const { visit, principal } = received
  if (session && !isOwner(session, principal))
    return await refuse(visit, deny('not_found', `the session is not that of ${principal.proof.agent}`))
  const guest = await letIn({ road, address, arrival: read, received }, declaredBy(read))
  if (isDenial(guest)) return await refuse(visit, guest)
  if (read.era === 'modern') return await serveModern(guest)
  if (session === null) return await welcome(guest)
  const live = road.fronts.use(session, ownerAt(principal, address))
  if (read.batch === null) return await serveLegacy(guest, live, null)
  await serveBatch(guest, live, { route, batch: read.batch, session })
}

function routeTo({ dice, fronts }: FrontRoad, address: McpAddress): FrontRoute<FrontSession> {
  const place = placeOf(address)
  return {
    ground: groundOf(address),
    mintId: () => mintHopId(dice),
    openSession: (sealed) => fronts.sessions.open(place, sealed),
  }
}

function declaredBy({ era, session, params, message }: Arrived): Declared {
  if (era === 'modern') return { era, session, capabilities: capabilitiesIn(params) }
  if (session) return { era, session, capabilities: session.capabilities }
  const said = message?.method === 'initialize' && params ? valueAtPath(params, ['capabilities']) : null
  return { era, session, capabilities: said?.[0] === 0x7b ? said : Buffer.from('{}') }
}

interface Batch {
  readonly route: FrontRoute<FrontSession>
  readonly batch: readonly Buffer[]
  readonly session: FrontSession
}

/** Each message is one of its own, with its own hop and record; only their answers leave together. */
async function serveBatch(guest: Guest, live: LiveSession, { route, batch, session }: Batch): Promise<void> {
  const { visit } = guest.received
  const reads = batch.map((body) => readBatched({ ...visit.inbound, body }, route, session))
  const answered = reads.filter(isAnswered)
  const post = answered.length === 0 ? null : postOn(live, visit.reply, { count: answered.length, isBatch: true })
  const served = reads.map(async (read) => {
    const line = post && isAnswered(read) ? new RequestLine(post) : null
    if (read.kind === 'malformed') return line?.answer(jsonAnswer(Buffer.from(read.body)))
    const reply = line === null ? nobodyWaits : replyInto(line)
    await serveLegacy({ ...guest, arrival: read, received: receivedAgain(guest, read, reply) }, live, line)
  })
  await Promise.all(served)
  if (answered.length === 0) visit.reply.send(202, [], '')
}

function isAnswered(read: Arrived | McpMalformed): boolean {
  return read.kind === 'malformed' || read.call.form === 'request'
}

/** The same sender, at the same place, with another message. */
function receivedAgain({ road, received }: Guest, { call }: Arrived, reply: Reply): Received {
  const { principal, visit: whole } = received
  const visit = openVisit(road, { ...whole.inbound, body: Buffer.from(call.body) }, call, reply)
  visit.principal = principal
  const entry = enterRun(road.runs, principal, whole.inbound.headers, saidInMeta(visit.inbound.body))
  takePlace(visit, principal, entry)
  return { visit, principal, entry }
}
