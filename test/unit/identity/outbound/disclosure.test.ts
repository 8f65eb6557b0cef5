import { expect, test } from 'vitest'
import { discloseClaims } from '../../../../src/identity/outbound/disclosure.ts'

const dlg = {
  v: 1,
  depth: 3,
  max: 5,
  root: 'hash of run, first agent and person',
  prh: 'hash of the parent',
  head: 'H',
  bud: { usd_u: 5 },
  chain: ['orchestrator', 'research', 'database', 'partner'],
  hops: [{ a: 'agent:orchestrator' }, { a: 'agent:research' }, { a: 'agent:database' }],
}
const act = { sub: 'agent:database', act: { sub: 'agent:research', act: { sub: 'agent:orchestrator' } } }
const claims = { sub: 'user:tomas', txn: 'run_1', act, dlg }

test('full disclosure changes nothing', () => {
  expect(discloseClaims(claims, 'full')).toEqual(claims)
})

test('a subset shows the two newest actors, and the head that commits to all', () => {
  expect(discloseClaims(claims, 'subset')).toEqual({
    sub: 'user:tomas',
    txn: 'run_1',
    act: { sub: 'agent:database', act: { sub: 'agent:research' } },
    dlg: {
      v: 1,
      depth: 3,
      max: 5,
      head: 'H',
      chain: ['research', 'database', 'partner'],
      hops: [{ a: 'agent:research' }, { a: 'agent:database' }],
    },
  })
})

test('with the actor only, nothing names or lets guess who came before', () => {
  const shown = discloseClaims(claims, 'actor_only')
  expect(shown.act).toEqual({ sub: 'agent:database' })
  expect(shown.dlg).toMatchObject({ depth: 3, head: 'H', chain: ['database', 'partner'] })
  expect(JSON.stringify(shown)).not.toMatch(/orchestrator|research|root|prh|bud/)
})

test.each(['full', 'subset', 'actor_only'] as const)('%s: a chain of one actor, or none, stays what it is', (level) => {
  const short = {
    sub: 'user:tomas',
    act: { sub: 'agent:a' },
    dlg: { v: 1, depth: 1, head: 'H', chain: ['a', 'partner'] },
  }
  expect(discloseClaims(short, level)).toEqual(short)
  expect(discloseClaims({ sub: 'agent:a' }, level)).toEqual({ sub: 'agent:a' })
})
