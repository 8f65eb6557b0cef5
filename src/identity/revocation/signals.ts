/**
 * Security events of other systems: "this person's session is over". Verifies a SET (RFC 8417) as a transmitter pushes
 * it (RFC 8935) and reads whom it is about (RFC 9493) and whether it ends what that person allowed (CAEP 1.0, RISC 1.0).
 */
import type { Clock, Millis } from '../../base/clock.ts'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { SignalSettings } from '../../config/settings-identity.ts'
import { isPersonId, type PersonId } from '../../domain/ids.ts'
import { isDenial } from '../../domain/verdict.ts'
import type { FetchText } from '../trust/fetch-text.ts'
import { JwksSource } from '../trust/jwks.ts'
import { PeerBudget } from '../peer-budget.ts'
import type { RunProofs } from '../proofs/proof-tasks.ts'
import { openProver } from '../proofs/prover.ts'
import { isText, type ReadToken, readToken, skew_ms } from '../strict-jwt.ts'

/** The error codes of RFC 8935 section 2.4, and `busy` for what is no fault of the SET. */
export type SignalError =
  | 'invalid_request'
  | 'invalid_key'
  | 'invalid_issuer'
  | 'invalid_audience'
  | 'authentication_failed'
  | 'busy'

export interface SignalRefusal {
  readonly kind: 'signal_refusal'
  readonly error: SignalError
  /** A fixed sentence for the transmitter. */
  readonly description: string
}

/** One event of a SET. */
export interface SignalEvent {
  readonly uri: string
  /** Whom it is about, as we know people; null where its subject is none of them. */
  readonly person: PersonId | null
  /** When what it tells of happened, if it ends what the person allowed; null for every event we only take note of. */
  readonly endsAt: Millis | null
}

export interface Signal {
  readonly kind: 'signal'
  readonly issuer: string
  readonly jti: string
  readonly events: readonly SignalEvent[]
}

export interface Signals {
  /** Verifies one SET in compact form; says nothing about whether it came before. Never rejects. */
  verifySignal(raw: string, peer: string): Promise<Signal | SignalRefusal>
}

export interface SignalParts {
  readonly runProofs: RunProofs
  readonly clock: Clock
  readonly fetchText: FetchText
  /** Issuers of people beside the transmitters; an `iss_sub` subject of anybody else is nobody we know. */
  readonly issuers: readonly string[]
}

const signalTyp = 'secevent+jwt'
/** Transmitters are few and tell of people, not of calls. */
const budget = { tokens_per_second: 50, burst: 200 }
const queue_max = 256
const events_max = 8

interface Transmitter {
  readonly settings: SignalSettings
  readonly keys: JwksSource
}

export function openSignals(rows: readonly SignalSettings[], parts: SignalParts): Signals {
  const { clock, fetchText, runProofs } = parts
  const transmitters = new Map<unknown, Transmitter>(
    rows.map((settings) => [settings.issuer, { settings, keys: new JwksSource(settings, fetchText, clock) }]),
  )
  for (const { keys } of transmitters.values()) void keys.refresh()
  const issuers = new Set([...parts.issuers, ...rows.map(({ issuer }) => issuer)])
  const prover = openProver(runProofs, { queue_max })
  const peers = new PeerBudget(budget, clock)
  return {
    async verifySignal(raw, peer) {
      const token = readToken(raw)
      if (isDenial(token)) return refuse('invalid_request', 'The SET is not one signed JWT with alg, kid and typ.')
      const transmitter = transmitters.get(token.claims.iss)
      if (!transmitter) return refuse('invalid_issuer', 'The issuer of the SET is no transmitter we listen to.')
      if (peers.take(peer) > 0) return refuse('busy', 'Too many SETs at once; deliver it again.')
      const { settings, keys } = transmitter
      const signal = readSignal(token, settings, { now: clock.now(), issuers })
      if (signal.kind === 'signal_refusal') return signal
      const key = await keys.find(token.kid, token.alg)
      if (key === null) return refuse('invalid_key', 'The key of the SET is none its issuer publishes for it.')
      const genuine = await prover.verify({ raw, alg: token.alg, key })
      if (typeof genuine !== 'boolean') return refuse('busy', 'The SET could not be verified now; deliver it again.')
      return genuine ? signal : refuse('authentication_failed', 'The signature of the SET does not hold.')
    },
  }
}

