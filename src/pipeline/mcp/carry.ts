/** Carries one message to a tool server and settles what comes of it: a call of a tool, or anything else. */
import type { McpCall } from '../../domain/call.ts'
import type { Principal } from '../../domain/principal.ts'
import type { Spend } from '../../domain/spend.ts'
import { type Denial, deny, type Hop, type Permit } from '../../domain/verdict.ts'
import { traced } from '../../protocol/headers.ts'
import type { HeaderList } from '../../protocol/http.ts'
import { jsonHeaders, sendWritten, type Written } from '../../protocol/jsonrpc.ts'
import { askToConnect, withoutConnect } from '../../protocol/mcp/connect.ts'
import { writeMcpAnswer, writeMcpDenial } from '../../protocol/mcp/faces.ts'
import { withoutOurs } from '../../protocol/mcp/run-meta.ts'
import { mcpHeadersUpwards } from '../../protocol/mcp/headers.ts'
import type { SpeakerCredentials } from '../../identity/outbound/tool-credentials.ts'
import type { Arrival } from '../../protocol/mcp/read-call.ts'
import type { Exchange, ExchangeOutcome } from '../../relay/exchange.ts'
import type { McpMission } from '../../relay/mcp-exchange.ts'
import type { Head, Outbound } from '../../relay/wire/transport.ts'
import type { CarriedServer } from '../road.ts'
import { marks } from '../marks.ts'
import { taintByAnswer, tellOverruled } from '../send.ts'
import { blame, guarded, marked, pay, recordOutcome } from '../settle.ts'
import { watch, watchOf } from '../standing.ts'
import { traceOnward, traceSaid } from '../trace-of.ts'
import { type Meter, metered, meterOf } from './meter.ts'
import type { McpSession } from './sessions.ts'
import type { McpVisit } from './threshold.ts'

/** A message whose sender is known, and where it goes. */
export interface Errand {
  readonly arrival: Arrival<McpSession>
  readonly principal: Principal
  readonly server: CarriedServer
  /** What the caller gets in place of a message; null for the message itself. */
  readonly rewrite: McpMission['rewrite']
  /** What we prove to the server, and what is done where that is not enough. */
  readonly proof: HeaderList
  readonly speaker: SpeakerCredentials
}

type Tell = (spent: Spend) => number

/** A call of a tool is on its way. */
export function carryCall(visit: McpVisit, hop: Hop<McpCall>, errand: Errand): void {
  const { road, reply } = visit
  const meter = meterOf(visit, errand.server)
  const mission = missionOf(visit, { ...errand, rewrite: metered(meter, errand.rewrite) }, watch(road, hop))
  const done = (outcome: ExchangeOutcome): void =>
    guarded(visit, () =>
      settleCall(visit, hop, { ...outcome, meter }, (spent) => answer(visit, outcome, () => marks(visit, hop, spent))),
    )
  const exchange = road.relay.sendMcp(hop, mission, { reply: marked(reply, marks(visit, hop)), done })
  const halt: Exchange['halt'] = (denial) => exchange.halt(denial)
  road.exchanges.begin({ hop, streaming: false, taskId: () => null, halt })
  for (const overruled of hop.lease.overruled) tellOverruled(visit, overruled)
}

/** What came of a call of a tool. */
interface ToolOutcome extends ExchangeOutcome {
  /** What its answer was looked at with; null where its price was known before. */
  readonly meter: Meter | null
}

/**
 * Gives back or books what the hop held, before its caller hears; `tell` answers it, told what was spent, and says how many
 * bytes that took.
 */
export function settleCall(visit: McpVisit, hop: Hop<McpCall>, outcome: ToolOutcome, tell: Tell): void {
  visit.road.exchanges.end(hop.run.id, hop.id)
  blame(visit, hop, outcome)
  const bill = outcome.sent ? (outcome.meter?.bill(visit, outcome) ?? null) : null
  const spent = pay(visit, hop, outcome, bill)
  recordOutcome(visit, { ...outcome, bytesOut: tell(spent), used: bill?.used ?? null }, spent, bill?.metered)
}

