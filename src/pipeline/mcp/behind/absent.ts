/** Which servers are not all there, in words that their users may read. */
import type { ListingHealth } from '../../../catalogue/contract.ts'
import type { View } from './space.ts'

/** Fixed sentences: what a fault says in detail is for operators. */
const reasons: Readonly<Record<Exclude<ListingHealth['state'], 'fresh'>, string>> = {
  missing: 'It has not answered yet; nothing of it is listed.',
  stale: 'It does not answer at the moment; what it listed before is shown.',
}

export interface Absent {
  readonly server: string
  readonly state: 'missing' | 'stale'
  readonly since: string
  readonly reason: string
}

/** The servers of which not everything is there, and why. Only such as the client may use. */
export function absentOf({ listings }: Pick<View, 'listings'>): readonly Absent[] {
  return listings.flatMap(({ server, health: { state, since } }) => {
    if (state === 'fresh') return []
    return [{ server, state, since: new Date(since).toISOString(), reason: reasons[state] }]
  })
}
