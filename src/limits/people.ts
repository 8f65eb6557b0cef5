/**
 * What persons spend, one row of the board for each of whom a limit holds. There are more of them than rows, so a row whose
 * books of today are empty goes to another one; when nobody's are, the default is no.
 *
 *     longs  1..3 tokens   4..6 cost   ints 14 calls under way
 */
import { intsPerRow, longsPerRow, type Rows } from '../base/board.ts'
import type { PersonId } from '../domain/ids.ts'
import { Account, longsPerAccount } from './account.ts'
import { Gauge } from './gauge.ts'
import type { LimitSettings, TeamLimits } from './settings.ts'

/** A person as a call holds them against their limits. */
export interface Person {
  readonly limits: TeamLimits
  readonly tokens: Account
  readonly cost: Account
  /** Calls that hold something here, or hold nothing and may yet spend. */
  readonly open: Gauge
}

interface Known {
  readonly row: number
  readonly person: { -readonly [Name in keyof Person]: Person[Name] }
}

/** How many are looked at, those first who came least lately, for one whose row is free. */
const triedForRoom = 16

export class People {
  readonly #rows: Rows
  /** Those who came least lately first. */
  readonly #known = new Map<PersonId, Known>()
  #settings: Pick<LimitSettings, 'person' | 'people'>

  constructor(rows: Rows, settings: Pick<LimitSettings, 'person' | 'people'>) {
    this.#rows = rows
    this.#settings = settings
  }

  /** Puts other limits in force. */
  use(settings: Pick<LimitSettings, 'person' | 'people'>): void {
    this.#settings = settings
    for (const [id, { person }] of this.#known) person.limits = settings.people.get(id) ?? settings.person
  }

  /** `free` for somebody without a limit; null if there is no row for one more. */
  of(id: PersonId, day: number): Person | 'free' | null {
    const limits = this.#settings.people.get(id) ?? this.#settings.person
    if (Object.keys(limits).length === 0) return 'free'
    const known = this.#known.get(id) ?? this.#add(limits, day)
    if (!known) return null
    this.#known.delete(id)
    this.#known.set(id, known)
    return known.person
  }

  #add(limits: TeamLimits, day: number): Known | null {
    const row = this.#known.size < this.#rows.count ? this.#known.size : this.#makeRoom(day)
    if (row === null) return null
    const { longs, ints } = this.#rows
    const long = row * longsPerRow
    const person = {
      limits,
      tokens: new Account(longs, long + 1),
      cost: new Account(longs, long + 1 + longsPerAccount),
      open: new Gauge(ints, row * intsPerRow + 14),
    }
    return { row, person }
  }

  /** Nothing has to be emptied: an amount of an older day counts as zero. */
  #makeRoom(day: number): number | null {
    for (const [id, { row, person }] of this.#known.entries().take(triedForRoom)) {
      if (person.open.value > 0 || person.tokens.held(day) > 0 || person.cost.held(day) > 0) continue
      this.#known.delete(id)
      return row
    }
    return null
  }
}
