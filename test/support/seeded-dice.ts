import type { Dice } from '../../src/base/dice.ts'

/** The same throws each time, and even ones (mulberry32). */
export function seededDice(seed: number): Dice {
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return (bits ^ (bits >>> 14)) >>> 0
  }
  return { hex: (bytes) => (next() >>> (32 - bytes * 8)).toString(16).padStart(bytes * 2, '0') }
}
