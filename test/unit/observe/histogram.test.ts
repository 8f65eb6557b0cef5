import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DurationHistogram } from '../../../src/observe/histogram.ts'

function histogramOf(values_ms: readonly number[]): DurationHistogram {
  const histogram = new DurationHistogram()
  for (const value of values_ms) histogram.record(value)
  return histogram
}

const duration_ms = fc.double({ min: -1, max: 10_000_000, noNaN: true })

test('buckets never fall, and the last one holds everything', () => {
  fc.assert(
    fc.property(fc.array(duration_ms), (values) => {
      const histogram = histogramOf(values)
      const counts = histogram.buckets().map((bucket) => bucket.count)
      expect(counts).toEqual(counts.toSorted((a, b) => a - b))
      expect(counts.at(-1)).toBe(values.length)
      expect(histogram.count).toBe(values.length)
    }),
  )
})

test('a value is in every bucket well above it and in none well below it', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 50_000, noNaN: true }), (value_ms) => {
      for (const { le, count } of histogramOf([value_ms]).buckets()) {
        if (le > (value_ms / 1000) * 1.02 + 0.000_001) expect(count).toBe(1)
        if (le < (value_ms / 1000) * 0.98 - 0.000_001) expect(count).toBe(0)
      }
    }),
  )
})

test('quantiles are within one percent', () => {
  const histogram = histogramOf(Array.from({ length: 1000 }, (_, i) => i + 1))
  expect(histogram.quantile_s(50) / 0.5).toBeCloseTo(1, 1)
  expect(histogram.quantile_s(99) / 0.99).toBeCloseTo(1, 1)
  expect(new DurationHistogram().quantile_s(99)).toBe(0)
})

test('nothing that is recorded can break it', () => {
  const histogram = histogramOf([Number.NaN, -5, Number.POSITIVE_INFINITY, Number.MAX_VALUE])
  expect(histogram.count).toBe(4)
  expect(histogram.sum_s).toBe(7200)
})
