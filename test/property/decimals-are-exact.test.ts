import fc from 'fast-check'
import { expect, test } from 'vitest'
import { scaledUp } from '../../src/base/decimal.ts'

const most = 2 ** 47 - 1
const micros = (text: string): number | null => scaledUp(text, 1_000_000, most)

test('three dimes are three dimes, whoever adds them', () => {
  expect((micros('0.1') ?? 0) + (micros('0.2') ?? 0)).toBe(micros('0.3'))
  expect(micros(String(0.1 + 0.2))).toBe(300_001)
})

const digits = (min: number, max: number): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: min, maxLength: max }).map((all) => all.join(''))

const parts = fc.record({
  whole: fc.oneof(
    fc.constant('0'),
    digits(0, 30).map((rest) => `7${rest}`),
  ),
  fraction: digits(0, 40),
  exponent: fc.integer({ min: -60, max: 60 }),
  letter: fc.constantFrom('e', 'E'),
  plus: fc.constantFrom('', '+'),
})

test('a decimal is the whole number at or right above it, in whatever form it is written', () => {
  fc.assert(
    fc.property(parts, fc.integer({ min: 0, max: 1_000_000_000_000 }), (number, scale) => {
      const { whole, fraction, exponent, letter, plus } = number
      const text = `${whole}${fraction === '' ? '' : `.${fraction}`}${letter}${exponent < 0 ? '' : plus}${exponent}`
      const [above, below] = [exponent > 0 ? exponent : 0, fraction.length + (exponent < 0 ? -exponent : 0)]
      const numerator = BigInt(whole + fraction) * 10n ** BigInt(above) * BigInt(scale)
      const denominator = 10n ** BigInt(below)
      const floor = numerator / denominator
      const expected = floor * denominator === numerator ? floor : floor + 1n
      expect(scaledUp(text, scale, most)).toBe(expected > BigInt(most) ? null : Number(expected))
    }),
  )
})

test('what JSON writes of a number of cents comes back as those cents', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000_000 }), (cents) => {
      expect(micros(JSON.stringify(cents / 100))).toBe(cents * 10_000)
    }),
  )
})

test.each([
  ['0', 0],
  ['0.0e99', 0],
  ['1e-999999', 1],
  ['0.000001', 1],
  ['0.0000010000000000000000000000001', 2],
  ['140737488.355327', most],
  ['140737488.3553271', null],
  ['1e999999', null],
  ['-0', null],
  ['-1', null],
  ['NaN', null],
  ['Infinity', null],
  ['"1"', null],
  ['1,5', null],
  ['01', null],
  ['.5', null],
  ['5.', null],
  ['0x10', null],
  [' 1', null],
  ['', null],
  ['null', null],
  ['true', null],
  ['{}', null],
  [`0.${'1'.repeat(300)}`, null],
])('%s dollars are %s micro-dollars', (text, amount) => {
  expect(micros(text)).toBe(amount)
})

test('whatever else is written is no amount and no failure', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const amount = micros(text)
      expect(amount === null || (Number.isInteger(amount) && amount >= 0)).toBe(true)
    }),
  )
})
