/** Pages of persons, newest first: whoever waits for the disk waits for this thread, so that one page costs little. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { nobody } from './kek.ts'
import { type HoldRow, holdRow, personRow } from './people-file.ts'
import type { People } from './people.ts'

export interface PersonView {
  readonly pseudonym: string
  /** Null once erased. */
  readonly name: string | null
  readonly created_at: number
  readonly erased_at: number | null
  readonly holds: readonly HoldRow[]
}

/** The last person of a page, behind whom the next one begins. */
export interface PersonPlace {
  readonly created_at: number
  readonly pseudonym: string
}

export interface PeopleAsked {
  readonly after: PersonPlace | null
  /** 1 to 1000. */
  readonly limit: number
}

export interface PeoplePage {
  readonly people: readonly PersonView[]
  /** Null where nobody is left. */
  readonly next: PersonPlace | null
}

export const people_max = 1000
const first: PersonPlace = { created_at: Number.MAX_SAFE_INTEGER, pseudonym: '' }

export class PeoplePages {
  readonly #people: People
  readonly #page: StatementSync
  readonly #holds: StatementSync

  constructor(people: People) {
    this.#people = people
    this.#page = pageOf(people.base)
    this.#holds = people.base.prepare(
      'SELECT * FROM holds WHERE pseudonym = ? AND (until IS NULL OR until > ?) ORDER BY at',
    )
  }

  read({ after, limit }: PeopleAsked): PeoplePage {
    const { created_at, pseudonym } = after ?? first
    const most = Math.min(Math.max(1, limit), people_max)
    const rows = this.#page.all(nobody, created_at, created_at, pseudonym, most + 1).flatMap((row) => {
      const read = personRow(row)
      return read ? [read] : []
    })
    const people = rows.slice(0, most).map((row): PersonView => {
      const { pseudonym: of, created_at: since, erased_at } = row
      return { pseudonym: of, name: this.#people.nameIn(row), created_at: since, erased_at, holds: this.holds(of) }
    })
    return { people, next: rows.length > most ? (people.at(-1) ?? null) : null }
  }

  /** Those that have not ended by themselves. */
  holds(pseudonym: string): readonly HoldRow[] {
    return this.#holds.all(pseudonym, this.#people.now()).map(holdRow)
  }
}

function pageOf(base: DatabaseSync): StatementSync {
  return base.prepare(
    `SELECT * FROM people WHERE pseudonym <> ? AND created_at <= ? AND NOT (created_at = ? AND pseudonym <= ?)
     ORDER BY created_at DESC, pseudonym LIMIT ?`,
  )
}
