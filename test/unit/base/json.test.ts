import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readJson, readJsonObject } from '../../../src/base/json.ts'

test.each([
  ['{"a":1,"a":2}', 'duplicate_member'],
  [String.raw`{"sub":1,"s\u0075b":2}`, 'duplicate_member'],
  ['{"a":{"b":1,"b":1}}', 'duplicate_member'],
  ['[{"a":1 , "a" :1}]', 'duplicate_member'],
  ['{"__proto__":{}}', 'forbidden_member'],
  [String.raw`{"__pr\u006fto__":{}}`, 'forbidden_member'],
  ['{"a":1}x', 'invalid'],
  ['', 'invalid'],
  [`${'['.repeat(33)}${']'.repeat(33)}`, 'too_deep'],
])('%s is refused as %s', (text, reason) => {
  expect(readJson(text)).toEqual({ ok: false, reason })
})

test.each([
  String.raw`{"a":{"a":1},"b":[{"a":1},{"a":2}]}`,
  String.raw`{"a":"\"a\":1,\"a\":2}{{","b":"[[[["}`,
  '"__proto__"',
  '{"":1," ":2}',
])('%s is read, for equal names in different objects and marks inside texts are no harm', (text) => {
  expect(readJson(text)).toEqual({ ok: true, value: JSON.parse(text) as unknown })
})

test('an object is not an array and not null', () => {
  expect([readJsonObject('[]'), readJsonObject('null'), readJsonObject('{}')]).toEqual([null, null, {}])
})

test('whatever JSON.stringify writes is read back as it was', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), (text) => {
      fc.pre(!text.includes('__proto__'))
      expect(readJson(text)).toEqual({ ok: true, value: JSON.parse(text) as unknown })
    }),
  )
})
