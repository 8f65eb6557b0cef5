/** The policies that were in force: kept once, found again by record, gone when no record needs them. */
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packEntry, shapes } from '../../../../src/ledger/pack.ts'
import { segmentName, writeFrame, writeFront } from '../../../../src/ledger/segment.ts'
import { keepPolicies, listUses, openUse, type PolicyUse, useFor } from '../../../../src/pipeline/whatif/archive.ts'
import type { StandingFacts } from '../../../../src/pipeline/whatif/facts.ts'
import { sourceOf } from '../../../../src/policy/load.ts'
import { call, hop, noon } from '../../ledger/entries.ts'

const facts: StandingFacts = {
  schema: 'weir.policy-facts/v1',
  environment: 'dev',
  agents: [],
  servers: [],
  providers: [],
  routes: [],
  limits: { on_breach: 'halt', run: {} },
}
const source = (text: string) => sourceOf({ name: 'schema.cedarschema', text: 's' }, [{ name: 'a.cedar', text }])
const inForce = (text: string, at: number, more: Partial<StandingFacts> = {}) => {
  return { source: source(text), facts: { ...facts, ...more }, cfg_hash: 'c1', dir: '/etc/weir/policy', at }
}
const stateDir = (): string => mkdtempSync(join(tmpdir(), 'weir-archive-'))
const kept = (dir: string): readonly string[] => readdirSync(join(dir, 'policies')).toSorted()

function one(uses: readonly PolicyUse[], at: number): PolicyUse {
  const use = uses[at]
  if (!use) throw new Error('it was kept')
  return use
}

test('what is taken into use twice is kept once, and a change of facts is a use of its own', async () => {
  const dir = stateDir()
  expect(await keepPolicies(dir, inForce('one', noon))).toBeNull()
  expect(await keepPolicies(dir, inForce('one', noon + 1))).toBeNull()
  expect(await listUses(dir)).toHaveLength(1)
  await keepPolicies(dir, inForce('one', noon + 2, { environment: 'prod' }))
  expect(await listUses(dir)).toHaveLength(2)
  expect(kept(dir).filter((name) => /^[0-9a-f]{64}$/.test(name))).toEqual([source('one').hash])
})

test('a record finds what was in force at its moment', async () => {
  const dir = stateDir()
  mkdirSync(join(dir, 'ledger'))
  for (const [at, text] of ['one', 'two', 'one'].entries()) await keepPolicies(dir, inForce(text, noon + at * 10))
  const uses = await listUses(dir)
  const record = (text: string, ts: number) => ({ ts, pol_hash: source(text).hash, cfg_hash: 'c1' })
  expect(useFor(uses, record('one', noon + 5))?.use.at).toBe(noon)
  expect(useFor(uses, record('one', noon + 25))?.use.at).toBe(noon + 20)
  expect(useFor(uses, { ...record('two', noon + 15), cfg_hash: 'c2' })).toMatchObject({ exact: false })
  expect(useFor(uses, record('three', noon))).toBeNull()
  const opened = await openUse(dir, one(uses, 1))
  expect(opened).toMatchObject({ source: { hash: source('two').hash }, facts: { environment: 'dev' } })
})

test('policies that were changed in the archive are not believed', async () => {
  const dir = stateDir()
  await keepPolicies(dir, inForce('one', noon))
  writeFileSync(join(dir, 'policies', source('one').hash, 'a.cedar'), 'other')
  expect(await openUse(dir, one(await listUses(dir), 0))).toContain('changed since')
})

test('what no kept record needs any more is dropped, what the oldest needs stays', async () => {
  const dir = stateDir()
  mkdirSync(join(dir, 'ledger'))
  const packed = packEntry(call(hop(1), { ts: noon + 15 }))
  const front = writeFront({ version: 1, first: 1, boot: 'b', shapes })
  const bytes = Buffer.concat([front, Buffer.alloc(packed.length + 8)])
  writeFrame(bytes, front.length, packed)
  writeFileSync(join(dir, 'ledger', segmentName(1)), bytes)
  for (const [at, text] of ['one', 'two', 'three'].entries()) await keepPolicies(dir, inForce(text, noon + at * 10))
  // The record of noon + 15 was decided by the second, which was in force until noon + 20.
  expect((await listUses(dir)).map(({ at }) => at)).toEqual([noon + 10, noon + 20])
  expect(kept(dir)).not.toContain(source('one').hash)
  expect(kept(dir)).toContain(source('two').hash)
})
