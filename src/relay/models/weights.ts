/** Choosing by shares. */
import type { Dice } from '../../base/dice.ts'

interface Weighted {
  readonly weight: number
}

/** One of them by chance, each as often as its share says; null of none. */
export function byWeight<Of extends Weighted>(all: readonly Of[], dice: Dice): Of | null {
  const [first] = all
  if (!first || all.length === 1) return first ?? null
  const sum = all.reduce((total, { weight }) => total + weight, 0)
  // Four bytes: the remainder favours nobody by more than one in a hundred thousand at the largest sum there may be.
  let roll = Number.parseInt(dice.hex(4), 16) % sum
  for (const each of all) {
    if (roll < each.weight) return each
    roll -= each.weight
  }
  return first
}

/** Where the least is under way for its share; by shares among those alike. */
export function leastOutstanding<Of extends Weighted>(
  all: readonly Of[],
  outstanding: (each: Of) => number,
  dice: Dice,
): Of | null {
  const loads = all.map((each) => outstanding(each) / each.weight)
  const least = Math.min(...loads)
  return byWeight(
    all.filter((_, at) => loads[at] === least),
    dice,
  )
}
