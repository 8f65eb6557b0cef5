import { expect, test } from 'vitest'
import { isPointer, valueByPointer } from '../../../src/base/json-pointer.ts'

const document: unknown = JSON.parse('{"a/b":1,"m~n":2,"":3,"list":["x",{"y":4}],"~1":5,"o":{"length":6}}')

test.each([
  ['/a~1b', 1],
  ['/m~0n', 2],
  ['/', 3],
  ['/list/0', 'x'],
  ['/list/1/y', 4],
  ['/~01', 5],
  ['/o/length', 6],
])('%s names what RFC 6901 says', (pointer, value) => {
  expect(valueByPointer(document, pointer)).toBe(value)
})

test.each([
  '/list/length',
  '/list/-',
  '/list/00',
  '/list/2',
  '/constructor',
  '/__proto__',
  '/a~1b/toString',
  '/none/deeper',
  'list',
  '/m~n',
  '',
])('%s names nothing', (pointer) => {
  expect(valueByPointer(document, pointer)).toBeUndefined()
})

test.each(['', 'a', '/~', '/~2', 'a/b'])('%j is no pointer', (text) => {
  expect(isPointer(text)).toBe(false)
})
