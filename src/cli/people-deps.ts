/** What the commands about persons need from the rest of the house. */
import type { CliProblem } from './exit-codes.ts'

export interface PeopleTools {
  /** Asks the gateway that runs, or the state directory itself where none does. */
  readonly list: (request: { readonly configPath: string }) => Promise<PeopleList | CliProblem>
  readonly order: (asked: PersonAsked) => Promise<PersonChanged | CliProblem>
}

export interface PersonAsked {
  readonly configPath: string
  readonly does: 'erase' | 'hold' | 'release'
  /** A name or pseudonym, with or without `user:`; for holds also the id of a run. */
  readonly whom: string
  /** When a hold ends by itself, in milliseconds since the epoch; null for never. */
  readonly until: number | null
  readonly reason: string
}

export interface PeopleList {
  readonly schema: 'weir.people/v1'
  readonly people: readonly {
    readonly pseudonym: string
    /** Null once erased. */
    readonly name: string | null
    readonly created_at: number
    readonly erased_at: number | null
    /** `run` is empty for a hold on everything. */
    readonly holds: readonly { readonly run: string; readonly until: number | null; readonly reason: string }[]
  }[]
}

export interface PersonChanged {
  readonly schema: 'weir.person/v1'
  readonly event: 'erased' | 'held' | 'released'
  /** The pseudonym. */
  readonly person: string
  readonly reason: string
}