/** Everything else is on its way: it costs nothing and is let go of when its sender is. */
export function carryPass(visit: McpVisit, permit: Permit, errand: Errand): void {
  const { road, call, reply } = visit
  const { id } = call
  const standing = watchOf(visit)
  const done = (outcome: ExchangeOutcome): void =>
    guarded(visit, () => {
      road.followers.end(id)
      recordOutcome(visit, { ...outcome, bytesOut: answer(visit, outcome, () => []) })
    })
  const exchange = road.relay.sendMcp(permit, missionOf(visit, errand, standing), { reply, done })
  const endless = call.form === 'listen' || call.method === 'subscriptions/listen'
  road.followers.begin({ id, standing, halt: (denial) => exchange.halt(denial), endless })
}

function missionOf(visit: McpVisit, errand: Errand, standing: () => Denial | null): McpMission {
  const { call } = visit
  const { arrival, rewrite } = errand
  return {
    call,
    era: arrival.era,
    inSession: arrival.session !== null,
    request: requestOf(visit, errand),
    standing,
    onAnswer: () => taintByAnswer(visit),
    headersBack: (head) => headersBack(visit, errand, head),
    rewrite,
    writeDenial: (denial) => writeMcpAnswer(denial, { call, run: visit.run?.id ?? null }),
    challenged:
      errand.server.settings.credential.mode === 'none'
        ? null
        : (status, challenge) => errand.speaker.challenged(status, challenge),
  }
}

const methods = { listen: 'GET', close: 'DELETE', request: 'POST', notification: 'POST', response: 'POST' } as const

function requestOf(visit: McpVisit, { arrival, server, proof }: Errand): Outbound {
  const { call, inbound } = visit
  const { upstream, settings } = server
  const { first_byte_ms, idle_ms, listen_idle_ms } = settings.timeouts
  const said = traceSaid(visit)
  const trace = traceOnward(visit, said, settings.traceparent)
  const own = said && trace && trace !== said ? trace.traceparent : null
  const picked = traced(mcpHeadersUpwards(inbound.headers, call, arrival.era), trace)
  const ours = picked.filter(([name]) => !upstream.taken.has(name)).flat()
  const session = arrival.session === null ? [] : ['mcp-session-id', arrival.session.id]
  const method = methods[call.form]
  return {
    method,
    origin: upstream.origin,
    path: upstream.path,
    headers: [...upstream.fixed, ...ours, ...session, ...proof.flat()],
    body: method === 'POST' ? withoutOurs(withoutConnect(call.body), settings.traceparent, own) : null,
    tls: upstream.tls,
    patience: { first_byte_ms, idle_ms: call.form === 'listen' ? listen_idle_ms : idle_ms },
  }
}

/** The server's session id is never shown, and in the modern era there is none. */
function headersBack({ road }: McpVisit, { arrival, principal, server }: Errand, head: Head): HeaderList {
  const id = arrival.era === 'legacy' ? head['mcp-session-id'] : undefined
  if (id === undefined) return []
  const { session } = arrival
  const shown = session?.id === id ? session.sealed : road.sessions.close(server.settings.id, id, principal)
  return shown === null ? [] : [['mcp-session-id', shown]]
}

/** Writes what is no stream; returns the size of what the caller got, in bytes. */
function answer({ call, reply, run }: McpVisit, outcome: ExchangeOutcome, more: () => HeaderList): number {
  if (outcome.kind === 'gone' || outcome.bytesOut > 0) return outcome.bytesOut
  if (reply.closed) return 0
  const denial = outcome.denial ?? deny('upstream_unavailable', 'the server did not answer')
  const written = outcome.answer ?? question(denial, call) ?? writeMcpDenial(denial, { call, run: run?.id ?? null })
  sendWritten(reply, written, more())
  return Buffer.byteLength(written.body)
}

/** Asks the client in place of refusing it, where it can be asked to let its person connect. */
function question({ connect }: Denial, call: McpCall): Written | null {
  const body = connect === undefined ? null : askToConnect(connect, call)
  return body === null ? null : { status: 200, headers: jsonHeaders, body }
}
