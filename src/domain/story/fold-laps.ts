/** Finds what repeats in a sequence, so that a loop of nine thousand laps is three lines and not nine thousand. */

/** A stretch to show as it is, or laps left out between a first and a last one; places from `from` up to `to`. */
export type Stretch =
  | { readonly kind: 'shown'; readonly from: number; readonly to: number }
  | {
      readonly kind: 'folded'
      readonly from: number
      readonly to: number
      readonly laps: number
      readonly period: number
    }

/** The longest lap that is recognised; longer cycles are shown in full. */
const period_max = 16
/** Two laps are shown as they are; from the third on the middle is folded. */
const laps_min = 3

/** Cuts a sequence into stretches: of a repetition the first and the last lap stay, the laps between are counted. */
export function foldLaps(keys: readonly (number | string)[]): readonly Stretch[] {
  const stretches: Stretch[] = []
  let shownFrom = 0
  for (let at = 0; at < keys.length;) {
    const { period, laps } = repetitionAt(keys, at)
    if (laps < laps_min) {
      at += 1
      continue
    }
    const [from, to] = [at + period, at + period * (laps - 1)]
    stretches.push({ kind: 'shown', from: shownFrom, to: from })
    stretches.push({ kind: 'folded', from, to, laps: laps - 2, period })
    shownFrom = to
    at = to + period
  }
  if (shownFrom < keys.length) stretches.push({ kind: 'shown', from: shownFrom, to: keys.length })
  return stretches
}

/** The shortest period that repeats from here, and how many whole laps of it follow one another. */
function repetitionAt(
  keys: readonly (number | string)[],
  at: number,
): { readonly period: number; readonly laps: number } {
  for (let period = 1; period <= period_max; period += 1) {
    let same = at + period
    while (same < keys.length && keys[same] === keys[same - period]) same += 1
    const laps = Math.floor((same - at) / period)
    if (laps >= laps_min) return { period, laps }
  }
  return { period: 1, laps: 1 }
}
