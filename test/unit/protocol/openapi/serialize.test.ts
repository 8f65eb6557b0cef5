/** Every style, exploded and not, for every kind of value: the table of OpenAPI 3.1.1, 4.8.12.4, and what it leaves open. */
import { expect, test } from 'vitest'
import type { Manner, Style } from '../../../../src/protocol/openapi/contract.ts'
import { cookiePairs, headerText, pathText, queryPairs } from '../../../../src/protocol/openapi/serialize.ts'

const manner = (style: Style, explode: boolean, allowReserved = false): Manner => ({ style, explode, allowReserved })

const list = ['blue', 'black', 'brown']
const map = { R: 100, G: 200, B: 150 }

test.each<[style: Style, explode: boolean, empty: string | null, one: string, list: string, map: string]>([
  ['matrix', false, ';color', ';color=blue', ';color=blue,black,brown', ';color=R,100,G,200,B,150'],
  ['matrix', true, ';color', ';color=blue', ';color=blue;color=black;color=brown', ';R=100;G=200;B=150'],
  ['label', false, '.', '.blue', '.blue,black,brown', '.R,100,G,200,B,150'],
  ['label', true, '.', '.blue', '.blue.black.brown', '.R=100.G=200.B=150'],
  ['simple', false, '', 'blue', 'blue,black,brown', 'R,100,G,200,B,150'],
  ['simple', true, '', 'blue', 'blue,black,brown', 'R=100,G=200,B=150'],
])('in a path, %s with explode %s', (style, explode, ...texts) => {
  const written = ['', 'blue', list, map].map((value) => pathText('color', value, manner(style, explode)))
  expect(written).toEqual(texts)
  for (const nothing of [null, undefined, [], {}]) expect(pathText('color', nothing, manner(style, explode))).toBeNull()
})

test.each<[style: Style, explode: boolean, one: string, list: string, map: string]>([
  ['form', false, 'color=blue', 'color=blue,black,brown', 'color=R,100,G,200,B,150'],
  ['form', true, 'color=blue', 'color=blue&color=black&color=brown', 'R=100&G=200&B=150'],
  ['spaceDelimited', false, 'color=blue', 'color=blue%20black%20brown', 'color=R%20100%20G%20200%20B%20150'],
  ['spaceDelimited', true, 'color=blue', 'color=blue&color=black&color=brown', 'R=100&G=200&B=150'],
  ['pipeDelimited', false, 'color=blue', 'color=blue%7Cblack%7Cbrown', 'color=R%7C100%7CG%7C200%7CB%7C150'],
  ['pipeDelimited', true, 'color=blue', 'color=blue&color=black&color=brown', 'R=100&G=200&B=150'],
  [
    'deepObject',
    true,
    'color=blue',
    'color%5B0%5D=blue&color%5B1%5D=black&color%5B2%5D=brown',
    'color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150',
  ],
])('in a query, %s with explode %s', (style, explode, ...texts) => {
  const written = ['blue', list, map].map((value) => queryPairs('color', value, manner(style, explode)).join('&'))
  expect(written).toEqual(texts)
  expect(queryPairs('color', '', manner(style, explode))).toEqual(['color='])
  for (const nothing of [null, undefined, [], {}])
    expect(queryPairs('color', nothing, manner(style, explode))).toEqual([])
})

test('in a header nothing is escaped, and in a cookie every pair is one', () => {
  expect(['', 'a b', list, map].map((value) => headerText(value, false))).toEqual([
    '',
    'a b',
    'blue,black,brown',
    'R,100,G,200,B,150',
  ])
  expect([list, map].map((value) => headerText(value, true))).toEqual(['blue,black,brown', 'R=100,G=200,B=150'])
  expect(cookiePairs('color', 'a; b', true)).toEqual(['color=a%3B%20b'])
  expect(cookiePairs('color', list, true)).toEqual(['color=blue', 'color=black', 'color=brown'])
  expect(cookiePairs('color', list, false)).toEqual(['color=blue,black,brown'])
})

test('what is reserved stays where that is allowed, but for what would end the value or the query', () => {
  const text = ":/?#[]@!$&'()*+,;=% ü"
  expect(queryPairs('q', text, manner('form', true))).toEqual([
    'q=%3A%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D%25%20%C3%BC',
  ])
  expect(queryPairs('q', text, manner('form', true, true))).toEqual(["q=:/?%23%5B%5D@!$%26'()*%2B,;%3D%25%20%C3%BC"])
})

test('null is nothing, what is deeper is JSON, and half a letter is none', () => {
  expect(queryPairs('a', [1, null, { b: [true] }], manner('form', true))).toEqual([
    'a=1',
    'a=%7B%22b%22%3A%5Btrue%5D%7D',
  ])
  expect(queryPairs('a', { b: null, c: false }, manner('form', true))).toEqual(['c=false'])
  expect(queryPairs('f', { a: { b: [1, 2] } }, manner('deepObject', true))).toEqual([
    'f%5Ba%5D%5Bb%5D%5B0%5D=1',
    'f%5Ba%5D%5Bb%5D%5B1%5D=2',
  ])
  expect(queryPairs('a', '\ud800', manner('form', true))).toEqual(['a=%EF%BF%BD'])
})
