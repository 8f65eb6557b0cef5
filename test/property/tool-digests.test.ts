/** Every change of a definition shows in its digest, and nothing else does. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readDefinition } from '../../src/catalogue/digest.ts'

const whole = {
  name: 'read_file',
  title: 'Read',
  description: 'Reads a file',
  inputSchema: {
    type: 'object',
    properties: { path: { type: 'string', maxLength: 9223372036854775807n } },
    required: ['path'],
  },
  outputSchema: { type: 'object', properties: { text: { type: 'string' } } },
  annotations: { readOnlyHint: true, openWorldHint: false },
  icons: [{ src: 'https://a.example/i.png', sizes: ['48x48'] }],
  execution: { taskSupport: 'optional' },
  _meta: { 'example.com/x': [1, 2.5, null, 12, 0.1] },
  unknown: { deep: [{ er: ['é', '\u{1f600}'] }] },
}
const text = JSON.stringify(whole, (_name, value: unknown) =>
  typeof value === 'bigint' ? `#${value}` : value,
).replaceAll(/"#(\d+)"/g, '$1')
const digest = (bytes: Buffer | string): string => {
  const read = readDefinition(Buffer.from(bytes))
  return read.kind === 'read' ? read.digest : `unreadable: ${read.why}`
}
const wholeDigest = digest(text)

test('a change of any one byte in any member is another digest, or no definition at all', () => {
  const bytes = Buffer.from(text)
  const letters = ['x', '0', '9', '"', ',', ' ', '}', '\\', '-', '.', 'e']
  for (let at = 0; at < bytes.length; at += 1)
    for (const letter of letters) {
      const changed = Buffer.from(bytes)
      changed[at] = letter.charCodeAt(0)
      if (changed.equals(bytes)) continue
      expect(digest(changed), `${at} ${letter}`).not.toBe(wholeDigest)
    }
})

test('a byte that is put in or taken out is another digest, but for space between words and spellings of one number', () => {
  const bytes = Buffer.from(text)
  for (let at = 0; at <= bytes.length; at += 1) {
    const put = Buffer.concat([bytes.subarray(0, at), Buffer.from('7'), bytes.subarray(at)])
    const taken = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)])
    expect(digest(put), `put ${at}`).not.toBe(wholeDigest)
    if (at < bytes.length) expect(digest(taken), `taken ${at}`).not.toBe(wholeDigest)
  }
})

test('the order of members and the space between them say nothing', () => {
  const shuffled = Object.fromEntries(Object.entries(whole).toReversed())
  const spaced = JSON.stringify(shuffled, (_n, value: unknown) => (typeof value === 'bigint' ? `#${value}` : value), 3)
  expect(digest(spaced.replaceAll(/"#(\d+)"/g, '$1'))).toBe(wholeDigest)
})

test('numbers that no double holds are told apart by all their digits', () => {
  const of = (number: string) => digest(`{"a":${number}}`)
  const spellings = [
    '9007199254740993',
    '9007199254740992',
    '9007199254740994',
    '0.1',
    '0.10000000000000001',
    '0',
    '-0',
  ]
  expect(new Set(spellings.map(of)).size).toBe(spellings.length)
  expect(of('1.50')).toBe(of('15e-1'))
  expect(of('9007199254740993')).toBe(of('9007199254740993.0'))
  expect(of('1e400')).toMatch(/unreadable/)
})

test('two members of one name, a lone surrogate and __proto__ have no digest', () => {
  for (const odd of ['{"a":1,"a":1}', '{"a":"\\ud800"}', '{"__proto__":1}', '[]', '{', '{"a":{"b":1,"\\u0062":2}}'])
    expect(digest(odd)).toMatch(/^unreadable/)
})

test('whatever bytes come, there is an answer', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void readDefinition(Buffer.from(bytes))))
  fc.assert(fc.property(fc.json(), (json) => void readDefinition(Buffer.from(json))))
})
