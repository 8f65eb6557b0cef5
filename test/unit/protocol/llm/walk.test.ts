import { expect, test } from 'vitest'
import { type Finder, plan, planOfItself, textAt, textBytes, walkJson } from '../../../../src/protocol/llm/walk.ts'

/** What is found, as text, in the order in which it is. */
function find(text: string, root: ReturnType<typeof plan>, enough = Number.POSITIVE_INFINITY): string[] | null {
  const bytes = Buffer.from(text)
  const heard: string[] = []
  const finder: Finder = {
    opens: (slot) => void heard.push(`open ${slot}`),
    found: (slot, start, end) => heard.push(`${slot} ${bytes.toString('utf8', start, end)}`) >= enough,
  }
  return walkJson(bytes, root, finder) ? heard : null
}

const deep = plan(-1, {
  members: { a: plan(1), b: plan(2, { members: { c: plan(3) } }), d: plan(-1, { items: plan(4) }) },
})

test('what the plan names is found, and what it does not name is not', () => {
  const text = '{ "x" : { "a" : [ "]}" ] } , "a" : "\\"b" , "b" : { "c" : -1.5e3 , "a" : 1 } , "d" : [ 1 , [ 2 ] ] }'
  expect(find(text, deep)).toEqual(['1 "\\"b"', 'open 2', '3 -1.5e3', '2 { "c" : -1.5e3 , "a" : 1 }', '4 1', '4 [ 2 ]'])
})

test('a name in escapes is that name', () => {
  expect(find(String.raw`{"\u0061":1,"b\u0062":2,"a\"":3}`, deep)).toEqual(['1 1'])
})

test('a plan of itself goes as deep as the text', () => {
  const self = planOfItself((own) => plan(0, { members: { a: own } }))
  expect(find('{"a":{"a":1}}', self)).toEqual(['open 0', 'open 0', '0 1', '0 {"a":1}', '0 {"a":{"a":1}}'])
})

test('a walk that has heard enough ends', () => {
  expect(find('{"a":1,"b":2', deep, 1)).toBeNull()
})

test.each(['', '{', '{"a"', '{"a":', '{"a":1', '{"a" 1}', '{a:1}', '{"a":"b}', '{"d":[1', '{"x":[{]', '{"a":\u0000}'])(
  'a walk ends where the text %j does',
  (text) => expect(find(text, deep)).toBeNull(),
)

test.each([10, 63, 64, 65, 200, 1_000_000])('a string of %i letters or escapes is found whole', (length) => {
  for (const letters of ['a', '\\\\', '\\"', 'ab\\n', '\u00e9']) {
    const said = `"${letters.repeat(length)}"`
    expect(find(`{"a":${said},"b":1}`, deep)).toEqual([`1 ${said}`, '2 1'])
    expect(find(`{"x":[${said}],"b":1}`, deep)).toEqual(['2 1'])
  }
})

test('a text is what JSON makes of it, and its bytes are counted without making it', () => {
  for (const said of ['', 'a', '\u00e9', '"\\/\b\n', '\u{1f600}', '\u20ac', '\u0000']) {
    const written = JSON.stringify(said)
    const units = Array.from({ length: said.length }, (_, i) => said.charCodeAt(i).toString(16).padStart(4, '0'))
    const escaped = `"${units.map((unit) => `\\u${unit}`).join('')}"`
    for (const each of [written, escaped]) {
      const bytes = Buffer.from(each)
      expect(textAt(bytes, 0, bytes.length)).toBe(said)
      expect(textBytes(bytes, 0, bytes.length)).toBe(Buffer.byteLength(said))
    }
  }
  expect([textAt(Buffer.from('12'), 0, 2), textBytes(Buffer.from('12'), 0, 2)]).toEqual([null, 0])
  expect(textAt(Buffer.from(String.raw`"\x"`), 0, 4)).toBeNull()
})
