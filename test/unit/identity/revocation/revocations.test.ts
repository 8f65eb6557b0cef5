import { mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createBoard } from '../../../../src/base/board.ts'
import { ManualClock } from '../../../../src/base/clock.ts'
import { epochAfter, type Revocation } from '../../../../src/domain/revocation.ts'
import { epochsPlan } from '../../../../src/identity/revocation/epochs.ts'
import { Revocations } from '../../../../src/identity/revocation/revocations.ts'
import { readRevocations, revocationsPath } from '../../../../src/identity/revocation/revocations-file.ts'
import { agent, person } from '../../../support/identity-kit.ts'
import { proofOf } from '../../../support/principals.ts'

const max = 64
const clock = new ManualClock()

function folder(): string {
  return mkdtempSync(join(tmpdir(), 'weir-revocations-'))
}

function open(stateDir: string): Revocations {
  const known = readRevocations(stateDir, max)
  if ('sentence' in known) throw new Error(known.sentence)
  return new Revocations(known, { board: createBoard(epochsPlan(max)), stateDir, max, clock })
}

function ordered(name: string, change: Partial<Revocation> = {}): Revocation {
  const why = { reason: 'why "so"\n', actor: 'ana', source: 'operator' } as const
  return { what: 'person', name, epoch: 1_800_000_001, contained: false, ...why, at: 1, until: null, ...change }
}

test('whatever was issued in the second of the revocation is withdrawn with the rest', () => {
  expect([epochAfter(1_000), epochAfter(1_999), epochAfter(2_000)]).toEqual([2, 2, 3])
})

test('what was saved is in force after the next start, in a file of the owner alone', async () => {
  const dir = folder()
  const before = open(dir)
  before.revoke(ordered('user:tomas'))
  before.revoke(ordered('agent:research', { what: 'agent', contained: true }))
  before.revoke(ordered('everything', { what: 'everything', epoch: 1_700_000_000 }))
  expect(await before.save()).toBe(null)
  expect(statSync(revocationsPath(dir)).mode & 0o777).toBe(0o600)
  const after = open(dir)
  expect(after.list()).toEqual(before.list())
  const tomas = { proof: proofOf(agent('writer'), person('tomas')), delegation: null }
  expect(after.epochs.refusalOf(tomas)).toMatchObject({ rule: 'revoked.everything' })
  after.lift('everything')
  expect(after.epochs.refusalOf(tomas)).toMatchObject({ rule: 'revoked.person' })
})

test('saves that are asked for while one is under way share the next, and the last state is what stands', async () => {
  const dir = folder()
  const revocations = open(dir)
  const saves = Array.from({ length: 50 }, (_, at) => {
    revocations.revoke(ordered(`user:p${at}`))
    return revocations.save()
  })
  expect(new Set(await Promise.all(saves))).toEqual(new Set([null]))
  expect(new Set(saves).size).toBeLessThan(5)
  expect(open(dir).list()).toHaveLength(50)
})

test('a disk that takes nothing is said and not thrown, and the next save can do it', async () => {
  const dir = folder()
  const revocations = open(dir)
  revocations.revoke(ordered('user:tomas'))
  mkdirSync(`${revocationsPath(dir)}.new`)
  expect(await revocations.save()).toContain('revocations.json could not be written')
})

test('an epoch never goes back, and containment stays until it is taken off', () => {
  const revocations = open(folder())
  revocations.revoke(ordered('agent:a', { what: 'agent', contained: true, epoch: 9 }))
  expect(revocations.revoke(ordered('agent:a', { what: 'agent', epoch: 3 }))).toMatchObject({
    epoch: 9,
    contained: true,
  })
  expect(revocations.lift('agent:a')).toMatchObject({ epoch: 9, contained: true })
  expect([revocations.lift('agent:a'), revocations.list()]).toEqual([null, []])
})

