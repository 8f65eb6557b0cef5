import { expect, test } from 'vitest'
import { countingDice, type Dice } from '../../../../src/base/dice.ts'
import { byWeight, leastOutstanding } from '../../../../src/relay/models/weights.ts'

/** The same throws each time (mulberry32). */
export function seededDice(seed: number): Dice {
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return (bits ^ (bits >>> 14)) >>> 0
  }
  return {
    hex: (bytes) =>
      next()
        .toString(16)
        .padStart(8, '0')
        .slice(0, bytes * 2)
        .padStart(bytes * 2, '0'),
  }
}

const rows = [
  { name: 'a', weight: 1 },
  { name: 'b', weight: 3 },
  { name: 'c', weight: 6 },
]

function counts(choose: () => { readonly name: string } | null): Readonly<Record<string, number>> {
  const all: Record<string, number> = {}
  for (let n = 0; n < 1000; n += 1) {
    const name = choose()?.name ?? 'nobody'
    all[name] = (all[name] ?? 0) + 1
  }
  return all
}

test('each is chosen as often as its share says', () => {
  const dice = seededDice(1)
  const { a = 0, b = 0, c = 0, nobody } = counts(() => byWeight(rows, dice))
  // Four standard deviations of a thousand throws.
  expect(Math.abs(a - 100)).toBeLessThan(38)
  expect(Math.abs(b - 300)).toBeLessThan(58)
  expect(Math.abs(c - 600)).toBeLessThan(62)
  expect(nobody).toBeUndefined()
})

test('of one there is nothing to throw for, and of none nobody', () => {
  const dice = countingDice()
  expect(byWeight(rows.slice(1, 2), dice)).toBe(rows[1])
  expect(byWeight([], dice)).toBeNull()
  expect(leastOutstanding([], () => 0, dice)).toBeNull()
  expect(dice.hex(1)).toBe('01')
})

test('the least outstanding is the one with the least for its share', () => {
  const under: Readonly<Record<string, number>> = { a: 1, b: 2, c: 12 }
  const outstanding = ({ name }: { readonly name: string }): number => under[name] ?? 0
  expect(leastOutstanding(rows, outstanding, countingDice())?.name).toBe('b')
  const dice = seededDice(2)
  const { a = 0, b = 0, c = 0 } = counts(() => leastOutstanding(rows, () => 0, dice))
  expect([a + b + c, a < b, b < c]).toEqual([1000, true, true])
})

test('filled one by one, places fill by their shares', () => {
  const filled: Record<string, number> = { a: 0, b: 0, c: 0 }
  const dice = seededDice(3)
  for (let n = 0; n < 100; n += 1) {
    const name = leastOutstanding(rows, (each) => filled[each.name] ?? 0, dice)?.name ?? ''
    filled[name] = (filled[name] ?? 0) + 1
  }
  expect(filled).toEqual({ a: 10, b: 30, c: 60 })
})
