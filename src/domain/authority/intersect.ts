/** What two authorities allow together. */
import type { Authority, Detail } from '../authority.ts'
import { widerMember } from './narrower.ts'
import { detailsMax } from './read.ts'
import { countValues, inBoth, valuesMax } from './values.ts'
import { constraintsOf, membersOf } from './vocabulary.ts'

/**
 * An authority within both. It is exactly what both allow, with three exceptions, and in each it is less: scope values are
 * opaque, so `agent:invoke` and `agent:invoke:database` share nothing; a detail whose lists would
 * grow beyond 256 items is dropped; and so is what would be more than 32 details or 1,024 values. Where a single call is judged, `covers` of each authority is exact and cheaper.
 */
export function intersect(a: Authority, b: Authority): Authority {
  return { scopes: meetOf(a.scopes, b.scopes, inBoth), details: meetOf(a.details, b.details, meetDetails) }
}

function meetOf<Ceiling>(
  a: Ceiling | null,
  b: Ceiling | null,
  meet: (a: Ceiling, b: Ceiling) => Ceiling,
): Ceiling | null {
  if (a === null) return b
  return b === null ? a : meet(a, b)
}

function meetDetails(a: readonly Detail[], b: readonly Detail[]): readonly Detail[] {
  const met: Detail[] = []
  let left = valuesMax
  for (const one of a) {
    for (const other of b) {
      const both = meetDetail(one, other)
      if (both === null || met.some((held) => isWithin(both, held))) continue
      left -= countValues(both)
      if (left < 0 || met.push(both) === detailsMax) return met
    }
  }
  return met
}

function isWithin(child: Detail, parent: Detail): boolean {
  return child.type === parent.type && widerMember(child, parent) === null
}

/** What both details allow; null where that is nothing. */
function meetDetail(a: Detail, b: Detail): Detail | null {
  const members = membersOf(a.type)
  if (a.type !== b.type || !members) return null
  const met: Record<string, unknown> = { ...a }
  for (const [member, bound] of Object.entries(constraintsOf(b))) {
    const other = met[member]
    const both = other === undefined ? bound : (members.get(member)?.meet(other, bound) ?? null)
    if (both === null) return null
    met[member] = both
  }
  // Both are details of one type, and every member was combined by the row of that type.
  return met as unknown as Detail
}
