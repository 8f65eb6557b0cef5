/**
 * The road of a message to a tool server. A call of a tool is a hop like a call to an agent; everything else passes for
 * whoever may use the server at all: it leaves a record and starts no run. What the server cannot be handed as it is goes
 * to the front.
 *
 *     origin -> read -> authenticate -> may it use the server -> [call of a tool: run, admit] -> carry -> settle -> record
 */
import { nameOfTool } from '../../domain/call.ts'
import { mintHopId } from '../../domain/mint-ids.ts'
import type { Principal } from '../../domain/principal.ts'
import { type Denial, deny, isDenial, type Permit } from '../../domain/verdict.ts'
import type { Inbound, Reply } from '../../protocol/http.ts'
import { type Arrival, type Era, eraOfInbound, readMcpCall } from '../../protocol/mcp/read-call.ts'
import { refuse } from '../refuse.ts'
import { type CarriedServer, isCarried, resourceOfServer, type ToolServerEntry } from '../road.ts'
import { carryCall, carryPass } from './carry.ts'
import { checkedAnswers } from './checks-of.ts'
import { openDefinitions, refusalOfDefinition } from './definitions.ts'
import type { FrontRoad } from './front/front-road.ts'
import { serveFront } from './front/serve-front.ts'
import { provenFor, showsNothing, speakerFor } from './proven.ts'
import { isOwner, type McpSession } from './sessions.ts'
import {
  aboutTarget,
  admitTool,
  mayUse,
  type McpVisit,
  mostOf,
  receive,
  refusalOfPass,
  turnAwayStranger,
} from './threshold.ts'
import { readerOf, visibleTools } from './visible-tools.ts'

/** Serves one request to the tool server of that slug. Never rejects but for a Bug. */
export async function serveMcp(road: FrontRoad, slug: string, inbound: Inbound, reply: Reply): Promise<void> {
  const { snapshot } = road
  const server = snapshot.servers.get(slug)
  const front = (): Promise<void> => serveFront(road, { kind: 'server', server: slug }, inbound, reply)
  if (server && (!isCarried(server) || isOfFront(road, server, inbound))) return await front()
  const id = mintHopId(road.dice)
  const openSession = (sealed: string): McpSession | null => road.sessions.open(slug, sealed)
  const read = readMcpCall(inbound, { server: slug, id, openSession })
  const era = (): Era => (read.kind === 'arrival' ? read.era : eraOfInbound(inbound, isOfSession(inbound, openSession)))
  const foreign = server ? road.isForeign(server, era()) : false
  if (foreign instanceof Promise ? await foreign : foreign) return await front()
  if (turnAwayStranger(road, inbound, reply)) return
  const received = await receive(road, { inbound, reply }, { id, read, resource: resourceOfServer(snapshot, slug) })
  if (received === null || read.kind === 'malformed') return
  const { visit, principal } = received
  const allowed = await mayReach(visit, { arrival: read, principal, server })
  if (isDenial(allowed)) return await refuse(aboutTarget(visit, { kind: 'server', id: slug }), allowed)
  const known = { arrival: read, principal, server: allowed.server }
  const speaker = speakerFor(road, received, allowed.server)
  if (read.call.operation === 'call_tool') {
    const held = async (): Promise<Denial | null> => {
      const nothing = await showsNothing(allowed.server, speaker)
      if (isDenial(nothing)) return nothing
      const refusal = await refusalOfDefinition(road, allowed.server, nameOfTool(read.call.target))
      return nothing && refusal?.code === 'upstream_unavailable' ? null : refusal
    }
    const hop = await admitTool(received, allowed.server, held)
    const proof = hop && (await provenFor(visit, hop, speaker))
    if (hop === null || proof === null) return
    return carryCall(visit, hop, { ...known, rewrite: checkedBy(visit, allowed.server), speaker, proof })
  }
  const kept = refusalOfPass(road, received)
  if (kept) return await refuse(visit, kept)
  const proof = await speaker.credentials()
  if (isDenial(proof)) return await refuse(visit, proof)
  if (reply.closed) return
  carryPass(visit, allowed.permit, { ...known, rewrite: rewriteOf(visit, known), speaker, proof })
}

/** What is done with the answer of a tool, by its row and by what its schema promises. */
function checkedBy(visit: McpVisit, server: CarriedServer): ReturnType<typeof checkedAnswers> {
  const { catalogue } = visit.road
  const listed = catalogue.tool(server.settings.id, nameOfTool(visit.call.target))
  return checkedAnswers(visit, server, listed && catalogue.promiseOf(listed))
}

/** What cannot be read is looked at once more: whether it is told so here or by the front depends on its era. */
function isOfSession({ headers }: Inbound, openSession: (sealed: string) => McpSession | null): boolean {
  const shown = headers.get('mcp-session-id')
  return shown !== undefined && openSession(shown) !== null
}

/** A session begun at the front goes on there, whatever the server speaks by now. */
function isOfFront({ fronts }: FrontRoad, { settings: { id } }: ToolServerEntry, { headers }: Inbound): boolean {
  const shown = headers.get('mcp-session-id')
  return shown !== undefined && fronts.sessions.open(id, shown) !== null
}

/** What is known of a message once its sender is. */
interface Known {
  readonly arrival: Arrival<McpSession>
  readonly principal: Principal
  readonly server: CarriedServer
}

/** The same refusal for a server that does not exist, one that this caller may not use, and a session of somebody else. */
async function mayReach(
  visit: McpVisit,
  { arrival, principal, server }: Omit<Known, 'server'> & { readonly server: ToolServerEntry | undefined },
): Promise<{ readonly permit: Permit; readonly server: CarriedServer } | Denial> {
  const permit = await mayUse(visit, principal, server)
  if (isDenial(permit)) return permit
  if (!server || !isCarried(server)) return deny('not_found', 'there is no such server')
  const { session } = arrival
  const { agent } = principal.proof
  if (session && !isOwner(session, principal)) return deny('not_found', `the session is not that of ${agent}`)
  return { permit, server }
}

/** Lists of tools come in answer to a request for them, and in a stream that goes on with what was missed of one. */
function rewriteOf(visit: McpVisit, { principal, server }: Known): ((message: Buffer) => Promise<Buffer>) | null {
  const { call, snapshot, authority } = visit
  if (call.method !== 'tools/list' && call.form !== 'listen') return null
  const { id } = server.settings
  const { proof } = principal
  const reader = { snapshot, server: id, authority, context: mostOf(visit, principal), ...readerOf(proof) }
  return (message) => visibleTools(message, reader, () => openDefinitions(visit.road, server))
}
