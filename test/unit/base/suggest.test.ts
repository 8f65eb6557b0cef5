import { expect, test } from 'vitest'
import { editDistance, nearest } from '../../../src/base/suggest.ts'

test.each([
  ['', '', 0],
  ['depth', 'depth', 0],
  ['dept', 'depth', 1],
  ['dpeth', 'depth', 1],
  ['limits', 'teams', 5],
  ['', 'abc', 3],
])('from %j to %j it is %i edits', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance)
  expect(editDistance(b, a)).toBe(distance)
})

test('a word that is nearly right is suggested, one that is far off is not', () => {
  expect(nearest('enfroce', ['shadow', 'warn', 'enforce'])).toBe('enforce')
  expect(nearest('Depth_Max', ['depth_max'])).toBe('depth_max')
  expect(nearest('banana', ['shadow', 'warn', 'enforce'])).toBeNull()
})
