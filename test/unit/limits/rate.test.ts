import { assert, integer, array, property, record } from 'fast-check'
import { expect, test } from 'vitest'
import { createBoard, rowsOf } from '../../../src/base/board.ts'
import { Rate } from '../../../src/limits/rate.ts'

const start = 1_800_000_000_000

function newRate(): Rate {
  return new Rate(rowsOf(createBoard({ rate: 1 }), 'rate').longs, 0)
}

test('a burst is let through at once, then one call per interval', () => {
  const rate = newRate()
  const waits = [0, 0, 0, 0, 0].map((at) => rate.take(60, 3, start + at))
  expect(waits).toEqual([0, 0, 0, 1000, 1000])
  expect(rate.take(60, 3, start + 999)).toBe(1)
  expect(rate.take(60, 3, start + 1000)).toBe(0)
  expect(rate.take(60, 3, start + 1000)).toBe(1000)
})

test('whoever waits as long as told is let through', () => {
  assert(
    property(integer({ min: 1, max: 20_000 }), integer({ min: 1, max: 50 }), (perMinute, burst) => {
      const rate = newRate()
      for (let call = 0; call < burst; call++) expect(rate.take(perMinute, burst, start)).toBe(0)
      const wait_ms = rate.take(perMinute, burst, start)
      expect(wait_ms).toBeGreaterThan(0)
      if (wait_ms < 30_000) expect(rate.take(perMinute, burst, start + wait_ms)).toBe(0)
    }),
  )
})

test('it admits exactly what a bucket of tokens would', () => {
  const call = record({ gap_ms: integer({ min: 0, max: 3000 }) })
  const rates = integer({ min: 1, max: 6 }).map((power) => 60 * 2 ** power)
  assert(
    property(rates, integer({ min: 1, max: 10 }), array(call, { maxLength: 60 }), (perMinute, burst, calls) => {
      const rate = newRate()
      const interval_us = Math.ceil(60_000_000 / perMinute)
      let now = start
      let filled_us = burst * interval_us
      for (const { gap_ms } of calls) {
        now += gap_ms
        filled_us = Math.min(burst * interval_us, filled_us + gap_ms * 1000)
        const fits = filled_us >= interval_us
        if (fits) filled_us -= interval_us
        expect(rate.take(perMinute, burst, now) === 0).toBe(fits)
      }
    }),
  )
})

test('a clock that is set back by an hour costs one burst and not an hour', () => {
  const rate = newRate()
  for (let call = 0; call < 60; call++) rate.take(60, 60, start)
  const back = start - 3_600_000
  expect(rate.take(60, 60, back)).toBe(1000)
  expect(rate.take(60, 60, back + 1000)).toBe(0)
})

test('a wait is never longer than an SDK obeys, and a rate of nothing admits nothing', () => {
  const rate = newRate()
  expect([rate.take(1, 1, start), rate.take(1, 1, start)]).toEqual([0, 30_000])
  expect(newRate().take(0, 0, start)).toBe(30_000)
})

test('what is left can be read without taking it', () => {
  const rate = new Rate(new BigInt64Array(new SharedArrayBuffer(8)), 0)
  const now = 1_800_000_000_000
  expect(rate.read(60, 60, now)).toEqual({ max: 60, left: 60, reset_s: 0 })
  for (let call = 0; call < 12; call += 1) rate.take(60, 60, now)
  expect(rate.read(60, 60, now)).toEqual({ max: 60, left: 48, reset_s: 12 })
  expect(rate.read(60, 60, now + 5000)).toEqual({ max: 60, left: 53, reset_s: 7 })
  for (let call = 0; call < 100; call += 1) rate.take(60, 60, now)
  expect(rate.read(60, 60, now)).toEqual({ max: 60, left: 0, reset_s: 60 })
  expect(rate.read(60, 60, now + 60_000)).toMatchObject({ left: 60, reset_s: 0 })
})