test('a full table refuses one more, unless something in it has nothing left to refuse', () => {
  const revocations = open(folder())
  for (let n = 1; n < max; n += 1) revocations.revoke(ordered(`user:p${n}`))
  const short = ordered('token:weir j', { what: 'token', until: clock.now() + 1000 })
  expect(revocations.revoke(short)).toEqual(short)
  expect(revocations.revoke(ordered('user:late'))).toBe(null)
  clock.advance(1000)
  expect(revocations.revoke(ordered('user:late'))).toMatchObject({ name: 'user:late' })
  expect(revocations.list()).toHaveLength(max)
})

test.each([
  ['no JSON', 'what'],
  ['cut in the middle', '{"v":1,"revocations":[{"what":"person"'],
  ['another document', '{"keys":[]}'],
  ['a row of another form', `{"revocations":[${JSON.stringify({ ...ordered('user:a'), epoch: '7' })}]}`],
  ['a kind nobody knows', `{"revocations":[${JSON.stringify({ ...ordered('user:a'), what: 'planet' })}]}`],
  [
    'more than the maximum',
    `{"revocations":[${Array(max + 1)
      .fill(JSON.stringify(ordered('user:a')))
      .join(',')}]}`,
  ],
])('a file that cannot be believed keeps the gateway from starting: %s', (_what, text) => {
  const dir = folder()
  writeFileSync(revocationsPath(dir), text)
  const problem = readRevocations(dir, max)
  expect(problem).toMatchObject({ kind: 'revocations_problem' })
  expect(JSON.stringify(problem)).toContain('Weir does not start')
  expect(readFileSync(revocationsPath(dir), 'utf8')).toBe(text)
})

test('without a file nobody is revoked', () => {
  expect(readRevocations(folder(), max)).toEqual([])
})

test('clients that give their tokens back leave half of the table to operators, who can still contain them', () => {
  const revocations = open(folder())
  const given = (at: number): Revocation =>
    ordered(`token:weir ${at}`, { what: 'token', source: 'client', until: clock.now() + 60_000 })
  const taken = Array.from({ length: max }, (_, at) => revocations.revoke(given(at)) !== null)
  expect(taken.filter(Boolean)).toHaveLength(max / 2)
  const contained = { what: 'agent', contained: true } as const
  const orders = Array.from({ length: max / 2 }, (_, at) => revocations.revoke(ordered(`agent:a${at}`, contained)))
  expect(orders).not.toContain(null)
  expect(revocations.revoke(ordered('agent:one-more', contained))).toBe(null)
  clock.advance(60_000)
  expect(revocations.revoke(given(max))).not.toBe(null)
})

test('a name that is forgotten stands in no file and goes on to be refused, until it is taken back by that name', async () => {
  const dir = folder()
  const before = open(dir)
  before.revoke(ordered('user:tomas', { reason: 'tomas left', actor: 'tomas' }))
  before.revoke(ordered('agent:research', { what: 'agent', reason: 'as tomas said' }))
  before.forget('user:tomas', (text) => text.replaceAll('tomas', 'somebody'))
  expect(await before.save()).toBe(null)
  expect(readFileSync(revocationsPath(dir), 'utf8')).not.toContain('tomas')
  const tomas = { proof: proofOf(agent('writer'), person('tomas')), delegation: null }
  for (const revocations of [before, open(dir)]) {
    expect(revocations.epochs.refusalOf(tomas)).toMatchObject({ rule: 'revoked.person' })
    expect(revocations.list().map(({ reason }) => reason)).toEqual(['somebody left', 'as somebody said'])
    expect(revocations.find('user:tomas')?.name).toMatch(/^erased:[0-9a-f]{16}$/)
  }
  const after = open(dir)
  expect(after.revoke(ordered('user:tomas', { epoch: 1_900_000_000 }))).toMatchObject({ epoch: 1_900_000_000 })
  expect(after.list().map(({ name }) => name)).toEqual(['agent:research', 'user:tomas'])
  before.lift('user:tomas')
  expect(before.epochs.refusalOf(tomas)).toBeNull()
})
