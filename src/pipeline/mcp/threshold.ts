/**
 * What every message to a tool server passes, whoever answers it: who sent it, from which place in which run, whether it may
 * use the server, and, for a call of a tool, how that becomes a hop.
 */
import { toolRowOf } from '../../config/tool-row.ts'
import { type McpCall, nameOfTool } from '../../domain/call.ts'
import type { HopId } from '../../domain/ids.ts'
import { isBound, type Principal } from '../../domain/principal.ts'
import { type Denial, deny, type Hop, isDenial, type Permit } from '../../domain/verdict.ts'
import { decide } from '../../policy/decide.ts'
import type { PolicyContext } from '../../policy/world.ts'
import type { Inbound, Reply } from '../../protocol/http.ts'
import { sendWritten } from '../../protocol/jsonrpc.ts'
import { writeMcpTurnAway } from '../../protocol/mcp/faces.ts'
import { saidInMeta } from '../../protocol/mcp/trace.ts'
import { mcpError, type McpMalformed } from '../../protocol/mcp/read-call.ts'
import { admit, type Asking, permit } from '../admit.ts'
import { type Entry, enterRun } from '../enter.ts'
import { neutral, refuse } from '../refuse.ts'
import type { Road, ToolServerEntry } from '../road.ts'
import { type Effect, secure } from '../secure.ts'
import { abandon, giveBack } from '../send.ts'
import { refusalOfPlace } from '../standing.ts'
import { type AnyVisit, openVisit, type Visit } from '../visit.ts'
import { effectiveAuthority, nowhere } from '../within-authority.ts'
import { goalOfTool } from './goal.ts'
import { homeOf, strangerHeader } from './own-host.ts'

export type McpVisit = Visit<McpCall>

/** True for a request that was meant for another host; it is answered. */
export function turnAwayStranger({ snapshot }: Road, inbound: Inbound, reply: Reply): boolean {
  const stranger = strangerHeader(inbound.headers, homeOf(snapshot))
  if (stranger === null) return false
  sendWritten(reply, mcpError(403, { code: -32600, message: `${stranger} is not one of this gateway` }, 'null'))
  return true
}

/** A message before its sender is known. */
interface Arriving {
  readonly id: HopId
  readonly read: { readonly kind: 'arrival'; readonly call: McpCall } | McpMalformed
  /** What tokens for it must be for. */
  readonly resource: string
}

/** Who sent a message, and where it stands. */
export interface Received {
  readonly visit: McpVisit
  readonly principal: Principal
  readonly entry: Entry | Denial
}

/** Null where it was answered: nobody known sent it, or it says nothing that could be read. */
export async function receive(
  road: Road,
  { inbound, reply }: { readonly inbound: Inbound; readonly reply: Reply },
  { id, read, resource }: Arriving,
): Promise<Received | null> {
  const principal = await road.snapshot.identity.authenticate(inbound, resource)
  const denial = isDenial(principal) ? principal : road.revocations.epochs.refusalOf(principal)
  if (read.kind === 'malformed') {
    sendWritten(reply, denial ? writeMcpTurnAway(denial, id) : read)
    return null
  }
  const visit = openVisit(road, inbound, read.call, reply)
  if (!isDenial(principal)) visit.principal = principal
  if (isDenial(principal) || denial) {
    await refuse(visit, denial ?? deny('unauthenticated', 'nobody is known to ask'))
    return null
  }
  const entry = enterRun(road.runs, principal, inbound.headers, saidInMeta(inbound.body))
  takePlace(visit, principal, entry)
  return { visit, principal, entry }
}

export function takePlace(visit: McpVisit, principal: Principal, entry: Entry | Denial): void {
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

/** Whether policy lets the caller use the server at all; one that does not exist answers like one that it may not use. */
export async function mayUse(
  visit: McpVisit,
  principal: Principal,
  server: ToolServerEntry | undefined,
): Promise<Permit | Denial> {
  const { agent } = principal.proof
  const resource = { kind: 'server', id: server?.settings.id ?? '' } as const
  const request = { action: 'useServer', principal: agent, resource, context: mostOf(visit, principal) } as const
  const verdict = await decide(visit.snapshot.policy, request)
  if (isDenial(verdict)) return verdict.code === 'busy' ? verdict : deny('not_found', verdict.detail, ruleOf(verdict))
  return server ? verdict : deny('not_found', 'there is no such server')
}

function ruleOf({ rule }: Denial): { rule?: string } {
  return rule === null ? {} : { rule }
}

/** The circumstances in which most is allowed to this very caller. */
export function mostOf({ snapshot, authority }: McpVisit, { proof }: Principal): PolicyContext {
  return { ...neutral(proof.agent, snapshot), boundKey: isBound(proof), scopes: authority.scopes ?? [] }
}

/** The same visit, about something else. */
export function aboutTarget(visit: McpVisit, target: McpCall['target']): McpVisit {
  return { ...visit, call: { ...visit.call, target } }
}

/**
 * The hop of a call of a tool; null where it was refused, or where its caller had left. `held` says why nobody may call it,
 * and is only asked for whoever else might.
 */
export async function admitTool(
  { visit, principal, entry }: Received,
  server: ToolServerEntry,
  held: () => Promise<Denial | null> = async () => null,
): Promise<Hop<McpCall> | null> {
  const { call, reply } = visit
  if (isDenial(entry)) return await refused(visit, entry)
  const asking: Asking = { principal, entry, goal: goalOfTool(call, server) }
  const granted = await permit(visit, asking)
  if (isDenial(granted)) return await refused(visit, granted)
  const kept = await held()
  if (kept) return await refused(visit, kept)
  const hop = admit(visit, asking, granted)
  if (isDenial(hop)) return await refused(visit, hop)
  const unsecured = await secure(visit, hop, effectOf(server, call.target))
  if (unsecured) {
    await giveBack(visit, hop, unsecured)
    return null
  }
  if (!reply.closed) return hop
  abandon(visit, hop, { status: 'aborted', detail: 'the caller left before the call did' })
  return null
}

function effectOf({ settings }: ToolServerEntry, target: McpCall['target']): Effect {
  return target.kind === 'tool' ? toolRowOf(settings, nameOfTool(target)).effect : settings.effect
}

async function refused(visit: McpVisit, denial: Denial): Promise<null> {
  await refuse(visit, denial)
  return null
}

/** Why what is no call of a tool may not pass now: its place was revoked, or its sender asks too often. */
export function refusalOfPass(
  road: Road,
  { visit, principal }: { readonly visit: AnyVisit; readonly principal: Principal },
): Denial | null {
  return refusalOfPlace(road, { principal, delegation: visit.delegation }) ?? tooOften(road, principal)
}

function tooOften({ limits, clock }: Road, { proof }: Principal): Denial | null {
  const wait_ms = limits.takeAsk(proof.agent, clock.now())
  if (wait_ms === 0) return null
  const facts = { rule: 'agent.invokes_per_minute', retryAfter_ms: wait_ms }
  return deny('rate_limited', `${proof.agent} asks too often`, facts)
}
