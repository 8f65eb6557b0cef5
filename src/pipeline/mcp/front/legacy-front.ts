/**
 * The front towards clients of the legacy era: sessions, which are Weir's own whatever is behind, and streams that go on
 * where a client was cut off.
 */
import { deny } from '../../../domain/verdict.ts'
import { valueAtPath } from '../../../base/json-edit.ts'
import { negotiated, writeWelcome } from '../../../protocol/mcp/greetings.ts'
import { mcpError } from '../../../protocol/mcp/read-call.ts'
import { codes, isLogLevel, modernOnly } from '../../../protocol/mcp/words.ts'
import { writeError, writeResult } from '../../../protocol/mcp/write-message.ts'
import type { Answer as ToQuestion } from '../../../relay/mcp/link.ts'
import { refuse } from '../../refuse.ts'
import { refusalOfPass } from '../threshold.ts'
import { placeOf } from './address.ts'
import type { Carriage } from './carriage.ts'
import { carryFront } from './carry-front.ts'
import { type Guest, ownerAt } from './guest.ts'
import { textAt } from './levels.ts'
import { LegacyManner } from './legacy-manner.ts'
import { jsonAnswer } from './line.ts'
import type { LiveSession } from './live-session.ts'
import { answerOwn, recordOwn } from './own-answer.ts'
import { OwnStream, ownId } from './own-stream.ts'
import { postOn, RequestLine } from './post-line.ts'

/** More resources than this one session does not watch. */
const uris_max = 1024

/** Begins a session: whatever is behind, the version is between the two of us. */
export async function welcome(guest: Guest): Promise<void> {
  const { arrival, received, behind, road, address } = guest
  const version = negotiated(arrival.message?.wantedVersion ?? null)
  const said = arrival.params && valueAtPath(arrival.params, ['capabilities'])
  const capabilities = said?.[0] === 0x7b ? said : Buffer.from('{}')
  const kept = refusalOfPass(road, received)
  if (kept) return await refuse(received.visit, kept)
  const about = await behind.about()
  const session = road.fronts.sessions.begin(placeOf(address), received.principal, { version, capabilities })
  road.fronts.use(session, ownerAt(received.principal, address))
  const body = writeResult(arrival.call.rpcId, writeWelcome(about, version))
  answerOwn(guest, jsonAnswer(body), [['mcp-session-id', session.sealed]])
}

const tooMany = deny('busy', 'too many requests of one session, or two of one id', { rule: 'mcp.session' })

/** What a session is asked by itself. */
const own: Readonly<Record<string, (guest: Guest, live: LiveSession) => void | Promise<void>>> = {
  ping: (guest) => done(guest),
  'logging/setLevel': setLevel,
  'resources/subscribe': (guest, live) => watchResource(guest, live, true),
  'resources/unsubscribe': (guest, live) => watchResource(guest, live, false),
}

/** One message of a session; of a batch, `line` is its part of the answer. */
export async function serveLegacy(guest: Guest, live: LiveSession, line: RequestLine | null): Promise<void> {
  const { arrival, received, behind } = guest
  const { visit } = received
  const { method, form, rpcId } = arrival.call
  if (form === 'listen') return await serveStream(guest, live)
  if (form === 'close') return endSession(guest)
  if (form !== 'request') {
    if (form === 'response') hearAnswer(guest, live)
    else if (method === 'notifications/cancelled') cancelled(guest, live)
    // Every server that it speaks with is told, so it is told no more often than anything is asked.
    else if (method === 'notifications/roots/list_changed' && refusalOfPass(guest.road, received) === null)
      behind.tell(method, arrival.params)
    visit.reply.send(202, [], '')
    return recordOwn(visit, 0)
  }
  if (modernOnly.has(method)) {
    const error = { code: codes.method, message: `${method} is no method of this revision` }
    return answerOwn(guest, jsonAnswer(writeError(rpcId, JSON.stringify(error))))
  }
  const serve = own[method]
  if (serve) return await serve(guest, live)
  if (!live.hasRoom || live.requests.has(rpcId)) return await refuse(visit, tooMany)
  await carryFront(guest, carriageOf(guest, live, line))
}

function carriageOf({ arrival }: Guest, live: LiveSession, line: RequestLine | null): Carriage {
  const { rpcId } = arrival.call
  return {
    params: arrival.params,
    logLevel: live.level,
    resume: null,
    manner: new LegacyManner(live, arrival.call),
    lineOn: (reply) => line ?? new RequestLine(postOn(live, reply, { count: 1, isBatch: false })),
    start: (exchange) => {
      // Another one of that id may have been let in meanwhile.
      if (!live.hasRoom || live.requests.has(rpcId)) return exchange.halt(tooMany)
      live.requests.set(rpcId, exchange)
      exchange.afterwards(() => live.requests.delete(rpcId))
      exchange.begin()
    },
  }
}

