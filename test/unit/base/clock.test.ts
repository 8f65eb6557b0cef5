import { expect, test } from 'vitest'
import type { Clock } from '../../../src/base/clock.ts'
import { steadyClock } from '../../../src/base/clock.ts'

/** A machine whose wall clock can be set while its monotonic clock goes on. */
class Machine implements Clock {
  wall = 1_800_000_000_000
  since = 5

  now(): number {
    return Math.floor(this.wall)
  }

  monotonic(): number {
    return this.since
  }

  pass(by_ms: number): void {
    this.wall += by_ms
    this.since += by_ms
  }
}

test('an undisturbed clock is the wall clock', () => {
  const machine = new Machine()
  const clock = steadyClock(machine)
  for (let step = 0; step < 100; step += 1) {
    machine.pass(7)
    expect(clock.now()).toBe(machine.now())
  }
  expect(clock.monotonic()).toBe(machine.since)
})

test('a wall clock set back is not followed: time goes on as it passes', () => {
  const machine = new Machine()
  const told: number[] = []
  const clock = steadyClock(machine, (by_ms) => void told.push(by_ms))
  const before = clock.now()
  machine.wall -= 3_600_000
  expect(clock.now()).toBe(before)
  machine.pass(250)
  expect(clock.now()).toBe(before + 250)
  machine.pass(1000)
  expect(clock.now()).toBe(before + 1250)
  expect(told).toEqual([3_600_000])
})

test('a wall clock set forward is followed, also after it was set back', () => {
  const machine = new Machine()
  const told: number[] = []
  const clock = steadyClock(machine, (by_ms) => void told.push(by_ms))
  const before = clock.now()
  machine.wall += 60_000
  expect(clock.now()).toBe(before + 60_000)
  machine.wall -= 90_000
  expect(clock.now()).toBe(before + 60_000)
  machine.wall += 100_000
  expect(clock.now()).toBe(before + 70_000)
  machine.wall -= 5000
  expect(clock.now()).toBe(before + 70_000)
  expect(told).toEqual([90_000, 5000])
})

test('every reading is whole milliseconds and none is before the last, however the wall clock jumps', () => {
  const machine = new Machine()
  const clock = steadyClock(machine)
  let last = clock.now()
  for (let step = 1; step < 500; step += 1) {
    machine.wall += ((step * 7919) % 4001) - 2000
    machine.pass(0.3)
    const now = clock.now()
    expect(Number.isInteger(now)).toBe(true)
    expect(now).toBeGreaterThanOrEqual(last)
    last = now
  }
})
