/**
 * Tokens of persons for tool servers, as they are sent: what is held is used and renewed before it ends; what a server
 * refuses is renewed once, or its person is asked to connect. A challenge that asks for what was given already ends there.
 */
import { BoundedMap } from '../../../base/bounded-map.ts'
import type { Clock } from '../../../base/clock.ts'
import type { ToolServerSettings } from '../../../config/settings-tools.ts'
import { type Connect, type Denial, deny } from '../../../domain/verdict.ts'
import type { HeaderList } from '../../../protocol/http.ts'
import { readChallenge, scopesOf, type ServerChallenge, union } from './challenge.ts'
import type { Asked, Connector } from './connector.ts'
import { covers, type Discovered, discover } from './discover.ts'
import { renew } from './grants.ts'
import type { HeldToken } from './vault.ts'

export interface UserTokensParts {
  readonly connector: Connector
  readonly clock: Clock
  readonly publicUrl: string
  /** By issuer the claim that names our people. */
  readonly people: ReadonlyMap<string, string>
}

/** Whose token it is, and for which server. */
export interface UserPlace {
  readonly asked: Asked
  readonly settings: ToolServerSettings
  readonly url: string
}

/** A token is renewed this long before it ends. */
const ahead_ms = 60_000
/** How often within an hour a person is asked for more scopes for one server. */
const stepUps = { max: 3, window_ms: 3_600_000 }
const kept_max = 10_000
const recent_ms = 10_000

export class UserTokens {
  readonly #parts: UserTokensParts
  readonly #renewing = new Map<string, Promise<HeldToken | null>>()
  readonly #stepUps: BoundedMap<string, number>
  /** What was answered to a challenge a moment ago: nobody makes us ask the same places again and again. */
  readonly #recent: BoundedMap<string, Connect>

  constructor(parts: UserTokensParts) {
    this.#parts = parts
    this.#stepUps = new BoundedMap({ max: kept_max, clock: parts.clock })
    this.#recent = new BoundedMap({ max: kept_max, clock: parts.clock })
  }

  /** The token to send; null where there is none that counts, and the server says what it wants. */
  async take(place: UserPlace): Promise<HeldToken | null> {
    const held = this.#held(place)
    if (!held) return null
    const left_ms = held.expiresAt === null ? Number.POSITIVE_INFINITY : held.expiresAt - this.#parts.clock.now()
    if (left_ms > ahead_ms) return held
    return (await this.#renew(held, place)) ?? (left_ms > 0 ? held : null)
  }

  /** The server did not take `sent`, or wants more than it gives: another token, or why there is none. */
  async challenged(place: UserPlace, sent: string | null, said: Said): Promise<HeldToken | Denial> {
    const challenge = readChallenge(said.challenge)
    if (said.status === 403 && challenge.scope === null) return refusedBy(place, 'it refuses without naming a scope')
    const newer = this.#held(place)
    if (said.status === 401 && newer && newer.token !== sent) return newer
    const { connector, publicUrl, people } = this.#parts
    const key = JSON.stringify([place.asked, place.settings.id, sent, said])
    const recent = this.#recent.get(key)
    if (recent && connector.waits(recent)) return connectFirst(place, recent)
    const found = await discover(connector.reach(place.url), place.url, challenge)
    if (found.kind === 'undiscovered') return refusedBy(place, found.why)
    const held = this.#matching(place, found)
    if (said.status === 401 && held) {
      const renewed = await this.#renew(held, place)
      if (renewed) return renewed
      // Whatever was sent is worth nothing any more; another token that came meanwhile is.
      if (this.#held(place)?.token === held.token) connector.vault.drop(held)
    }
    const more = said.status === 403 ? this.#mayAskMore(place, held, challenge) : null
    if (more) return more
    const personClaim = place.asked.person === null ? null : (people.get(found.server.issuer) ?? null)
    const wanted = scopesFor(place, found, { challenge, held })
    // With it the server says who has logged in (OpenID Connect Core section 3.1.2.1).
    const scopes = personClaim === null ? wanted : union(wanted, ['openid'])
    const connect = connector.ask(place.asked, { ...place, found, scopes, personClaim }, publicUrl)
    this.#recent.set(key, connect, recent_ms)
    return connectFirst(place, connect)
  }

  /** A token for what is there now; one for another place of the same name does not count. */
  #held({ asked, settings, url }: UserPlace): HeldToken | null {
    const held = this.#parts.connector.vault.token(asked.user, settings.id)
    return held && covers(held.resource, url) ? held : null
  }

  #matching(place: UserPlace, { resource, server }: Discovered): HeldToken | null {
    const held = this.#held(place)
    return held?.issuer === server.issuer && held.resource === resource ? held : null
  }

  #mayAskMore(place: UserPlace, held: HeldToken | null, { scope }: ServerChallenge): Denial | null {
    if (held && scope?.every((one) => held.scopes.includes(one)))
      return refusedBy(place, 'it refuses although every scope it names was given')
    const key = `${place.asked.user}\n${place.settings.id}`
    const times = (this.#stepUps.get(key) ?? 0) + 1
    if (times > stepUps.max) return refusedBy(place, 'it has asked for more scopes too often')
    this.#stepUps.set(key, times, stepUps.window_ms)
    return null
  }

  /** One renewal of a token at a time; null where it cannot be renewed. */
  #renew(held: HeldToken, { url }: UserPlace): Promise<HeldToken | null> {
    const { refresh, user, server } = held
    if (refresh === null) return Promise.resolve(null)
    const key = `${user}\n${server}`
    const flight = this.#renewing.get(key) ?? this.#renewNow({ ...held, refresh }, url)
    this.#renewing.set(key, flight)
    return flight.finally(() => this.#renewing.delete(key))
  }

  async #renewNow(held: HeldToken & { readonly refresh: string }, url: string): Promise<HeldToken | null> {
    const { connector, clock } = this.#parts
    const given = await renew(connector.reach(url), held, clock.now())
    if ('kind' in given) {
      if (given.final) connector.vault.drop(held)
      return null
    }
    const fresh = { ...held, ...given }
    await connector.vault.keep(fresh)
    return fresh
  }
}

/** What a server answered. */
export interface Said {
  readonly status: 401 | 403
  readonly challenge: string | null
}

export function bearer({ token }: Pick<HeldToken, 'token'>): HeaderList {
  return [['authorization', `Bearer ${token}`]]
}

/** What the challenge names, else what the operator wrote, else what the server has; and what was given before (SEP-2350). */
function scopesFor(
  { settings }: UserPlace,
  found: Discovered,
  { challenge, held }: { readonly challenge: ServerChallenge; readonly held: HeldToken | null },
): readonly string[] | null {
  const named = challenge.scope ?? scopesOf(settings.credential.scope) ?? found.scopes
  const scopes = union(held?.scopes ?? null, named)
  return scopes !== null && found.server.offlineAccess ? union(scopes, ['offline_access']) : scopes
}

function connectFirst({ asked, settings }: UserPlace, connect: Connect): Denial {
  return deny('connect_required', `${asked.user} has not connected to ${settings.id}`, { connect })
}

function refusedBy({ settings }: UserPlace, why: string): Denial {
  return deny('upstream_unavailable', `no token for ${settings.id}: ${why}`)
}
