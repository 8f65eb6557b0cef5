/**
 * What a client of the modern era holds of a request that was answered with questions: sealed, for this caller, this address
 * and this very request, and for a while. A server's own state travels in it, so nothing of that is kept here.
 */
import type { Clock, Millis } from '../../../base/clock.ts'
import type { Dice } from '../../../base/dice.ts'
import { readJson } from '../../../base/json.ts'
import { byChance, openSeal, type Seal } from '../../../tasks/seal.ts'

/** How the request goes on, and what it was about: what a name or a URI means may be another thing when it comes again. */
export type Round = Going & { readonly target: string }

export type Going =
  /** Asked anew, with the state of the server. */
  | { readonly kind: 'rested'; readonly state: string | null }
  /** The server waits: a parked talk. */
  | { readonly kind: 'parked'; readonly id: string }
  /** Asked anew as if for the first time: its client has been sent to a page meanwhile. */
  | { readonly kind: 'again' }

/** Whose round it is and of which request. */
export interface RoundPlace {
  readonly owner: string
  /** Of the request, without what the round adds to it. */
  readonly digest: string
}

export class RoundStates {
  readonly #seal: Seal
  readonly #clock: Clock
  readonly #ttl_ms: Millis

  constructor(secret: Uint8Array, world: { readonly dice: Dice; readonly clock: Clock }, ttl_ms: Millis) {
    this.#seal = openSeal(secret, 'mcp rounds', byChance(world.dice))
    this.#clock = world.clock
    this.#ttl_ms = ttl_ms
  }

  close(round: Round, place: RoundPlace): string {
    const said = round.kind === 'rested' ? round.state : round.kind === 'parked' ? round.id : null
    const facts = [round.kind, said, this.#clock.now() + this.#ttl_ms, round.target]
    return this.#seal.seal(JSON.stringify(facts), nameOf(place))
  }

  /** Null for one that was made up, changed, is somebody else's, of another request, or too old. */
  open(sealed: string, place: RoundPlace): Round | null {
    const text = this.#seal.open(sealed, nameOf(place))
    const read = text === null ? null : readJson(text)
    if (!read?.ok || !Array.isArray(read.value)) return null
    const [kind, said, endsAt, target] = read.value as readonly unknown[]
    if (typeof endsAt !== 'number' || endsAt < this.#clock.now() || typeof target !== 'string') return null
    if (kind === 'again') return { kind, target }
    if (kind === 'rested') return { kind, target, state: typeof said === 'string' ? said : null }
    return kind === 'parked' && typeof said === 'string' ? { kind, target, id: said } : null
  }
}

function nameOf({ owner, digest }: RoundPlace): string {
  return JSON.stringify([owner, digest])
}
