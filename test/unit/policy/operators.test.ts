import { expect, test } from 'vitest'
import { eagerOperators, isLike, unaryOperators } from '../../../src/policy/operators.ts'
import { Failure } from '../../../src/policy/values.ts'

const max = 2n ** 63n - 1n
const overflow = expect.any(Failure) as unknown

test('Longs hold 64 bits and not one more', () => {
  expect(eagerOperators['+'](max - 1n, 1)).toBe(max)
  expect(eagerOperators['+'](max, 1)).toEqual(overflow)
  expect(eagerOperators['-'](-max, 1)).toBe(-max - 1n)
  expect(eagerOperators['-'](-max, 2)).toEqual(overflow)
  expect(eagerOperators['*'](2 ** 31, -(2 ** 32))).toBe(-max - 1n)
  expect(eagerOperators['*'](2 ** 31, 2 ** 32)).toEqual(overflow)
  expect(unaryOperators.neg(-max - 1n)).toEqual(overflow)
})

test('a Long has one form, so that equality can compare it', () => {
  const large = eagerOperators['+'](Number.MAX_SAFE_INTEGER, 1)
  expect(large).toBe(2n ** 53n)
  expect(large instanceof Failure ? large : eagerOperators['-'](large, 1)).toBe(Number.MAX_SAFE_INTEGER)
  expect(eagerOperators['=='](0, Number(unaryOperators.neg(0)))).toBe(true)
})

test.each([
  ['active', ['act', 've'], true],
  ['active', ['act', 'ive', ''], true],
  ['ab', ['ab', 'b'], false],
  ['aa', ['a', 'a', 'a'], false],
  ['a*b', ['a*b'], true],
  ['axb', ['a*b'], false],
  ['', ['', ''], true],
])('%j is matched by the pieces %j: %s', (text, pieces, expected) => {
  expect(isLike(text, pieces)).toBe(expected)
})
