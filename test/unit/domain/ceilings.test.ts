import { expect, test } from 'vitest'
import { joinCeilings } from '../../../src/domain/ceilings.ts'

test('ceilings of several tokens are joined by their grants, each counted once, in order', () => {
  const [one, two, three] = ['g1', 'g2', 'g3'].map((grant) => ({ grant, tokens: 1 }))
  if (!one || !two || !three) throw new Error('three were made')
  expect(joinCeilings()).toEqual([])
  expect(joinCeilings([], [one], [one])).toEqual([one])
  expect(joinCeilings([one, three], [], [one, two])).toEqual([one, three, two])
})
