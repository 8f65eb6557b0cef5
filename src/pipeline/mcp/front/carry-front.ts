/**
 * Carries a request of a client to what is behind the front. A call of a tool is a hop to the tool it turns out to mean;
 * everything else passes for whoever may use the server it means.
 */
import { type McpCall } from '../../../domain/call.ts'
import { type Care, deny, type Hop, isDenial, type Permit } from '../../../domain/verdict.ts'
import { jsonHeaders, sendWritten } from '../../../protocol/jsonrpc.ts'
import { errorForLegacy } from '../../../protocol/mcp/results.ts'
import { codes } from '../../../protocol/mcp/words.ts'
import { writeError } from '../../../protocol/mcp/write-message.ts'
import type { ExchangeOutcome } from '../../../relay/exchange.ts'
import type { Asking } from '../../../relay/mcp/link.ts'
import { refuse } from '../../refuse.ts'
import { marks } from '../../marks.ts'
import { taintByAnswer, tellOverruled } from '../../send.ts'
import { guarded, marked, recordOutcome } from '../../settle.ts'
import { watch, watchOf } from '../../standing.ts'
import { traceOnward, traceSaid } from '../../trace-of.ts'
import { leaveRecord, unsent } from '../../visit.ts'
import type { Meant } from '../behind.ts'
import { settleCall } from '../carry.ts'
import { checkedResult } from '../checks-of.ts'
import { type Meter, meterOf } from '../meter.ts'
import { aboutTarget, admitTool, mayUse, type McpVisit, refusalOfPass } from '../threshold.ts'
import { placeOf } from './address.ts'
import type { Carriage } from './carriage.ts'
import { carryAgent } from './carry-agent.ts'
import { FrontExchange } from './exchange.ts'
import type { Guest } from './guest.ts'

export async function carryFront(guest: Guest, carriage: Carriage): Promise<void> {
  const { behind, received, arrival } = guest
  const { method } = arrival.call
  const meant = await behind.find(method, carriage.params)
  if (meant.kind === 'nothing') return await answerNothing(guest, meant)
  if (meant.kind === 'tool') return await carryTool(guest, meant, carriage)
  if (meant.kind === 'agent') return carryAgent(guest, meant, carriage)
  const visit = passing(received.visit, meant)
  const warrant = meant.kind === 'own' ? guest.warrant : await permitFor(guest, meant, visit)
  if (isDenial(warrant)) return await refuse(visit, warrant)
  const kept = refusalOfPass(guest.road, { ...received, visit })
  if (kept) return await refuse(asAsked(visit, received.visit, meant), kept)
  if (!visit.reply.closed) carryPass(guest, { visit, warrant, meant }, carriage)
}

/** What a tool of Weir's own shows costs nothing and is no call of anybody. */
function passing(visit: McpVisit, meant: Meant): McpVisit {
  const call = { ...visit.call, operation: 'pass' as const }
  const about: McpVisit = { ...visit, call, origin: visit.run ? visit.origin : null }
  return meant.kind === 'server' ? aboutTarget(about, { kind: 'server', id: meant.server.settings.id }) : about
}

/** A model that called a tool of Weir's own reads why it may not as it reads it of any tool. */
function asAsked(visit: McpVisit, { call }: McpVisit, { kind }: Meant): McpVisit {
  return kind === 'own' ? { ...visit, call: { ...visit.call, operation: call.operation } } : visit
}

async function permitFor(
  { address, warrant, received: { principal } }: Guest,
  { server }: Meant & { kind: 'server' | 'tool' },
  visit: McpVisit,
) {
  const isSame = address.kind === 'server' && address.server === server.settings.id
  return isSame ? warrant : await mayUse(visit, principal, server)
}

