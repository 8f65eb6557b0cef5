import { beforeEach, describe, expect, test } from 'vitest'
import { createBoard } from '../../../../src/base/board.ts'
import type { Delegation, Principal, Proof } from '../../../../src/domain/principal.ts'
import { isRunId } from '../../../../src/domain/ids.ts'
import { everything, nameOfKey, nameOfToken, type Revocable } from '../../../../src/domain/revocation.ts'
import { Epochs, epochsPlan } from '../../../../src/identity/revocation/epochs.ts'
import { agent, person } from '../../../support/identity-kit.ts'
import { delegationOf, proofOf } from '../../../support/principals.ts'

const max = 64
const second = 1_800_000_000
let epochs: Epochs

beforeEach(() => {
  epochs = new Epochs(createBoard(epochsPlan(max)), max)
})

function set(what: Revocable, name: string, epoch = second, contained = false): boolean {
  return epochs.set({ what, name, epoch, contained })
}

/** A token of research for tomas, issued so many seconds after the epoch. */
function tokenAt(after_s: number, change: Partial<Proof> = {}): Proof {
  const token = { kind: 'issuer_jwt', issuer: 'https://idp.example', credentialId: 'j1', keyId: 'idp-1' } as const
  return proofOf(agent('research'), person('tomas'), { ...token, issuedAt: (second + after_s) * 1000, ...change })
}

function delivered(after_s: number, change: Partial<Delegation> = {}): Delegation {
  const run = `run_${'0'.repeat(32)}`
  if (!isRunId(run)) throw new Error(run)
  const chain = [agent('console'), agent('planner'), agent('research')]
  const place = { run, hop: null, depth: 2, chain, person: person('ana'), holder: agent('research') }
  const known = { ...place, tokenId: 'd1', expiresAt: Number.POSITIVE_INFINITY }
  return delegationOf(known, { keyId: 'weir-1', issuedAt: (second + after_s) * 1000, ...change })
}

/** The rule that refuses, or null. */
function ruleOf(proof: Proof, delegation: Principal['delegation'] = null): string | null {
  return epochs.refusalOf({ proof, delegation })?.rule ?? null
}

describe('a credential counts from the epoch on', () => {
  test.each([
    ['agent', 'agent:research'],
    ['person', 'user:tomas'],
    ['everything', everything],
  ] as const)('of its %s, and an API key, which was never issued, not at all', (what, name) => {
    expect(set(what, name)).toBe(true)
    expect([-1, 0, 1].map((after_s) => ruleOf(tokenAt(after_s)))).toEqual([`revoked.${what}`, null, null])
    expect(ruleOf(proofOf(agent('research'), person('tomas')))).toBe(`revoked.${what}`)
  })

  test.each([
    ['key', nameOfKey('idp-1')],
    ['token', nameOfToken('https://idp.example', 'j1')],
  ] as const)('but never again where its %s was revoked, whatever it says about when it was issued', (what, name) => {
    expect(set(what, name)).toBe(true)
    expect([-1, 0, 1000].map((after_s) => ruleOf(tokenAt(after_s)))).toEqual(Array(3).fill(`revoked.${what}`))
  })

  test.each([
    ['agent', 'agent:planner', 'revoked.agent'],
    ['person', 'user:ana', 'revoked.person'],
    ['key', 'key:weir-1', 'revoked.key'],
    ['token', 'token:weir d1', 'revoked.token'],
  ] as const)('and so does the delegation beside it: %s', (what, name, rule) => {
    set(what, name)
    expect(ruleOf(tokenAt(-1), delivered(-1))).toBe(rule)
    expect(ruleOf(tokenAt(-1))).toBe(null)
    expect(ruleOf(tokenAt(-1, { delegation: delivered(-1) }))).toBe(rule)
  })

  test('every refusal of a credential looks alike to its caller', () => {
    set('person', 'user:tomas')
    expect(epochs.refusalOf({ proof: tokenAt(-1), delegation: null })).toMatchObject({ code: 'unauthenticated' })
  })
})

describe('a contained agent', () => {
  beforeEach(() => void set('agent', 'agent:planner', second, true))

  test('is refused whenever its credentials were issued, and so is whoever acts through it', () => {
    expect(ruleOf(proofOf(agent('planner'), null, { issuedAt: (second + 5) * 1000 }))).toBe('contained.agent')
    const refused = epochs.refusalOf({ proof: tokenAt(5), delegation: delivered(5) })
    expect(refused).toMatchObject({ code: 'agent_contained', rule: 'contained.agent' })
    expect(ruleOf(tokenAt(5))).toBe(null)
  })

  test('takes part in no work, as target or in the middle', () => {
    const work = { agents: [agent('console'), agent('planner')], person: null, since: (second + 5) * 1000 }
    expect(epochs.refusalOfWork(work)).toMatchObject({ code: 'agent_contained' })
    expect(epochs.refusalOfWork({ ...work, agents: [agent('console')] })).toBe(null)
  })
})

test('work of a person that began before the epoch does not go on, later work does', () => {
  set('person', 'user:tomas')
  const work = (after_s: number) => ({
    agents: [agent('research')],
    person: person('tomas'),
    since: (second + after_s) * 1000,
  })
  expect(epochs.refusalOfWork(work(-1))).toMatchObject({ code: 'unauthenticated', rule: 'revoked.person' })
  expect(epochs.refusalOfWork(work(0))).toBe(null)
})

test('a verdict that is remembered does not outlive the next change', () => {
  const proof = tokenAt(-1)
  expect(ruleOf(proof)).toBe(null)
  set('person', 'user:tomas')
  expect([ruleOf(proof), ruleOf(proof)]).toEqual(['revoked.person', 'revoked.person'])
  epochs.lift('user:tomas')
  expect(ruleOf(proof)).toBe(null)
  const { generation } = epochs
  epochs.lift('user:tomas')
  expect(epochs.generation).toBe(generation)
})

test('a full table says so, keeps what it has, and takes a known name and, after a lift, a new one', () => {
  for (let n = 0; n < max; n += 1) expect(set('person', `user:p${n}`)).toBe(true)
  const { generation } = epochs
  expect([set('person', 'user:one-more'), epochs.generation]).toEqual([false, generation])
  expect(set('person', 'user:p0', second + 1)).toBe(true)
  expect(set('everything', everything)).toBe(true)
  epochs.lift('user:p1')
  expect(set('person', 'user:one-more')).toBe(true)
})

test('another thread that has the board sees what was revoked', () => {
  const board = createBoard(epochsPlan(max))
  const [mine, theirs] = [new Epochs(board, max), new Epochs(board, max)]
  const principal = { proof: tokenAt(-1), delegation: null }
  expect(theirs.refusalOf(principal)).toBe(null)
  mine.set({ what: 'person', name: 'user:tomas', epoch: second, contained: false })
  expect(theirs.refusalOf(principal)).toMatchObject({ rule: 'revoked.person' })
})