interface Around {
  readonly now: Millis
  readonly issuers: ReadonlySet<string>
}

/** Judges everything but the signature. A SET does not expire: the same event told late still happened. */
function readSignal(token: ReadToken, settings: SignalSettings, around: Around): Signal | SignalRefusal {
  const { aud, jti, iat, exp, events, sub_id } = token.claims
  if (token.typ !== signalTyp) return refuse('invalid_request', `The typ of the SET is not ${signalTyp}.`)
  if (!settings.algorithms.includes(token.alg))
    return refuse('invalid_key', 'The SET is signed with an algorithm that was not agreed on.')
  const audiences = Array.isArray(aud) ? aud : [aud]
  if (audiences.length !== 1 || audiences[0] !== settings.audience)
    return refuse('invalid_audience', 'The audience of the SET is not this receiver.')
  if (!isText(jti) || typeof iat !== 'number' || exp !== undefined || !isJsonObject(events))
    return refuse('invalid_request', 'A SET has jti, iat and events, and no exp.')
  if (!(iat >= 0 && iat * 1000 <= around.now + skew_ms))
    return refuse('invalid_request', 'The iat of the SET lies ahead.')
  const told = Object.entries(events)
  if (
    told.length === 0 ||
    told.length > events_max ||
    !told.every(([uri, event]) => isText(uri) && isJsonObject(event))
  )
    return refuse('invalid_request', `A SET has 1 to ${events_max} events, each an object.`)
  const read = told.map(([uri, event]) => readEvent(uri, isJsonObject(event) ? event : {}))
  return { kind: 'signal', issuer: settings.issuer, jti, events: read }

  function readEvent(uri: string, event: JsonObject): SignalEvent {
    const subject = sub_id ?? event.subject
    const ends = Object.hasOwn(ending, uri) && ending[uri]?.(event) === true
    return {
      uri,
      person: isJsonObject(subject) ? personOf(subject, settings, around.issuers) : null,
      endsAt: ends ? happenedAt(event, around.now) : null,
    }
  }
}

const caep = 'https://schemas.openid.net/secevent/caep/event-type'
const risc = 'https://schemas.openid.net/secevent/risc/event-type'
const always = (): boolean => true

/** The events that end what a person allowed, and when they do. Every other one is taken note of. */
const ending: Readonly<Record<string, (event: JsonObject) => boolean>> = {
  [`${caep}/session-revoked`]: always,
  [`${caep}/credential-change`]: ({ change_type }) => change_type === 'revoke' || change_type === 'delete',
  [`${risc}/account-disabled`]: always,
  [`${risc}/account-purged`]: always,
}

/** `event_timestamp` in seconds (CAEP 1.0 section 2); a time that lies ahead, or none, is now. */
function happenedAt({ event_timestamp }: JsonObject, now: Millis): Millis {
  const at = typeof event_timestamp === 'number' ? event_timestamp * 1000 : now
  return at >= 0 && at <= now ? at : now
}

/** The member that identifies a subject, by format (RFC 9493 section 3.2). */
const identifiers: Readonly<Record<string, string>> = { iss_sub: 'sub', email: 'email', opaque: 'id' }

function personOf(subject: JsonObject, settings: SignalSettings, issuers: ReadonlySet<string>): PersonId | null {
  const { format, iss, user } = subject
  // A complex subject (SSF 1.0 section 3) names its user beside a session or a device.
  if (format === 'complex')
    return isJsonObject(user) && user.format !== 'complex' ? personOf(user, settings, issuers) : null
  if (!isText(format) || !Object.hasOwn(identifiers, format)) return null
  if (format === 'iss_sub' && !(isText(iss) && issuers.has(iss))) return null
  const claimed = subject[settings.person_claim]
  const value = isText(claimed) ? claimed : subject[identifiers[format] ?? '']
  const id = isText(value) && !value.startsWith('user:') ? `user:${value}` : value
  return isText(id) && isPersonId(id) ? id : null
}

function refuse(error: SignalError, description: string): SignalRefusal {
  return { kind: 'signal_refusal', error, description }
}
