import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Lineage } from '../../../../src/domain/principal.ts'
import {
  actedIn,
  extend,
  forget,
  headOf,
  readLinks,
  replaceNewest,
  rootLineage,
} from '../../../../src/identity/tokens/chain.ts'
import { inputHash } from '../../../../src/identity/digest.ts'
import { agent } from '../../../support/identity-kit.ts'

const acts = fc.array(
  fc.record({
    a: fc.stringMatching(/^[a-z]{1,8}$/).map(agent),
    jti: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 90 }),
    iat: fc.nat(),
    adh: fc.constant(null),
    pop: fc.constantFrom(null, 'p'.repeat(43)),
  }),
  { minLength: 1, maxLength: 20 },
)

test('the head is the same whatever links are kept, and is computed from the base over them', () => {
  fc.assert(
    fc.property(acts, fc.nat(25), (list, forgotten) => {
      const whole = list.reduce(extend, rootLineage('root'))
      let kept: Lineage = whole
      for (let n = 0; n < forgotten; n += 1) kept = forget(kept)
      expect(kept.head).toBe(whole.head)
      expect(headOf(kept.base, kept.links)).toBe(whole.head)
      expect(whole.links.length).toBe(Math.min(8, list.length))
      expect(actedIn(whole)).toBe(list.length)
    }),
  )
})

test('links read back as they were written, and not with another number of actors', () => {
  fc.assert(
    fc.property(acts, (list) => {
      const { links } = list.reduce(extend, rootLineage('root'))
      const written: unknown = JSON.parse(JSON.stringify(links))
      expect(readLinks(written, list.length)).toEqual(links)
      expect(readLinks(written, list.length + 1)).toBeNull()
      expect(readLinks(written, list.length - 1)).toBeNull()
    }),
  )
})

test('whoever replaces its own link stands where it stood, on the chain before it', () => {
  const act = { a: agent('a'), jti: 'one', iat: 1, adh: null, pop: null }
  const before = extend(rootLineage('root'), act)
  const last = { ...act, a: agent('b') }
  expect(replaceNewest(extend(before, last), { ...last, jti: 'two' })).toEqual(extend(before, { ...last, jti: 'two' }))
})

test('a parent is named by its signing input, so that another spelling of its signature is the same parent', () => {
  const digest = createHash('sha256').update('header.payload').digest('base64url')
  expect([inputHash('header.payload.one'), inputHash('header.payload.two')]).toEqual([digest, digest])
})
