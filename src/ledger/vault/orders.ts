/** What the gateway's thread asks the ledger's thread about persons, as only the latter writes the vault; and the answers. */
import type { HoldRow } from './people-file.ts'
import { type PeopleAsked, type PeoplePage, PeoplePages } from './people-pages.ts'
import { nobody } from './kek.ts'
import type { People } from './people.ts'
import { replaceNames, withoutName, withoutNames } from './texts.ts'

/** `person` is a name or a pseudonym. */
export type VaultOrder =
  | ({ readonly ask: 'list' } & PeopleAsked)
  /** Who stands for these names. */
  | { readonly ask: 'find'; readonly names: readonly string[] }
  | PersonAsked

interface PersonAsked {
  readonly ask: 'erase' | 'hold' | 'release'
  readonly person: string
  /** Of holds: the run they are for, and when they end by themselves. */
  readonly run: string | null
  readonly until: number | null
  readonly reason: string
  readonly actor: string
}

export type VaultAnswer =
  | ({ readonly kind: 'people' } & PeoplePage)
  /** By name; those nobody knows are not in it. */
  | { readonly kind: 'found'; readonly pseudonyms: ReadonlyMap<string, string> }
  | Done
  | { readonly kind: 'unknown' }
  | { readonly kind: 'erased' }
  | { readonly kind: 'held'; readonly holds: readonly HoldRow[] }
  | { readonly kind: 'not_held' }
  | { readonly kind: 'problem'; readonly detail: string }

/** Reason and actor are those of the order, without the name; the name is for forgetting it elsewhere. */
interface Done {
  readonly kind: 'done'
  readonly name: string
  readonly pseudonym: string
  readonly reason: string
  readonly actor: string
}

export class VaultClerk {
  readonly #people: People
  readonly #pages: PeoplePages
  /** Told of every pseudonym that was erased. */
  readonly #onErased: (pseudonym: string, name: string) => void

  constructor(people: People, onErased: (pseudonym: string, name: string) => void = () => undefined) {
    this.#people = people
    this.#pages = new PeoplePages(people)
    this.#onErased = onErased
  }

  /** Never throws: what the disk says is an answer too. */
  answer(order: VaultOrder): VaultAnswer {
    try {
      this.#people.commit()
      if (order.ask === 'list') return { kind: 'people', ...this.#pages.read(order) }
      if (order.ask === 'find') return { kind: 'found', pseudonyms: this.#find(order.names) }
      const named = this.#named(order.person)
      if (named === null) return { kind: 'unknown' }
      if (named.name === null) return { kind: 'erased' }
      const { name, pseudonym } = named
      const others = (other: string): string | null => this.#pseudonymOf(other)
      const without = (text: string): string => replaceNames(withoutName(text, name, pseudonym), others)
      // A reason may speak of others, who can ask to be forgotten as well.
      const reason = withoutNames(without(order.reason), others)
      const done: Done = { kind: 'done', name, pseudonym, reason, actor: without(order.actor) }
      if (order.ask === 'hold') return this.#hold(order, done)
      if (order.ask === 'release') return this.#release(order, done)
      const holds = this.#pages.holds(named.pseudonym)
      if (holds.length > 0) return { kind: 'held', holds }
      this.#people.forget(named.name, named.pseudonym)
      this.#onErased(named.pseudonym, named.name)
      return done
    } catch (error) {
      return { kind: 'problem', detail: String(error) }
    }
  }

  #find(names: readonly string[]): ReadonlyMap<string, string> {
    const found = new Map<string, string>()
    for (const name of names) {
      const pseudonym = this.#pseudonymOf(name)
      if (pseudonym !== null) found.set(name, pseudonym)
    }
    return found
  }

  #pseudonymOf(name: string): string | null {
    return name === nobody ? null : (this.#people.known(name)?.pseudonym ?? null)
  }

  #named(person: string): { readonly pseudonym: string; readonly name: string | null } | null {
    const pseudonym = person.startsWith('user:~') ? person : (this.#people.known(person)?.pseudonym ?? null)
    const row = pseudonym === null || pseudonym === nobody ? null : this.#people.row(pseudonym)
    return row && { pseudonym: row.pseudonym, name: this.#people.nameIn(row) }
  }

  #hold({ until, run }: PersonAsked, done: Done): VaultAnswer {
    this.#people.base
      .prepare('INSERT OR REPLACE INTO holds (pseudonym, run, until, reason, actor, at) VALUES (?, ?, ?, ?, ?, ?)')
      .run(done.pseudonym, run ?? '', until, done.reason, done.actor, this.#people.now())
    return done
  }

  #release({ run }: PersonAsked, done: Done): VaultAnswer {
    const { changes } = this.#people.base
      .prepare('DELETE FROM holds WHERE pseudonym = ? AND run = ?')
      .run(done.pseudonym, run ?? '')
    return Number(changes) > 0 ? done : { kind: 'not_held' }
  }
}
