/**
 * Sessions of the legacy era with Weir itself. The id a client shows carries all that was agreed on, sealed for its address
 * and its caller: what else there is of a session is made anew where it is gone, so a restart ends none.
 */
import { BoundedMap } from '../../../base/bounded-map.ts'
import type { Clock, Millis } from '../../../base/clock.ts'
import type { Dice } from '../../../base/dice.ts'
import { readJson } from '../../../base/json.ts'
import type { McpRevision } from '../../../domain/call.ts'
import type { Principal } from '../../../domain/principal.ts'
import { isRevision } from '../../../protocol/mcp/words.ts'
import { byChance, openSeal, type Seal } from '../../../tasks/seal.ts'
import { ownerOf } from '../sessions.ts'

export interface FrontSession {
  /** Names it among all others; nobody else learns it. */
  readonly key: string
  readonly sealed: string
  /** Whose it is. */
  readonly agent: string
  readonly person: string | null
  readonly version: McpRevision
  /** What the client said it can be asked, a JSON object. */
  readonly capabilities: Buffer
  readonly begunAt: Millis
}

/** Longer ones would not fit a header once they are sealed. */
const capabilities_bytes = 1024
const plainCapabilities = Buffer.from('{}')

export class FrontSessions {
  readonly #seal: Seal
  readonly #dice: Dice
  readonly #clock: Clock
  /** Those that were ended, so that they stay so while this process lives. */
  readonly #ended: BoundedMap<string, true>

  constructor(secret: Uint8Array, { dice, clock }: { readonly dice: Dice; readonly clock: Clock }, ended_max: number) {
    this.#seal = openSeal(secret, 'mcp fronts', byChance(dice))
    this.#dice = dice
    this.#clock = clock
    this.#ended = new BoundedMap({ max: ended_max })
  }

  begin(place: string, principal: Principal, said: Pick<FrontSession, 'version' | 'capabilities'>): FrontSession {
    const [agent, person] = ownerOf(principal)
    const capabilities = said.capabilities.length > capabilities_bytes ? plainCapabilities : said.capabilities
    const facts = { key: this.#dice.hex(16), agent, person, version: said.version, begunAt: this.#clock.now() }
    const text = [facts.key, agent, person, facts.version, capabilities.toString('utf8'), facts.begunAt]
    return { ...facts, capabilities, sealed: this.#seal.seal(JSON.stringify(text), place) }
  }

  /** Null for anything that is no session at this address, and for one that was ended. */
  open(place: string, sealed: string): FrontSession | null {
    const text = this.#seal.open(sealed, place)
    const read = text === null ? null : readJson(text)
    if (!read?.ok || !Array.isArray(read.value)) return null
    const [key, agent, person, version, capabilities, begunAt] = read.value as readonly unknown[]
    if (typeof key !== 'string' || typeof agent !== 'string' || typeof capabilities !== 'string') return null
    if (typeof version !== 'string' || !isRevision(version) || typeof begunAt !== 'number') return null
    if (this.#ended.get(key)) return null
    const whose = { agent, person: typeof person === 'string' ? person : null }
    return { key, sealed, ...whose, version, capabilities: Buffer.from(capabilities), begunAt }
  }

  end({ key }: FrontSession): void {
    this.#ended.set(key, true)
  }
}