async function carryTool(guest: Guest, meant: Meant & { kind: 'tool' }, carriage: Carriage): Promise<void> {
  const { received, road } = guest
  const id = `${meant.server.settings.id}/${meant.tool}`
  const visit = aboutTarget(received.visit, { kind: 'tool', id })
  const permit = await permitFor(guest, meant, visit)
  const refused = isDenial(permit) ? permit : meant.refusal
  if (refused) return await refuse(visit, refused)
  const hop = await admitTool({ ...received, visit }, meant.server)
  if (hop === null) return
  const line = carriage.lineOn(marked(visit.reply, marks(visit, hop)))
  const meter = meterOf(visit, meant.server)
  const settle = (outcome: ExchangeOutcome, tell: () => number): void =>
    guarded(visit, () => settleCall(visit, hop, { ...outcome, meter }, tell))
  const exchange = exchangeOf(
    guest,
    { visit, warrant: hop, meant },
    { ...carriage, line, settle, standing: watch(road, hop), check: checkOf(visit, meant, meter) },
  )
  road.exchanges.begin({ hop, streaming: false, taskId: () => null, halt: (denial) => exchange.halt(denial) })
  for (const overruled of hop.lease.overruled) tellOverruled(visit, overruled)
  carriage.start(exchange)
}

/** By the row of the tool, and by the schema that was judged with its definition. */
function checkOf(visit: McpVisit, { server, listed }: Meant & { kind: 'tool' }, meter: Meter | null): Ends['check'] {
  const { catalogue } = visit.road
  const check = checkedResult(visit, server, listed ? catalogue.promiseOf(listed) : null)
  if (meter === null) return check
  return (result) => {
    meter.result(result)
    return check(result)
  }
}

interface Passing {
  readonly visit: McpVisit
  readonly warrant: Hop<McpCall> | Permit | Care
  readonly meant: Meant
}

function carryPass(guest: Guest, passing: Passing, carriage: Carriage): void {
  const { visit } = passing
  const { road } = guest
  const { id } = visit.call
  const standing = watchOf(visit)
  const settle = (outcome: ExchangeOutcome, tell: () => number): void =>
    guarded(visit, () => {
      road.followers.end(id)
      recordOutcome(visit, { ...outcome, bytesOut: tell() })
    })
  const line = carriage.lineOn(visit.reply)
  const exchange = exchangeOf(guest, passing, { ...carriage, line, settle, standing, check: (result) => result })
  road.followers.begin({ id, standing, halt: (denial) => exchange.halt(denial) })
  carriage.start(exchange)
}

type Ends = Pick<ConstructorParameters<typeof FrontExchange>[0], 'line' | 'settle' | 'standing' | 'check'>

function exchangeOf(guest: Guest, { visit, warrant, meant }: Passing, carriage: Carriage & Ends): FrontExchange {
  const { params, logLevel, resume, manner, line, settle, standing, check } = carriage
  const { behind, road } = guest
  const { call } = visit
  const asking: Asking = {
    method: call.method,
    params,
    logLevel,
    mirrors: [],
    trace: traceOnward(visit, traceSaid(visit), 'server' in meant ? meant.server.settings.traceparent : 'pass'),
    ...(resume && { resume }),
  }
  const onAnswer = (): void => taintByAnswer(visit)
  const run = () => visit.run?.id ?? null
  const told = { line, manner, standing, onAnswer, settle, check, clock: road.clock }
  return new FrontExchange({ call, run, warrant, behind, meant, asking, ...told })
}

/** A tool that nobody has is answered like one that may not be seen. */
async function answerNothing(guest: Guest, { error }: Meant & { kind: 'nothing' }): Promise<void> {
  const { address, arrival, received } = guest
  const { visit } = received
  const { call, reply } = visit
  const { era, message } = arrival
  if (call.operation === 'call_tool' && error.code === codes.params) {
    const target = { kind: 'tool', id: `${placeOf(address)}/${message?.name ?? ''}` } as const
    return await refuse(aboutTarget(visit, target), deny('not_found', error.message))
  }
  const text = Buffer.from(JSON.stringify(error))
  const body = writeError(call.rpcId, era === 'legacy' ? errorForLegacy(text, call.method) : text)
  const status = era === 'modern' && error.code === codes.method ? 404 : 200
  sendWritten(reply, { status, headers: jsonHeaders, body })
  leaveRecord(visit, { code: 'not_found', detail: error.message, rule: null }, unsent(visit, 'refused', body.length))
}
