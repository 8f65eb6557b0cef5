/** The ceiling a row of the configuration sets on what its issuer may vouch for. */
import { anything, type Authority } from '../domain/authority.ts'
import { readDetails } from '../domain/authority/read.ts'

/** Null is no ceiling; what cannot be read allows nothing. */
export function ceilingOf(written: readonly unknown[] | null): Authority {
  if (written === null) return anything
  const details = readDetails(written)
  return { scopes: null, details: typeof details === 'string' ? [] : details }
}
