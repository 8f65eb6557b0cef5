/**
 * The receiver of security events: `POST /ssf/events` (RFC 8935). A transmitter that says that a person's session is
 * over revokes that person here, with everything that is open for them. Told twice, it is answered twice and done once.
 */
import { BoundedMap } from '../base/bounded-map.ts'
import type { Signal, SignalError, SignalEvent, SignalRefusal } from '../identity/revocation/signals.ts'
import type { HeaderList, Inbound, Reply } from '../protocol/http.ts'
import { revoke } from './revoke.ts'
import type { Road } from './road.ts'

/** SETs that were acted on and are not acted on again; beyond it the oldest may be. */
const told_max = 8192
const setType = /^application\/secevent\+jwt\s*(?:;|$)/i

type Serve = (inbound: Inbound, reply: Reply) => Promise<void>

export function openSignalDesk(road: Road): Serve {
  const told = new BoundedMap<string, true>({ max: told_max })
  return async ({ headers, body, peer }, reply) => {
    if (!setType.test(headers.get('content-type') ?? ''))
      return refuse(reply, 'invalid_request', 'Send one SET as application/secevent+jwt.')
    const signal = await road.snapshot.signals.verifySignal(body.toString('latin1'), peer)
    if (isRefusal(signal)) return refuse(reply, signal.error, signal.description)
    const name = `${signal.issuer} ${signal.jti}`
    if (told.get(name)) return reply.send(202, [], '')
    if (!(await act(road, signal))) return refuse(reply, 'busy', 'The event could not be kept; deliver it again.')
    told.set(name, true)
    return reply.send(202, [], '')
  }
}

function isRefusal(signal: Signal | SignalRefusal): signal is SignalRefusal {
  return signal.kind === 'signal_refusal'
}

/** True once everything the SET asks for is in force and survives a restart. */
async function act(road: Road, { issuer, jti, events }: Signal): Promise<boolean> {
  for (const event of events) {
    const { uri, person, endsAt } = event
    const outcome = person !== null && endsAt !== null ? 'revoked' : 'ignored'
    const facts = { iss: issuer, jti, event: uri, human: person, outcome } as const
    road.ledger.append({ v: 1, ts: road.clock.now(), kind: 'signal', ...facts })
    if (person === null || endsAt === null) {
      ignore(road, event, issuer)
      continue
    }
    const order = { what: 'person', name: person, reason: uri.slice(uri.lastIndexOf('/') + 1), actor: issuer } as const
    const done = await revoke(road, { ...order, source: 'caep', happenedAt: endsAt })
    if (done.kind === 'revocations_full' || done.undurable !== null) return false
  }
  return true
}

/** That a session ended of somebody nobody knows here is worth a look: the subject may be spelled differently. */
function ignore({ log }: Road, { uri, endsAt }: SignalEvent, issuer: string): void {
  const facts = { event: uri, issuer }
  if (endsAt === null) log.info('a security event was taken note of', facts)
  else log.warn('a security event is about nobody we know, and nobody was revoked', facts)
}

const retry_s = '5'

/** RFC 8935 section 2.3: 400 and two members; what is our own trouble is a 503 that asks for the SET again. */
function refuse(reply: Reply, error: SignalError, description: string): void {
  const headers: HeaderList = [
    ['content-type', 'application/json'],
    ['content-language', 'en'],
    ['cache-control', 'no-store'],
  ]
  if (error === 'busy') return reply.send(503, [...headers, ['retry-after', retry_s]], JSON.stringify({ description }))
  return reply.send(400, headers, JSON.stringify({ err: error, description }))
}
