/**
 * The road of a message to a tool server. A call of a tool is a hop like a call to an agent; everything else passes for
 * whoever may use the server at all: it leaves a record and starts no run.
 *
 *     origin -> read -> authenticate -> may it use the server -> [call of a tool: run, admit] -> carry -> settle -> record
 */
import { readJsonObject } from '../../base/json.ts'
import { type McpCall, targetName } from '../../domain/call.ts'
import { mintHopId } from '../../domain/mint-ids.ts'
import { isBound, type Principal } from '../../domain/principal.ts'
import { type Denial, deny, type Hop, isDenial, type Permit } from '../../domain/verdict.ts'
import type { SpeakerCredentials } from '../../identity/outbound/tool-credentials.ts'
import { refusalOfRun } from '../../limits/lease.ts'
import { decide } from '../../policy/decide.ts'
import type { PolicyContext } from '../../policy/world.ts'
import type { HeaderList, Inbound, Reply } from '../../protocol/http.ts'
import { sendWritten } from '../../protocol/jsonrpc.ts'
import { writeMcpTurnAway } from '../../protocol/mcp/faces.ts'
import { type Arrival, mcpError, readMcpCall } from '../../protocol/mcp/read-call.ts'
import { admit, type Asking, permit } from '../admit.ts'
import { type Entry, enterRun } from '../enter.ts'
import { neutral, refuse } from '../refuse.ts'
import { type CarriedServer, isCarried, resourceOfServer, type Road, type ToolServerEntry } from '../road.ts'
import { abandon, giveBack } from '../send.ts'
import { refusalOfPlace, standingOf } from '../standing.ts'
import { openVisit } from '../visit.ts'
import { effectiveAuthority, nowhere } from '../within-authority.ts'
import { carryCall, carryPass, type McpVisit } from './carry.ts'
import { strangerHeader } from './own-host.ts'
import { isOwner, type McpSession } from './sessions.ts'
import { visibleTools } from './visible-tools.ts'

/** Serves one request to the tool server of that slug. Never rejects but for a Bug. */
export async function serveMcp(road: Road, slug: string, inbound: Inbound, reply: Reply): Promise<void> {
  const { snapshot } = road
  const id = mintHopId(road.dice)
  const stranger = strangerHeader(inbound.headers, homeOf(road))
  if (stranger !== null)
    return sendWritten(
      reply,
      mcpError(403, { code: -32600, message: `${stranger} is not one of this gateway` }, 'null'),
    )
  const server = snapshot.servers.get(slug)
  const openSession = (sealed: string): McpSession | null => road.sessions.open(slug, sealed)
  const arrival = readMcpCall(inbound, { server: slug, id, eras: server?.settings.eras ?? 'auto', openSession })
  const principal = await snapshot.identity.authenticate(inbound, resourceOfServer(snapshot, slug))
  const denial = isDenial(principal) ? principal : road.revocations.epochs.refusalOf(principal)
  if (arrival.kind === 'malformed') return sendWritten(reply, denial ? writeMcpTurnAway(denial, id) : arrival)

  const visit = openVisit(road, inbound, arrival.call, reply)
  if (isDenial(principal)) return await refuse(visit, principal)
  visit.principal = principal
  if (denial) return await refuse(visit, denial)

  const entry = enterRun(road.runs, principal, inbound.headers)
  takePlace(visit, principal, entry)
  const allowed = await mayUse(visit, { arrival, principal, server })
  if (isDenial(allowed)) return await refuse(ofServer(visit, slug), allowed)
  const known = { arrival, principal, server: allowed.server }
  if (arrival.call.operation === 'call_tool') return await callTool(visit, entry, known)
  const kept = refusalOfPlace(road, { principal, delegation: visit.delegation }) ?? tooOften(road, principal)
  if (kept) return await refuse(visit, kept)
  const speaker = speakerFor(visit, known)
  const proof = await speaker.credentials()
  if (isDenial(proof)) return await refuse(visit, proof)
  if (reply.closed) return
  carryPass(visit, allowed.permit, { ...known, rewrite: rewriteOf(visit, known), speaker, proof })
}

/** How Weir proves itself to the server for this caller. */
function speakerFor({ snapshot, authority }: McpVisit, { server, principal }: Known): SpeakerCredentials {
  return snapshot.toolCredentials.speakerCredentials(server.settings, { principal, authority })
}

function homeOf({ snapshot: { publicUrl, settings } }: Road): Parameters<typeof strangerHeader>[1] {
  const { host } = settings.gateway.listen
  return { publicUrl, onLoopback: host === 'localhost' || host === '::1' || host.startsWith('127.') }
}

/** What is known of a message once its sender is. */
interface Known {
  readonly arrival: Arrival<McpSession>
  readonly principal: Principal
  readonly server: CarriedServer
}

