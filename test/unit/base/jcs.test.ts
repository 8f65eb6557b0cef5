import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Bug } from '../../../src/base/assert.ts'
import { canonicalJson, readCanonicalJson } from '../../../src/base/jcs.ts'

test('the example of RFC 8785 section 3.2.2 comes out as section 3.2.3 prints it', () => {
  const source = `{
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\"\\/",
    "literals": [null, true, false]
  }`
  expect(canonicalJson(JSON.parse(source))).toBe(
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
      '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  )
})

test('members are sorted by UTF-16 code units, as the example of section 3.2.3 shows', () => {
  const values = {
    '\u20ac': 'Euro Sign',
    '\r': 'Carriage Return',
    '\ufb33': 'Hebrew Letter Dalet With Dagesh',
    '1': 'One',
    '\u{1f600}': 'Emoji: Grinning Face',
    '\u0080': 'Control',
    '\u00f6': 'Latin Small Letter O With Diaeresis',
  }
  const written = [...canonicalJson(values).matchAll(/:"([^"]*)"/g)].map((found) => found[1])
  expect(written).toEqual([
    'Carriage Return',
    'One',
    'Control',
    'Latin Small Letter O With Diaeresis',
    'Euro Sign',
    'Emoji: Grinning Face',
    'Hebrew Letter Dalet With Dagesh',
  ])
})

/** Appendix B of RFC 8785: IEEE 754 bits and what they are written as. */
test.each([
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['8000000000000001', '-5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['ffefffffffffffff', '-1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['c340000000000000', '-9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['44b52d02c7e14af5', '9.999999999999997e+22'],
  ['44b52d02c7e14af6', '1e+23'],
  ['44b52d02c7e14af7', '1.0000000000000001e+23'],
  ['444b1ae4d6e2ef4e', '999999999999999700000'],
  ['444b1ae4d6e2ef4f', '999999999999999900000'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['41b3de4355555553', '333333333.3333332'],
  ['41b3de4355555557', '333333333.33333343'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
  ['43143ff3c1cb0959', '1424953923781206.2'],
])('the number %s is written %s', (bits, text) => {
  expect(canonicalJson(Buffer.from(bits, 'hex').readDoubleBE())).toBe(text)
})

const deep = JSON.parse('['.repeat(65) + ']'.repeat(65)) as unknown
const ring: unknown[] = []
ring.push(ring)

test.each<readonly [string, unknown]>([
  ['NaN', Number.NaN],
  ['Infinity', [JSON.parse('1e309')]],
  ['a lone surrogate', { a: '\ud83d' }],
  ['a lone surrogate in a name', { '\ude00': 1 }],
  ['undefined', { a: undefined }],
  ['a bigint', 1n],
  ['a date', new Date(0)],
  ['a map', new Map([[1, 2]])],
  ['a hole', Array.from({ length: 2 })],
  ['nesting deeper than 64', deep],
  ['a ring', ring],
])('%s has no canonical form', (_what, value) => {
  expect(readCanonicalJson(value)).toBeNull()
  expect(() => canonicalJson(value)).toThrow(Bug)
})

test('nesting of 64 still has one', () => {
  expect(readCanonicalJson(JSON.parse('['.repeat(64) + ']'.repeat(64)))).toHaveLength(128)
})

test('whatever was parsed, the canonical form of the canonical form is itself', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      const once = canonicalJson(value)
      expect(canonicalJson(JSON.parse(once))).toBe(once)
    }),
  )
})

test('the order in which members were written does not matter', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
      const reversed = Object.fromEntries(Object.entries(object).toReversed())
      expect(canonicalJson(reversed)).toBe(canonicalJson(object))
    }),
  )
})
