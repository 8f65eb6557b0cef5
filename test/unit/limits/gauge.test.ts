import { expect, test } from 'vitest'
import { createBoard, rowsOf } from '../../../src/base/board.ts'
import { Gauge } from '../../../src/limits/gauge.ts'

function newGauge(): Gauge {
  return new Gauge(rowsOf(createBoard({ gauge: 1 }), 'gauge').ints, 0)
}

test('as many enter as may, and one more after one has left', () => {
  const gauge = newGauge()
  expect([gauge.enter(2), gauge.enter(2), gauge.enter(2)]).toEqual([true, true, false])
  gauge.leave()
  expect([gauge.enter(2), gauge.value]).toEqual([true, 2])
})

test('leaving without having entered is a bug', () => {
  expect(() => newGauge().leave()).toThrow('nobody leaves who did not enter')
})

test('a high-water mark only rises', () => {
  const gauge = newGauge()
  for (const depth of [3, 1, 5, 4]) gauge.raiseTo(depth)
  expect(gauge.value).toBe(5)
})
