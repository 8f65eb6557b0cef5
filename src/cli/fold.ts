/** Finds what repeats in a sequence, so that a loop of nine thousand laps is three lines and not nine thousand. */

/** A stretch to show as it is, or laps left out between a first and a last one. */
export type Stretch<T> =
  | { readonly kind: 'shown'; readonly items: readonly T[] }
  | { readonly kind: 'folded'; readonly laps: number; readonly period: number }

/** The longest lap that is recognised; longer cycles are shown in full. */
const period_max = 8
/** Two laps are shown as they are; from the third on the middle is folded. */
const laps_min = 3

/** Cuts a sequence into stretches: of a repetition the first and the last lap stay, the laps between are counted. */
export function foldLaps<T>(items: readonly T[], keyOf: (item: T) => string): readonly Stretch<T>[] {
  const keys = items.map(keyOf)
  const stretches: Stretch<T>[] = []
  let shownFrom = 0
  for (let at = 0; at < items.length;) {
    const { period, laps } = repetitionAt(keys, at)
    if (laps < laps_min) {
      at += 1
      continue
    }
    const end = at + period * laps
    stretches.push({ kind: 'shown', items: items.slice(shownFrom, at + period) })
    stretches.push({ kind: 'folded', laps: laps - 2, period })
    shownFrom = end - period
    at = end
  }
  if (shownFrom < items.length) stretches.push({ kind: 'shown', items: items.slice(shownFrom) })
  return stretches
}

/** The shortest period that repeats from here, and how many whole laps of it follow one another. */
function repetitionAt(keys: readonly string[], at: number): { readonly period: number; readonly laps: number } {
  for (let period = 1; period <= period_max; period += 1) {
    let same = at + period
    while (same < keys.length && keys[same] === keys[same - period]) same += 1
    const laps = Math.floor((same - at) / period)
    if (laps >= laps_min) return { period, laps }
  }
  return { period: 1, laps: 1 }
}
