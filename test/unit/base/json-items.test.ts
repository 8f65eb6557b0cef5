import fc from 'fast-check'
import { expect, test } from 'vitest'
import { itemsOf } from '../../../src/base/json-items.ts'

test('the items of an array are found whatever they hold', () => {
  const everything = fc.tuple(fc.array(fc.json()), fc.constantFrom('', ' ', '\n\t '))
  fc.assert(
    fc.property(everything, ([items, space]) => {
      const text = `[${items.map((item) => `${space}${item}${space}`).join(',')}]`
      const bytes = Buffer.from(text)
      const found = itemsOf(bytes, 0, bytes.length).map(([start, end]) => bytes.toString('utf8', start, end).trim())
      expect(found).toEqual(items.map((item) => item.trim()))
    }),
  )
})

test('a string ends at its own quote, however long it is and whatever is escaped in it', () => {
  const texts = fc.array(fc.tuple(fc.nat(70), fc.constantFrom('', '\\', '"', '\\"', '",')), { minLength: 1 })
  fc.assert(
    fc.property(texts, (parts) => {
      const items = parts.map(([length, end]) => JSON.stringify(`${'x'.repeat(length)}${end}${end}y`))
      const bytes = Buffer.from(`[${items.join(',')}]`)
      expect(itemsOf(bytes, 0, bytes.length).map(([from, to]) => bytes.toString('utf8', from, to))).toEqual(items)
    }),
  )
})

test.each([
  ['[]', []],
  ['[ \n ]', []],
  ['["a,]\\\\","\\"]"]', ['"a,]\\\\"', '"\\"]"']],
])('%s', (text, items) => {
  const bytes = Buffer.from(text)
  expect(itemsOf(bytes, 0, bytes.length).map(([start, end]) => bytes.toString('utf8', start, end))).toEqual(items)
})
