/** Numbers for people. */
import { expect, test } from 'vitest'
import { formatCount, formatDuration, formatTime } from '../../../src/cli/units.ts'

test.each([
  [-5, '0 ms'],
  [73, '73 ms'],
  [1234, '1.2 s'],
  [724_000, '12m04s'],
  [11_100_000, '3h05m'],
  [187_200_000, '2d04h'],
])('%i milliseconds read %s', (duration_ms, text) => {
  expect(formatDuration(duration_ms)).toBe(text)
})

test('times are in UTC to the second and counts have separators', () => {
  expect(formatTime(1_800_000_000_123)).toBe('2027-01-15T08:00:00Z')
  expect(formatCount(38_112)).toBe('38,112')
})