function done(guest: Guest): void {
  answerOwn(guest, jsonAnswer(writeResult(guest.arrival.call.rpcId, '{}')))
}

function wrongParams(guest: Guest, message: string): void {
  const { rpcId } = guest.arrival.call
  answerOwn(guest, jsonAnswer(writeError(rpcId, JSON.stringify({ code: codes.params, message }))))
}

function setLevel(guest: Guest, live: LiveSession): void {
  const level = textAt(guest.arrival.params, ['level'])
  if (!isLogLevel(level)) return wrongParams(guest, 'There is no such log level')
  live.level = level
  done(guest)
}

/** A resource is watched by its session, and heard of on the stream of that. */
async function watchResource(guest: Guest, live: LiveSession, isWatched: boolean): Promise<void> {
  const { arrival, behind, received, road } = guest
  const uri = textAt(arrival.params, ['uri'])
  if (uri === null) return wrongParams(guest, 'params.uri says which resource')
  const kept = refusalOfPass(road, received)
  if (kept) return await refuse(received.visit, kept)
  const meant = await behind.find(arrival.call.method, arrival.params)
  if (meant.kind === 'nothing')
    return answerOwn(guest, jsonAnswer(writeError(arrival.call.rpcId, JSON.stringify(meant.error))))
  if (isWatched && live.uris.size >= uris_max)
    return wrongParams(guest, `A session watches ${uris_max} resources at most`)
  if (isWatched) live.uris.add(uri)
  else live.uris.delete(uri)
  live.own?.use()
  done(guest)
}

/** Only what this session was asked, by an id that only it was told. */
function hearAnswer({ arrival, received }: Guest, live: LiveSession): void {
  const { body } = received.visit.inbound
  const id: unknown = JSON.parse(arrival.call.rpcId)
  const take = typeof id === 'string' ? live.questions.get(id) : undefined
  const result = valueAtPath(body, ['result'])
  const error = valueAtPath(body, ['error'])
  const answer: ToQuestion | null = result ? { kind: 'result', result } : error && { kind: 'error', error }
  if (take && answer) take(answer)
}

/** Only a request of this session, by the id that its client gave it. */
function cancelled({ arrival }: Guest, live: LiveSession): void {
  const id = arrival.params && valueAtPath(arrival.params, ['requestId'])
  const reason = textAt(arrival.params, ['reason']) ?? 'its client cancelled it'
  if (id) live.requests.get(id.toString('utf8'))?.leave(reason.slice(0, 200))
}

const eventForm = /^(own|[0-9a-f]{16})-(\d{1,15})$/

/** What came after an event of one of its streams, or its own stream. */
async function serveStream(guest: Guest, live: LiveSession): Promise<void> {
  const { visit } = guest.received
  const { headers } = visit.inbound
  const last = headers.get('last-event-id')
  const [, id = ownId, after = '0'] = last === undefined ? [] : (eventForm.exec(last) ?? ['', '', '0'])
  const kept = refusalOfPass(guest.road, guest.received)
  if (kept) return await refuse(visit, kept)
  if (visit.reply.closed) return
  if (id === ownId) {
    // Without the id of an event it is no return of the one that reads it.
    if (last === undefined && live.own?.attached) return conflict(guest)
    const stream = live.own instanceof OwnStream ? live.own : new OwnStream(guest, live)
    live.own = stream
    return stream.attach(guest, Number(after))
  }
  const stream = live.findStream(id)
  if (stream === null) {
    const written = mcpError(400, { code: codes.request, message: 'Nothing is kept of that stream any more' }, 'null')
    return answerOwn(guest, { ...written, body: Buffer.from(written.body) })
  }
  stream.attach(visit.reply, Number(after))
  stream.open([])
  recordOwn(visit, 0)
}

function conflict(guest: Guest): void {
  const written = mcpError(
    409,
    { code: -32000, message: 'The session has one stream of its own, which is open' },
    'null',
  )
  answerOwn(guest, { ...written, body: Buffer.from(written.body) })
}

function endSession(guest: Guest): void {
  const { road, arrival, received } = guest
  if (arrival.session) road.fronts.end(arrival.session)
  received.visit.reply.send(200, [], '')
  recordOwn(received.visit, 0)
}