function takePlace(visit: McpVisit, principal: Principal, entry: Entry | Denial): void {
  visit.authority = effectiveAuthority({ principal, entry: isDenial(entry) ? nowhere : entry })
  if (isDenial(entry)) return
  const starts = visit.call.operation === 'call_tool'
  visit.run = entry.run
  visit.origin = entry.run || starts ? entry.origin : null
  visit.chain = entry.chain
  visit.delegation = entry.delegation
  if (!starts) return
  visit.parent = entry.parent
  visit.depth = entry.depth
}

/** The same refusal for a server that does not exist, one that this caller may not use, and a session of somebody else. */
async function mayUse(
  visit: McpVisit,
  { arrival, principal, server }: Omit<Known, 'server'> & { readonly server: ToolServerEntry | undefined },
): Promise<{ readonly permit: Permit; readonly server: CarriedServer } | Denial> {
  const { agent } = principal.proof
  const resource = { kind: 'server', id: server?.settings.id ?? '' } as const
  const request = { action: 'useServer', principal: agent, resource, context: mostOf(visit, principal) } as const
  const verdict = await decide(visit.snapshot.policy, request)
  if (isDenial(verdict)) return verdict.code === 'busy' ? verdict : deny('not_found', verdict.detail, ruleOf(verdict))
  if (!server || !isCarried(server)) return deny('not_found', 'there is no such server')
  const { session } = arrival
  if (session && !isOwner(session, principal)) return deny('not_found', `the session is not that of ${agent}`)
  return { permit: verdict, server }
}

function ruleOf({ rule }: Denial): { rule?: string } {
  return rule === null ? {} : { rule }
}

/** The circumstances in which most is allowed to this very caller. */
function mostOf({ snapshot, authority }: McpVisit, { proof }: Principal): PolicyContext {
  return { ...neutral(proof.agent, snapshot), boundKey: isBound(proof), scopes: authority.scopes ?? [] }
}

/** Whoever does not get as far as the server hears nothing of its tools. */
function ofServer(visit: McpVisit, slug: string): McpVisit {
  return { ...visit, call: { ...visit.call, target: { kind: 'server', id: slug } } }
}

async function callTool(visit: McpVisit, entry: Entry | Denial, known: Known): Promise<void> {
  const { reply, call } = visit
  const { principal, server } = known
  if (isDenial(entry)) return await refuse(visit, entry)
  const asking: Asking = { principal, entry, goal: goalOf(call, server) }
  const granted = await permit(visit, asking)
  if (isDenial(granted)) return await refuse(visit, granted)
  const hop = admit(visit, asking, granted)
  if (isDenial(hop)) return await refuse(visit, hop)
  const speaker = speakerFor(visit, known)
  const proof = await provenFor(visit, hop, speaker)
  if (isDenial(proof)) return await giveBack(visit, hop, proof)
  if (reply.closed) return abandon(visit, hop, { status: 'aborted', detail: 'the caller left before the call did' })
  carryCall(visit, hop, { ...known, rewrite: null, speaker, proof })
}

/** While a token was fetched its run may have ended, or something it rests on may have been revoked. */
async function provenFor(
  visit: McpVisit,
  hop: Hop<McpCall>,
  speaker: SpeakerCredentials,
): Promise<HeaderList | Denial> {
  const { road } = visit
  const proof = speaker.credentials()
  if (!(proof instanceof Promise)) return proof
  try {
    const waited = await proof
    return refusalOfRun(hop.run, road.clock.now()) ?? standingOf(road, hop) ?? waited
  } catch (bug) {
    abandon(visit, hop, { status: 'failed', detail: 'a bug before the call left' })
    throw bug
  }
}

/** Arguments are read where a token says something of them; what has more than one reading fits no rule. */
function goalOf({ target, args }: McpCall, { settings }: ToolServerEntry): Asking['goal'] {
  const asked = {
    kind: 'tool',
    server: settings.id,
    tool: target.id.slice(settings.id.length + 1),
    get args() {
      return (args === null ? null : readJsonObject(args, 64)) ?? {}
    },
  } as const
  return { action: 'callTool', asked, server: targetName(target), agent: null, named: null, price: settings.price }
}

function tooOften({ limits, clock }: Road, { proof }: Principal): Denial | null {
  const wait_ms = limits.takeAsk(proof.agent, clock.now())
  if (wait_ms === 0) return null
  const facts = { rule: 'agent.invokes_per_minute', retryAfter_ms: wait_ms }
  return deny('rate_limited', `${proof.agent} asks too often`, facts)
}

/** Lists of tools come in answer to a request for them, and in a stream that goes on with what was missed of one. */
function rewriteOf(visit: McpVisit, { principal, server }: Known): ((message: Buffer) => Promise<Buffer>) | null {
  const { call, snapshot, authority } = visit
  if (call.method !== 'tools/list' && call.form !== 'listen') return null
  const { id } = server.settings
  const reader = { snapshot, server: id, authority, context: mostOf(visit, principal), agent: principal.proof.agent }
  return (message) => visibleTools(message, reader)
}
