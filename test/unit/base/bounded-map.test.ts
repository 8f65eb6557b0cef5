import { expect, test } from 'vitest'
import { BoundedMap } from '../../../src/base/bounded-map.ts'
import { ManualClock } from '../../../src/base/clock.ts'

test('the least recently used entry leaves first', () => {
  const map = new BoundedMap<string, number>({ max: 2 })
  map.set('a', 1)
  map.set('b', 2)
  map.get('a')
  map.set('c', 3)
  expect([map.get('a'), map.get('b'), map.get('c'), map.size]).toEqual([1, undefined, 3, 2])
})

test('an entry leaves when its lifetime is over, by the clock it was given', () => {
  const clock = new ManualClock()
  const map = new BoundedMap<string, number>({ max: 2, clock })
  map.set('a', 1, 1000)
  map.set('b', 2)
  clock.advance(999)
  expect(map.get('a')).toBe(1)
  clock.advance(2)
  expect([map.get('a'), map.get('b')]).toEqual([undefined, 2])
})
