/** Rows of entry numbers, both ends included. */

export interface Range {
  readonly first: number
  readonly last: number
}

/** In order, without overlaps, those that touch as one. */
export function merge(ranges: readonly Range[]): readonly Range[] {
  const merged: Range[] = []
  for (const { first, last } of ranges.toSorted((a, b) => a.first - b.first)) {
    const before = merged.at(-1)
    if (before && first <= before.last + 1)
      merged[merged.length - 1] = { first: before.first, last: Math.max(before.last, last) }
    else merged.push({ first, last })
  }
  return merged
}

/** What of `ranges` stands in none of `covers`. */
export function minus(ranges: readonly Range[], covers: readonly Range[]): readonly Range[] {
  const known = merge(covers)
  return merge(ranges).flatMap(({ first, last }) => {
    const left: Range[] = []
    let at = first
    for (const cover of known) {
      if (cover.last < at || cover.first > last) continue
      if (cover.first > at) left.push({ first: at, last: cover.first - 1 })
      at = cover.last + 1
    }
    if (at <= last) left.push({ first: at, last })
    return left
  })
}

/** What of `ranges` stands in one of `others` too. */
export function within(ranges: readonly Range[], others: readonly Range[]): readonly Range[] {
  return minus(ranges, minus(ranges, others))
}

export function contains(range: Range, inner: Range): boolean {
  return range.first <= inner.first && inner.last <= range.last
}

export function countOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0)
}

/** For sentences: `1 to 40, 90 to 95 and 3 more`. */
export function rangesText(ranges: readonly Range[]): string {
  const shown = ranges.slice(0, shown_max).map(({ first, last }) => `${first} to ${last}`)
  const more = ranges.length - shown.length
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

const shown_max = 5
