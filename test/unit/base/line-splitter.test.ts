import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LineSplitter, onOneLine, tooLong } from '../../../src/base/line-splitter.ts'

function split(chunks: readonly (string | Buffer)[], line_bytes = 10): readonly (string | symbol)[] {
  const splitter = new LineSplitter(line_bytes)
  const lines = chunks.flatMap((chunk) => splitter.push(Buffer.from(chunk as string)))
  const rest = splitter.end()
  return [...lines, ...(rest ? [rest] : [])].map((line) => (line === tooLong ? tooLong : line.toString()))
}

test('lines come whole, whatever the chunks', () => {
  const line = fc.stringMatching(/^[a-zé]{1,5}$/)
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat(40)), (lines, cuts) => {
      const bytes = Buffer.from(lines.map((each) => `${each}\n`).join(''))
      const ends = [...cuts, bytes.length].filter((cut) => cut <= bytes.length).toSorted((a, b) => a - b)
      const chunks = ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end))
      expect(split(chunks)).toEqual(lines)
    }),
  )
})

test('a line that is too long is told of once and before its end, and the next one comes', () => {
  expect(split(['0123456789', 'a'])).toEqual([tooLong])
  expect(split(['0123456789a', 'bcdefghijklmnop', 'q\nnext\n'])).toEqual([tooLong, 'next'])
  expect(split(['0123456789a\n0123456789b\n0123456789\n'])).toEqual([tooLong, tooLong, '0123456789'])
})

test('carriage returns before the end and empty lines are left out', () => {
  expect(split(['a\r\n\r\n\n', 'b\r', '\n'])).toEqual(['a', 'b'])
})

test('JSON on many lines means the same on one', () => {
  const pretty = Buffer.from(JSON.stringify({ a: 'x\ny', b: [1, 'é'] }, null, 2).replace('\n', '\r\n'))
  const line = onOneLine(pretty)
  expect(line.includes('\n')).toBe(false)
  expect(JSON.parse(line.toString())).toEqual({ a: 'x\ny', b: [1, 'é'] })
})
