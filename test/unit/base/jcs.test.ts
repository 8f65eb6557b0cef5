import { expect, test } from 'vitest'
import { canonical } from '../../../src/base/jcs.ts'

test('members come in the order of their UTF-16 code units, at every depth, without what is undefined', () => {
  const value = {
    '\u20ac': 1,
    '\r': 2,
    '1': 3,
    '\ud83d\ude00': 4,
    '\ufb33': 5,
    b: undefined,
    a: [{ z: null, y: true }],
  }
  expect(canonical(value)).toBe('{"\\r":2,"1":3,"a":[{"y":true,"z":null}],"\u20ac":1,"\ud83d\ude00":4,"\ufb33":5}')
})

test('numbers are written as ECMAScript writes them, and what JSON cannot say is a bug', () => {
  expect(canonical([1e21, 0.000001, -0, 4.5])).toBe('[1e+21,0.000001,0,4.5]')
  expect(() => canonical(Number.NaN)).toThrow('finite')
  expect(() => canonical(undefined)).toThrow('JSON values')
})
