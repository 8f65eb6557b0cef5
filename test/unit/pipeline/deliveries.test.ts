import { expect, test } from 'vitest'
import { Deliveries, type Lent } from '../../../src/pipeline/deliveries.ts'
import { agent, delegationOf, deliveryFacts } from '../../support/identity-kit.ts'

const facts = deliveryFacts([agent('a'), agent('b')])
const run = facts.run.id

/** A token that lives from 0 to 600 s, and half a minute for the clocks of others. */
function lent(raw = 't'): Lent {
  return { place: 'p', raw, delegation: delegationOf(facts, { issuedAt: 0, expiresAt: 630_000 }) }
}

test('a token that has come home goes out again once, and only from its own place', () => {
  const home = new Deliveries()
  home.giveBack(lent())
  expect(home.take(run, 'q', 0)).toBeNull()
  expect(home.take(run, 'p', 0)).toEqual(lent())
  expect(home.take(run, 'p', 0)).toBeNull()
})

test('a token with less than half of its life before it stays at home', () => {
  const home = new Deliveries()
  home.giveBack(lent())
  expect(home.take(run, 'p', 300_001)).toBeNull()
  home.giveBack(lent())
  expect(home.take(run, 'p', 300_000)).toEqual(lent())
})

test('the tokens of a run that is over are gone', () => {
  const home = new Deliveries()
  home.giveBack(lent())
  home.forget(run)
  expect([home.size, home.take(run, 'p', 0)]).toEqual([0, null])
})

test('no more than 4096 tokens are kept', () => {
  const home = new Deliveries()
  for (let n = 0; n < 5000; n += 1) home.giveBack(lent(`t${n}`))
  expect(home.size).toBeLessThanOrEqual(4096)
})

test('every difference in who, whence, whither and how much is another place', () => {
  const none = { authority: null, depthMax: null, taint: 'none' as const, budget: [] }
  const place = { run, parent: 'p', credential: 'k', callee: agent('b'), ...none }
  const others = [
    { parent: null },
    { credential: 'l' },
    { callee: agent('c') },
    { authority: 'h' },
    { depthMax: 3 },
    { budget: [{ grant: 'g' }] },
    { taint: 'external' as const },
  ]
  const names = [place, ...others.map((other) => ({ ...place, ...other }))].map((each) => Deliveries.place(each))
  expect(new Set(names).size).toBe(names.length)
})
