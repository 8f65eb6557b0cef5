/**
 * Persons connect to tool servers. A call without a token leaves an ask behind and its caller gets a link to us; whoever
 * opens it sees who asks for what, and agrees before they are sent on. Each step counts once, and for one browser.
 *
 *     ask -> link of ours -> look -> agree: ask spent, state made -> their authorization server -> finish: state spent -> vault
 */
import { hash } from 'node:crypto'
import { BoundedMap } from '../../../base/bounded-map.ts'
import type { Clock } from '../../../base/clock.ts'
import type { Dice } from '../../../base/dice.ts'
import type { ToolServerSettings } from '../../../config/settings-tools.ts'
import type { Connect } from '../../../domain/verdict.ts'
import { clientFor } from './client-identity.ts'
import type { Discovered, Undiscovered } from './discover.ts'
import { authorizationUrl, type Departure, redeem } from './grants.ts'
import { type OutsideWay, Reach } from './reach.ts'
import type { HeldToken, Vault } from './vault.ts'

/** Who is asked to connect. */
export interface Asked {
  /** Whose token it will be: the person, or the agent where it acts for nobody. */
  readonly user: string
  readonly agent: string
  readonly person: string | null
}

/** What is asked of them. */
export interface Wanted {
  readonly settings: ToolServerSettings
  /** Where the server is; the operator's. */
  readonly url: string
  readonly found: Discovered
  readonly scopes: readonly string[] | null
  /** Where our people log in at this very server: the claim that names them. */
  readonly personClaim: string | null
}

export interface Ask extends Asked, Wanted {
  readonly id: string
}

/** A connection came about: whoever waits for it may go on. `id` is that of the ask, as its callers heard it. */
export type Connected = Asked & { readonly kind: 'connected'; readonly id: string; readonly server: string }

export interface ConnectorParts {
  readonly vault: Vault
  readonly outside: OutsideWay
  readonly clock: Clock
  readonly dice: Dice
  /** Asks that wait at once, and persons on their way. */
  readonly max: number
}

interface Traveller {
  readonly ask: Ask
  readonly departure: Departure
  readonly browser: string
}

/** How long a person has for each of the two steps. */
const patience_ms = 600_000
const secret_bytes = 32

export class Connector {
  /** Told of every connection that came about. */
  onConnected: (connected: Connected) => void = () => undefined
  readonly vault: Vault
  readonly #parts: ConnectorParts
  readonly #asks: BoundedMap<string, Ask>
  /** The newest ask of each user for each server, so that many calls at once leave one link. */
  readonly #open: BoundedMap<string, Ask>
  readonly #travellers: BoundedMap<string, Traveller>

  constructor(parts: ConnectorParts) {
    const { vault, max, clock } = parts
    this.vault = vault
    this.#parts = parts
    this.#asks = new BoundedMap({ max, clock })
    this.#open = new BoundedMap({ max, clock })
    this.#travellers = new BoundedMap({ max, clock })
  }

  reach(url: string): Reach {
    return new Reach(this.#parts.outside, url)
  }

  /** A link for that person, which lives for ten minutes; the same one while nothing else is wanted. */
  ask(asked: Asked, wanted: Wanted, publicUrl: string): Connect {
    const server = wanted.settings.id
    const { found, scopes } = wanted
    const place = JSON.stringify([asked, server])
    const known = this.#open.get(place)
    const isSame = known && this.#asks.get(known.id) && wantsOf(known) === wantsOf({ found, scopes })
    const ask = isSame ? known : { ...asked, ...wanted, id: this.#parts.dice.hex(secret_bytes) }
    if (!isSame) {
      this.#asks.set(ask.id, ask, patience_ms)
      this.#open.set(place, ask, patience_ms)
    }
    return { id: nameOf(ask.id), server, url: `${publicUrl}/connect/${server}?ask=${ask.id}` }
  }

  /** Whether nobody has agreed yet, and still can. */
  waits({ url }: Connect): boolean {
    return this.#asks.get(new URL(url).searchParams.get('ask') ?? '') !== undefined
  }

  look(server: string, id: string): Ask | null {
    const ask = this.#asks.get(id)
    return ask?.settings.id === server ? ask : null
  }

  /** The person agreed: where their browser goes. `browser` is a secret that only it holds. Never rejects. */
  async begin(ask: Ask, browser: string, publicUrl: string): Promise<string | Undiscovered> {
    this.#asks.delete(ask.id)
    const { settings, url, found, scopes, person, personClaim } = ask
    const { issuer, client_id, client_secret, client_metadata_url } = settings.credential
    const redirectUri = callbackAt(publicUrl)
    const ownDocument = publicUrl.startsWith('https:') ? metadataAt(publicUrl) : null
    const own = {
      issuer,
      client_id,
      client_secret: client_secret?.reveal() ?? null,
      metadataUrl: client_metadata_url ?? ownDocument,
    }
    const { vault, dice } = this.#parts
    const client = await clientFor(found.server, own, { reach: this.reach(url), vault, redirectUri })
    if ('kind' in client) return client
    const state = dice.hex(secret_bytes)
    const verifier = dice.hex(secret_bytes)
    const { server, resource } = found
    const login = person === null || personClaim === null ? null : { claim: personClaim, person }
    const departure = { server, resource, client, redirectUri, scopes, state, verifier, login }
    this.#travellers.set(state, { ask, departure, browser: digest(browser) }, patience_ms)
    return authorizationUrl(departure)
  }

  /** Their browser came back. Never rejects. */
  async finish(answer: URLSearchParams, browser: string): Promise<Connected | Undiscovered> {
    const state = answer.getAll('state').length === 1 ? (answer.get('state') ?? '') : ''
    const traveller = this.#travellers.get(state)
    if (!traveller || traveller.browser !== digest(browser)) return refused('nobody was sent there by this browser')
    this.#travellers.delete(state)
    const { ask, departure } = traveller
    const { vault, clock } = this.#parts
    const given = await redeem(this.reach(ask.url), departure, answer, clock.now())
    const { server, resource, client, redirectUri } = departure
    if ('kind' in given) {
      // A server that has forgotten us registers us anew the next time.
      if (given.final) vault.dropClient(server.issuer, redirectUri)
      return refused(`${server.issuer} gave no token: ${given.why}`)
    }
    const { user, agent, person, settings } = ask
    const { issuer, token_endpoint } = server
    const held: HeldToken = { user, server: settings.id, issuer, token_endpoint, resource, client, ...given }
    await vault.keep(held)
    const connected = { kind: 'connected', user, agent, person, id: nameOf(ask.id), server: settings.id } as const
    this.onConnected(connected)
    return connected
  }
}

export function callbackAt(publicUrl: string): string {
  return `${publicUrl}/connect/callback`
}

/** Our metadata document, whose URL is our client id. */
export function metadataAt(publicUrl: string): string {
  return `${publicUrl}/.well-known/oauth-client/weir`
}

/** What callers know an ask by: the link's secret cannot be made of it. */
function nameOf(id: string): string {
  return hash('sha256', id, 'hex').slice(0, 32)
}

function digest(browser: string): string {
  return hash('sha256', browser, 'base64url')
}

function wantsOf({ found, scopes }: Pick<Wanted, 'found' | 'scopes'>): string {
  return JSON.stringify([found.server.issuer, found.resource, scopes])
}

function refused(why: string): Undiscovered {
  return { kind: 'undiscovered', why }
}
