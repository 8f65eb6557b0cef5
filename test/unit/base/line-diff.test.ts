import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lineDiff } from '../../../src/base/line-diff.ts'

test('what came and went is marked, with two lines around it', () => {
  expect(lineDiff('a\nb\nc\nd\ne\nf', 'a\nb\nc\nX\ne\nf')).toBe('  b\n  c\n- d\n+ X\n  e\n  f')
  expect(lineDiff('a\nb', 'a\nb\nc')).toBe('  a\n  b\n+ c')
  expect(lineDiff('a', 'a')).toBe('')
})

test('as many lines come and go as the texts differ by, and each of them is in its text', () => {
  const lines = fc.array(fc.constantFrom<string>('a', 'b', 'c'), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(lines, lines, (old, now) => {
      const changed = lineDiff(old.join('\n'), now.join('\n')).split('\n')
      const marked = (mark: string): readonly string[] =>
        changed.filter((line) => line.startsWith(mark)).map((line) => line.slice(2))
      expect(marked('+').length - marked('-').length).toBe(now.length - old.length)
      expect(marked('+').every((line) => now.includes(line))).toBe(true)
      expect(marked('-').every((line) => old.includes(line))).toBe(true)
    }),
  )
})
