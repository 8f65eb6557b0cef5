/** The front towards clients of the modern era: every request stands for itself. */
import { valueAtPath } from '../../../base/json-edit.ts'
import { isJsonObject, readJsonObject, type JsonObject } from '../../../base/json.ts'
import { targetName } from '../../../domain/call.ts'
import { sendWritten } from '../../../protocol/jsonrpc.ts'
import { writeDiscovery } from '../../../protocol/mcp/greetings.ts'
import { mcpError } from '../../../protocol/mcp/read-call.ts'
import { capabilitiesIn } from '../../../protocol/mcp/read-front.ts'
import { digestOfRequest, readResumption, type Resumption, withoutResumption } from '../../../protocol/mcp/rounds.ts'
import { codes, isLogLevel, legacyOnly, mayAsk, metaPrefix } from '../../../protocol/mcp/words.ts'
import { writeResult } from '../../../protocol/mcp/write-message.ts'
import type { Asking } from '../../../relay/mcp/link.ts'
import { refuse } from '../../refuse.ts'
import { refusalOfPass } from '../threshold.ts'
import type { Carriage } from './carriage.ts'
import { carryFront } from './carry-front.ts'
import type { FrontExchange } from './exchange.ts'
import { type Guest, ownerAt } from './guest.ts'
import { textAt } from './levels.ts'
import { jsonAnswer, ModernLine } from './line.ts'
import { serveListen } from './listen.ts'
import { ModernManner } from './modern-manner.ts'
import { answerOwn, recordOwn } from './own-answer.ts'
import type { Round, RoundPlace } from './round-state.ts'

/** A notification of this era means nothing here: whoever wants no answer any more closes its connection. */
export async function serveModern(guest: Guest): Promise<void> {
  const { arrival, received, behind, road } = guest
  const { call } = arrival
  const { reply } = received.visit
  if (call.form !== 'request') {
    reply.send(202, [], '')
    return recordOwn(received.visit, 0)
  }
  const { method, rpcId } = call
  if (legacyOnly.has(method)) {
    const written = mcpError(404, { code: codes.method, message: `${method} is no method of this revision` }, rpcId)
    sendWritten(reply, written)
    return recordOwn(received.visit, written.body.length)
  }
  if (method === 'server/discover') {
    const kept = refusalOfPass(road, received)
    if (kept) return await refuse(received.visit, kept)
    return answerOwn(guest, jsonAnswer(writeResult(rpcId, writeDiscovery(await behind.about()))))
  }
  if (method === 'subscriptions/listen') return await serveListen(guest)
  await serveRequest(guest)
}

async function serveRequest(guest: Guest): Promise<void> {
  const { arrival, road } = guest
  const { method, rpcId } = arrival.call
  const resumption = mayAsk.has(method) ? readResumption(arrival.params) : null
  const params = mayAsk.has(method) ? withoutResumption(arrival.params) : arrival.params
  // Few requests are ever asked about, and only those need a place.
  const place = once(() => placeOfRound(guest, params))
  const round = roundOf(guest, resumption, place)
  if (round === 'foreign') return answerOwn(guest, staleState(rpcId))
  const level = textAt(arrival.params, ['_meta', `${metaPrefix}logLevel`])
  const logLevel = isLogLevel(level) ? level : null
  const token = arrival.params && valueAtPath(arrival.params, ['_meta', 'progressToken'])
  const progressToken = token?.toString('utf8') ?? null
  const request = { rpcId, method, logLevel, progressToken, declared: () => declaredOf(guest), place }
  const manner = new ModernManner(road.fronts, request)
  const carriage: Carriage = {
    params,
    logLevel,
    resume: resumeOf(resumption, round),
    manner,
    lineOn: (reply) => new ModernLine(reply, road.fronts.bench),
    start: (exchange) => start(guest, exchange, { round, resumption, manner }),
  }
  await carryFront(guest, carriage)
}

/** Whoever sends the same request again may go on with it; one with more than one reading cannot be told from others. */
function placeOfRound({ arrival, received, address }: Guest, params: Buffer | null): RoundPlace | null {
  const { method } = arrival.call
  const digest = mayAsk.has(method) ? digestOfRequest(method, params) : null
  return digest === null ? null : { owner: ownerAt(received.principal, address), digest }
}

/** Null for a request that begins, or brings nothing of ours. */
function roundOf(
  { road }: Guest,
  resumption: Resumption | null,
  placeAt: () => RoundPlace | null,
): Round | null | 'foreign' {
  if (resumption === null || resumption.state === null) return null
  const place = placeAt()
  return (place && road.fronts.states.open(resumption.state, place)) ?? 'foreign'
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null
  return () => (made ??= { value: make() }).value
}

/** A server that lets go of a request hears of the answers when it is asked anew. */
function resumeOf(resumption: Resumption | null, round: Round | null): NonNullable<Asking['resume']> | null {
  if (resumption === null) return null
  if (round === null) return { state: null, answers: resumption.answers }
  return round.kind === 'rested' ? { state: round.state, answers: resumption.answers } : null
}

interface Going {
  readonly round: Round | null
  readonly resumption: Resumption | null
  readonly manner: ModernManner
}

function start(
  { road, address, received }: Guest,
  exchange: FrontExchange,
  { round, resumption, manner }: Going,
): void {
  // Nobody else is told what was answered, or handed the state of the one who asked.
  if (round !== null && round.target !== targetName(exchange.call.target))
    return exchange.finish(staleState(exchange.call.rpcId))
  if (round?.kind !== 'parked') return exchange.begin()
  const parked = road.fronts.parked.take(round.id, ownerAt(received.principal, address))
  // Evicted, of an earlier start of this gateway, or answered before.
  if (parked === null) return exchange.finish(staleState(exchange.call.rpcId))
  const { ask, ear } = parked
  if (ear.ended) return exchange.adopt(parked, new Map())
  const answers = resumption?.answers ?? new Map<string, Buffer>()
  const given = [...ask.questions.keys()].flatMap((key) => {
    const result = answers.get(key)
    return result === undefined ? [] : [[key, { kind: 'result', result }] as const]
  })
  if (given.length === ask.questions.size) return exchange.adopt(parked, new Map(given))
  // What nobody answered is asked for again, with what was asked meanwhile.
  const all = ear.withWaiting(ask)
  exchange.adopt(parked, new Map())
  manner.ask(exchange, all)
}

function staleState(rpcId: string) {
  const written = mcpError(200, { code: codes.params, message: 'The requestState is not one of this request' }, rpcId)
  return { ...written, body: Buffer.from(written.body) }
}

function declaredOf({ arrival }: Guest): JsonObject {
  const read = readJsonObject(capabilitiesIn(arrival.params).toString('utf8'))
  return isJsonObject(read) ? read : {}
}
