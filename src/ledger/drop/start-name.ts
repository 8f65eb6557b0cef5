/**
 * How a start of a gateway is called. The name stands in every leaf, so nobody can take away from an entry what it says: that
 * it was written by a version that says in the ledger what it drops. Only a ledger that has no such entry is taken over from
 * an older version with what that one dropped.
 */
import type { Dice } from '../../base/dice.ts'

const mark = 'd-'
const name_bytes = 16

export function startName(dice: Dice): string {
  return `${mark}${dice.hex(name_bytes)}`
}

export function saysWhatItDrops(boot: string): boolean {
  return boot.startsWith(mark)
}
