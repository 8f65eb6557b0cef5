/** Our keys at one provider, which take turns by their shares. A key that is refused or out of quota is left alone. */
import { hash } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { Dice } from '../../base/dice.ts'
import type { ProviderKey } from '../../config/settings-models.ts'
import type { Secret } from '../../config/secret.ts'
import { Breaker } from '../pool/breaker.ts'
import { byWeight } from './weights.ts'

export class ProviderKeySeat extends Breaker {
  readonly key: Secret
  weight: number
  /** Whether its trouble was told; it is told again once it has worked meanwhile. */
  isTold = false

  constructor({ key, weight }: ProviderKey, clock: Clock) {
    super(clock)
    this.key = key
    this.weight = weight
  }
}

/** What a call knows of keys beyond what everybody does. */
export interface KeyWishes {
  /** The rows the call was made with: after a reload, a new key must not go to where an old row leads. */
  readonly rows: readonly ProviderKey[]
  /** Which keys the provider asked for patience with at this model, and until when on the monotonic clock. */
  readonly limits: ReadonlyMap<ProviderKeySeat, number>
  /** Keys that were refused to this very call. */
  readonly refused: ReadonlySet<ProviderKeySeat>
  /** Keys this call has used there: another one is better. */
  readonly used: ReadonlySet<ProviderKeySeat>
}

export class KeyRing {
  readonly #clock: Clock
  #rows: readonly ProviderKey[] = []
  #seats: ReadonlyMap<string, ProviderKeySeat> = new Map()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** In the order of the configuration. */
  get seats(): readonly ProviderKeySeat[] {
    return [...this.#seats.values()]
  }

  /** Takes over what a new configuration says; a key that stays keeps what is known of it. Returns those that left. */
  use(rows: readonly ProviderKey[]): readonly ProviderKeySeat[] {
    const before = this.#seats
    this.#rows = rows
    this.#seats = new Map(
      rows.map((row): [string, ProviderKeySeat] => {
        const name = nameOf(row)
        const seat = before.get(name) ?? new ProviderKeySeat(row, this.#clock)
        seat.weight = row.weight
        return [name, seat]
      }),
    )
    const stays = new Set(this.#seats.values())
    return [...before.values()].filter((seat) => !stays.has(seat))
  }

  /** Whether a call can be sent: without keys nobody asks for one. `patient` counts keys that were asked to wait, too. */
  isFit(wishes: KeyWishes, patient: boolean): boolean {
    if (wishes.rows.length === 0) return true
    const now = this.#clock.monotonic()
    return this.#open(wishes).some((seat) => patient || !isLimited(seat, wishes, now))
  }

  /** The key for a call: by its share among those that nothing is known against, or else among the others. */
  choose(wishes: KeyWishes, dice: Dice): ProviderKeySeat | null {
    const open = this.#open(wishes)
    // Whether a key works again is found out by the first call after its time.
    const due = open.find((seat) => seat.due)
    if (due) return due
    const now = this.#clock.monotonic()
    const ready = open.filter((seat) => !isLimited(seat, wishes, now))
    const fresh = ready.filter((seat) => !wishes.used.has(seat))
    return byWeight([fresh, ready, open].find(({ length }) => length > 0) ?? [], dice)
  }

  #open({ rows, refused }: KeyWishes): readonly ProviderKeySeat[] {
    const known = rows === this.#rows ? this.seats : rows.flatMap((row) => this.#seats.get(nameOf(row)) ?? [])
    return known.filter((seat) => (seat.healthy || seat.due) && !refused.has(seat))
  }
}

/** The hash of a key, so that a dump of a map shows none. */
function nameOf({ key }: ProviderKey): string {
  return hash('sha256', key.reveal(), 'base64url')
}

function isLimited(seat: ProviderKeySeat, { limits }: KeyWishes, now: number): boolean {
  return (limits.get(seat) ?? 0) > now
}
