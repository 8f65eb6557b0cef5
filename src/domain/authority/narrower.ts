/** Whether one authority lies within another. Absence is no constraint, so what a child leaves out makes it wider. */
import type { Authority, Detail } from '../authority.ts'
import { constraintsOf, membersOf } from './vocabulary.ts'

/** What was asked for is more than what is held. */
export interface Wider {
  readonly kind: 'wider'
  /** The parameter that says too much. */
  readonly member: 'scope' | 'authorization_details'
  /** Which constraint, in words of the vocabulary; never a value that was sent. */
  readonly sentence: string
}

export function isWider(value: Authority | Wider): value is Wider {
  return 'kind' in value
}

/** Null where `child` allows nothing that `parent` does not; else the sentence that names the wider constraint. */
export function narrower(child: Authority, parent: Authority): string | null {
  return scopesWider(child.scopes, parent.scopes) ?? detailsWider(child.details, parent.details)
}

/**
 * What a token exchange is answered with: a parameter that was left out asks for what is held, and one that was sent must
 * be within it. Nothing is narrowed silently.
 */
export function requested(asked: Authority, held: Authority): Authority | Wider {
  const scopes = asked.scopes ?? held.scopes
  const details = asked.details ?? held.details
  const scope = scopesWider(scopes, held.scopes)
  if (scope !== null) return { kind: 'wider', member: 'scope', sentence: scope }
  const detail = detailsWider(details, held.details)
  if (detail !== null) return { kind: 'wider', member: 'authorization_details', sentence: detail }
  return { scopes, details }
}

/**
 * Scope values are opaque: `tool:query` is not within `tool:call` although it lets less through, because policies may
 * give any scope a meaning of its own.
 */
function scopesWider(child: Authority['scopes'], parent: Authority['scopes']): string | null {
  if (parent === null) return null
  if (child === null) return 'scope is missing where there was one'
  return child.every((scope) => parent.includes(scope)) ? null : 'scope has a value that is not held'
}

function detailsWider(child: Authority['details'], parent: Authority['details']): string | null {
  if (parent === null) return child === null ? null : unknownType(child)
  if (child === null) return 'authorization_details is missing where there was one'
  for (const [index, detail] of child.entries()) {
    const reason = widerThanAll(detail, parent)
    if (reason !== null) return `authorization_details[${index}] ${reason}`
  }
  return null
}

/** Whoever holds everything still gets no detail that nobody can judge. */
function unknownType(details: readonly Detail[]): string | null {
  const index = details.findIndex(({ type }) => membersOf(type) === null)
  return index < 0 ? null : `authorization_details[${index}] has an unknown type`
}

/** One detail that is held must contain it; what two allow together, neither allows. */
function widerThanAll(detail: Detail, held: readonly Detail[]): string | null {
  if (membersOf(detail.type) === null) return 'has an unknown type'
  const reasons = new Set<string>()
  for (const other of held) {
    if (other.type !== detail.type) continue
    const member = widerMember(detail, other)
    if (member === null) return null
    reasons.add(member)
  }
  if (reasons.size === 0) return `has a type that is not held: ${detail.type}`
  return `is wider than what is held: ${[...reasons].join(', ')} of ${detail.type}`
}

/** The first member of `parent` that `child` does not keep; null where it keeps all of them. Both are of one type. */
export function widerMember(child: Detail, parent: Detail): string | null {
  const members = membersOf(parent.type)
  const kept = constraintsOf(child)
  for (const [member, bound] of Object.entries(constraintsOf(parent))) {
    const own = kept[member]
    const kind = members?.get(member)
    if (own === undefined || !kind || !kind.within(own, bound)) return member
  }
  return null
}
