/**
 * What Weir proves to tool servers, for each caller: nothing, a token of its own, one for the person and the caller, or the
 * one that the person let it hold. The credential of a caller is never among what is sent.
 */
import { assert } from '../../base/assert.ts'
import type { Clock } from '../../base/clock.ts'
import type { JsonObject } from '../../base/json.ts'
import type { PartnerSettings, PeopleSettings } from '../../config/settings-identity.ts'
import type { ToolCredentialSettings, ToolServerSettings } from '../../config/settings-tools.ts'
import { anything, type Authority } from '../../domain/authority.ts'
import type { Principal } from '../../domain/principal.ts'
import { type Denial, deny, isDenial } from '../../domain/verdict.ts'
import type { HeaderList } from '../../protocol/http.ts'
import { writeAuthority } from '../tokens/authority-claims.ts'
import { stricter } from './disclosure.ts'
import type { Asked, Connector } from './mcp-oauth/connector.ts'
import { bearer, type UserPlace, UserTokens } from './mcp-oauth/user-tokens.ts'
import { type Counter, isTokenPlace, type ObtainPlace, openCounter, type OutboundParts, tokenFor } from './obtained.ts'

/** What a speaker has to say for itself; one for each caller and server, asked before every request. */
export interface SpeakerCredentials {
  credentials(): HeaderList | Denial | Promise<HeaderList | Denial>
  challenged(status: 401 | 403, challenge: string | null): Promise<HeaderList | Denial>
}

/** For whom; null for what Weir asks for itself. */
export interface SpeaksFor {
  readonly principal: Principal
  /** What its tokens allow together. */
  readonly authority: Authority
}

export interface ToolCredentials {
  /** Nothing is ever sent but to the place the operator wrote down for that server. */
  speakerCredentials(server: ToolServerSettings, caller: SpeaksFor | null): SpeakerCredentials
}

export interface ToolCredentialsSettings {
  readonly publicUrl: string
  readonly partners: readonly Pick<PartnerSettings, 'issuer' | 'disclosure'>[]
  /** Where people log in: whoever connects there has to be the person who was asked. */
  readonly people: readonly Pick<PeopleSettings, 'issuer' | 'person_claim'>[]
  /** As for agents. */
  readonly pools: number
}

const nothing: SpeakerCredentials = {
  credentials: () => [],
  challenged: (status) => Promise.resolve(refusedBy(status)),
}

type Open = (server: ToolServerSettings, url: string, caller: SpeaksFor | null) => SpeakerCredentials

export function openToolCredentials(
  settings: ToolCredentialsSettings,
  parts: OutboundParts & { readonly connector: Connector },
): ToolCredentials {
  const counter = openCounter(settings.pools, parts)
  const { publicUrl } = settings
  const people = new Map(settings.people.map(({ issuer, person_claim }) => [issuer, person_claim]))
  const users = new UserTokens({ ...parts, publicUrl, people })
  const ceilings = new Map(settings.partners.map(({ issuer, disclosure }) => [issuer, disclosure]))
  const within = (row: ToolCredentialSettings): ToolCredentialSettings => {
    const ceiling = ceilings.get(row.issuer ?? '')
    return ceiling ? { ...row, disclosure: stricter(row.disclosure, ceiling) } : row
  }
  const obtained: Open = (server, url, caller) => {
    const place = placeOf(within(server.credential))
    const claims = (): JsonObject => claimsOf(caller, { server: server.id, iss: publicUrl, clock: parts.clock })
    return new Obtained(counter, { target: `tool ${server.id}`, place, claims, parameters: { resource: url } })
  }
  const open: Readonly<Record<ToolCredentialSettings['mode'], Open>> = {
    none: () => nothing,
    client_credentials: obtained,
    exchange: obtained,
    grant: obtained,
    user: (server, url, caller) =>
      caller ? new OfUser(users, { settings: server, url, asked: askedOf(caller) }) : nothing,
  }
  return {
    speakerCredentials(server, caller) {
      const { place } = server
      return place.kind === 'process' ? nothing : open[server.credential.mode](server, place.url, caller)
    },
  }
}

