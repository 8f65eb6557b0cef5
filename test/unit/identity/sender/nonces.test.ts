import { expect, test } from 'vitest'
import { ManualClock } from '../../../../src/base/clock.ts'
import { countingDice } from '../../../../src/base/dice.ts'
import { openNonces } from '../../../../src/identity/sender/nonces.ts'

test('a nonce holds for its slot and the next, and then no more', () => {
  const clock = new ManualClock(0)
  const nonces = openNonces(clock, countingDice())
  const nonce = nonces.fresh()
  for (const [at_ms, holds] of [
    [0, true],
    [59_999, true],
    [60_000, true],
    [119_999, true],
    [120_000, false],
  ] as const) {
    clock.advance(at_ms - clock.now())
    expect(nonces.holds(nonce)).toBe(holds)
  }
  expect(nonces.age_ms()).toBe(120_000)
})

test('a nonce of another start, a cut one and none at all do not hold', () => {
  const clock = new ManualClock(0)
  const before = openNonces(clock, countingDice(1))
  const after = openNonces(clock, countingDice(2))
  expect(after.holds(before.fresh())).toBe(false)
  expect(after.holds(after.fresh().slice(1))).toBe(false)
  expect(after.holds('')).toBe(false)
})
