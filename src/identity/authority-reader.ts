/** What identity needs of the vocabulary of authority: the words of a configuration and of a token, read and met. */
import { anything, type Authority, type Detail } from '../domain/authority.ts'

export interface AuthorityReader {
  /** Details as they stood in JSON, or why they are none: an unknown type, an unknown member. */
  readDetails(value: unknown): readonly Detail[] | string
  /** The values of a `scope` claim, sorted and without duplicates, or why it is none. */
  readScopes(text: string): readonly string[] | string
  /** What both allow. */
  intersect(one: Authority, other: Authority): Authority
}

/** The ceiling a row of the configuration sets. What cannot be read allows nothing. */
export function ceilingOf(written: readonly unknown[] | null, reader: AuthorityReader): Authority {
  if (written === null) return anything
  const details = reader.readDetails(written)
  return { scopes: null, details: typeof details === 'string' ? [] : details }
}