/** A token that is obtained by what the configuration says. */
class Obtained implements SpeakerCredentials {
  readonly #counter: Counter
  readonly #wanted: Parameters<typeof tokenFor>[1]
  #sent: string | null = null

  constructor(counter: Counter, wanted: Parameters<typeof tokenFor>[1]) {
    this.#counter = counter
    this.#wanted = wanted
  }

  credentials(): HeaderList | Denial | Promise<HeaderList | Denial> {
    return this.#take(null)
  }

  async challenged(status: 401 | 403): Promise<HeaderList | Denial> {
    return status === 401 ? await this.#take(this.#sent) : refusedBy(status)
  }

  #take(refused: string | null): HeaderList | Denial | Promise<HeaderList | Denial> {
    const token = tokenFor(this.#counter, { ...this.#wanted, refused })
    return token instanceof Promise ? token.then((one) => this.#shown(one)) : this.#shown(token)
  }

  #shown(token: string | Denial): HeaderList | Denial {
    if (isDenial(token)) return token
    this.#sent = token
    return bearer({ token })
  }
}

/** A token that a person let us hold. */
class OfUser implements SpeakerCredentials {
  readonly #users: UserTokens
  readonly #place: UserPlace
  #sent: string | null = null

  constructor(users: UserTokens, place: UserPlace) {
    this.#users = users
    this.#place = place
  }

  async credentials(): Promise<HeaderList | Denial> {
    const held = await this.#users.take(this.#place)
    this.#sent = held?.token ?? null
    return held ? bearer(held) : []
  }

  async challenged(status: 401 | 403, challenge: string | null): Promise<HeaderList | Denial> {
    const held = await this.#users.challenged(this.#place, this.#sent, { status, challenge })
    if (isDenial(held)) return held
    this.#sent = held.token
    return bearer(held)
  }
}

function placeOf({ mode, ...row }: ToolCredentialSettings): ObtainPlace {
  assert(mode !== 'user', 'a token of a person is not obtained by a row')
  const place = { ...row, mode }
  assert(isTokenPlace(place), 'the cross-check asks for endpoint and client id where a token is wanted')
  return place
}

function askedOf({ principal: { proof, delegation } }: SpeaksFor): Asked {
  const person = delegation ? delegation.person : proof.person
  return { user: person ?? proof.agent, agent: proof.agent, person }
}

/** What is told of the person and the caller may be believed for so long, in seconds. */
const telling_s = 300

/** The words of a delivery token for whom a request is made; a session with a server is no hop, so there is none of it. */
function claimsOf(
  caller: SpeaksFor | null,
  { server, iss, clock }: { readonly server: string; readonly iss: string; readonly clock: Clock },
): JsonObject {
  const exp = Math.floor(clock.now() / 1000) + telling_s
  if (!caller) return { iss, sub: iss, sub_profile: 'service', exp, ...writeAuthority(anything) }
  const { proof, delegation } = caller.principal
  const person = delegation ? delegation.person : proof.person
  const chain = delegation?.chain ?? [proof.agent]
  let act: JsonObject | undefined
  for (const sub of chain) act = act ? { sub, act } : { sub }
  return {
    iss,
    sub: person ?? chain[0],
    sub_profile: person ? 'user' : 'service',
    act,
    exp: Math.min(exp, Math.floor(proof.expiresAt / 1000)),
    ...writeAuthority(caller.authority),
    dlg: { v: 1, depth: chain.length, head: delegation?.lineage.head, chain: [...chain.map(slugOf), server] },
  }
}

function slugOf(agent: string): string {
  return agent.slice(agent.indexOf(':') + 1)
}

function refusedBy(status: 401 | 403): Denial {
  return deny('upstream_unavailable', `it answered ${status}: what we prove to it is not enough`)
}
