/** What is different between two cards of one agent, as far as it matters to whoever trusted the first one. */
import { canonicalJson } from '../../base/jcs.ts'
import type { UpstreamSignature } from '../../identity/cards/upstream-signature.ts'
import type { UpstreamCard, UpstreamSkill } from '../../protocol/a2a/upstream-card.ts'

/** A card as it was seen, and who vouched for it. */
export interface SeenCard {
  readonly card: UpstreamCard
  readonly signature: Pick<UpstreamSignature, 'state' | 'kid'>
  /** When it was fetched first. Milliseconds since the epoch. */
  readonly seenAt: number
  /** When a signature was last found right; null where none was. */
  readonly verifiedAt: number | null
}

/** A card with very many changes is different as a whole. */
const changes_max = 64

/** One line for each difference in skills, words for models, security, addresses or signature; none if only the rest differs. */
export function changesBetween(before: SeenCard, after: SeenCard): readonly string[] {
  const [old, now] = [before.card, after.card]
  const changes = [
    ...(old.name === now.name ? [] : ['name changed']),
    ...(old.description === now.description ? [] : ['description changed']),
    ...skillChanges(old.skills, now.skills),
    ...(old.security === now.security ? [] : ['security changed']),
    ...(placesOf(old) === placesOf(now) ? [] : ['addresses changed']),
    ...signatureChanges(before.signature, after.signature),
  ]
  const more = changes.length - changes_max
  return more > 0 ? [...changes.slice(0, changes_max), `${more} more`] : changes
}

function skillChanges(old: readonly UpstreamSkill[], now: readonly UpstreamSkill[]): readonly string[] {
  const before = new Map(old.map((skill) => [skill.id, canonicalJson(skill)]))
  const after = new Set(now.map(({ id }) => id))
  return [
    ...now.flatMap((skill) => {
      const known = before.get(skill.id)
      if (known === undefined) return [`skill ${skill.id} added`]
      return known === canonicalJson(skill) ? [] : [`skill ${skill.id} changed`]
    }),
    ...old.filter(({ id }) => !after.has(id)).map(({ id }) => `skill ${id} removed`),
  ]
}

function placesOf({ interfaces, foreign }: UpstreamCard): string {
  return canonicalJson([interfaces, foreign])
}

/** What the operator changed is no change of the agent: keys that came make it verified, keys that went leave it unchecked. */
function signatureChanges(old: SeenCard['signature'], now: SeenCard['signature']): readonly string[] {
  if (now.state === 'verified') return old.state === 'verified' && old.kid !== now.kid ? ['signed by another key'] : []
  if (old.state === now.state || (old.state === 'verified' && now.state === 'unchecked')) return []
  return [`signature changed from ${old.state} to ${now.state}`]
}
