/** Why the arguments of a recorded call cannot be known any more, and how that is said. */
export type LostWhy = keyof typeof lostWords

/** They end a sentence whose subject is the arguments. */
export const lostWords = {
  not_captured: 'were not captured',
  refused: 'were not captured, for it was refused',
  hash: 'were kept as a hash only',
  redacted: 'were kept redacted, which is not what policy was asked about',
  truncated: 'were too long to be kept whole',
  dropped: 'were not kept, for the vault was behind',
  erased: 'were erased with the person it was for',
  absent: 'are not in the vault, which deletes what is old or too much',
  altered: 'are not in the vault as the record says: what is there has another hash',
  unread: 'cannot be read out of what was kept of it',
} as const

/** How often for which reason. */
export type LostCounts = { [Why in LostWhy]?: number }

export function countLost(counts: LostCounts, lost: LostWhy | null): void {
  const why = lost ?? 'not_captured'
  counts[why] = (counts[why] ?? 0) + 1
}
