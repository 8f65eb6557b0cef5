import fc from 'fast-check'
import { expect, test } from 'vitest'
import { arrayItems, editJson, membersOf, valueAtPath } from '../../../src/base/json-edit.ts'

const edit = (text: string, path: readonly (string | number)[], value?: string) =>
  editJson(Buffer.from(text), [{ path, value }]).toString()

test('a member is replaced and every other byte stays', () => {
  const text = '{ "a" : 1.0, "b":{"c": 12345678901234567890 , "d" : [1, {"e":"}"}]} }'
  expect(edit(text, ['b', 'd', 1, 'e'], '"x"')).toBe(text.replace('"}"', '"x"'))
  expect(edit(text, ['b', 'c'], '2')).toBe(text.replace('12345678901234567890', '2'))
})

test('a member that is missing is added, with the objects it needs', () => {
  expect(edit('{}', ['a'], '1')).toBe('{"a":1}')
  expect(edit('{"a":1}', ['m', 'n'], 'true')).toBe('{"a":1,"m":{"n":true}}')
  expect(edit('{"a":1}', ['a', 'n'], 'true')).toBe('{"a":1}')
})

test('the first member of a name is found however that is spelled, and not one that only begins like it', () => {
  const at = (text: string, name: string) => valueAtPath(Buffer.from(text), [name])?.toString() ?? null
  expect(at('{"ab":1,"a":2,"a":3}', 'a')).toBe('2')
  expect(at('{"abc":1,"\\u0061b":2}', 'ab')).toBe('2')
  expect(at('{"größe":1,"gr":2}', 'größe')).toBe('1')
  expect(at('{"größe":1}', 'gr')).toBeNull()
})

test('a member is taken out with its comma, from every place', () => {
  const text = '{"a":1, "b":{"x":","}, "c":3}'
  expect(JSON.parse(edit(text, ['a']))).toEqual({ b: { x: ',' }, c: 3 })
  expect(JSON.parse(edit(text, ['b']))).toEqual({ a: 1, c: 3 })
  expect(JSON.parse(edit(text, ['c']))).toEqual({ a: 1, b: { x: ',' } })
  expect(edit(text, ['z'])).toBe(text)
})

test('members, items and values are found as JSON.parse finds them, and put in as they are', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), fc.jsonValue(), (object, name, value) => {
      fc.pre(name !== '__proto__' && !Object.hasOwn(object, '__proto__'))
      const bytes = Buffer.from(JSON.stringify(object, null, 1))
      expect(membersOf(bytes).map(([key, raw]) => [key, JSON.parse(raw.toString()) as unknown])).toEqual(
        Object.entries(JSON.parse(bytes.toString()) as object),
      )
      const edited = editJson(bytes, [{ path: [name], value: JSON.stringify(value) }])
      expect(JSON.parse(edited.toString())).toEqual(JSON.parse(JSON.stringify({ ...object, [name]: value })))
      expect(JSON.parse(valueAtPath(edited, [name])?.toString() ?? '') as unknown).toEqual(
        JSON.parse(JSON.stringify(value)),
      )
    }),
  )
  expect(arrayItems(Buffer.from(' [1, "a,b" ,{"c":[2,3]}] ')).map(String)).toEqual(['1', '"a,b"', '{"c":[2,3]}'])
})
