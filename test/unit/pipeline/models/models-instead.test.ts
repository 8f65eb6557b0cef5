/** What a refused model names instead is asked of policy once, and not at all where too much is configured. */
import { expect, test, vi } from 'vitest'
import { BoundedMap } from '../../../../src/base/bounded-map.ts'
import { anything } from '../../../../src/domain/authority.ts'
import { modelsInstead } from '../../../../src/pipeline/models/list-models.ts'
import type { ModelVisit } from '../../../../src/pipeline/models/model-road.ts'
import { providerFacts } from '../../../../src/pipeline/snapshot.ts'
import { loadedOf } from '../../../support/temp-config.ts'
import { agentFacts, agentId } from '../../policy/fixtures.ts'
import { shippedWith } from '../whatif/policies.ts'

const permit = `@id("m") permit(principal, action == Weir::Action::"useModel", resource == Weir::Model::"fake/m1");`

async function refused(models: number) {
  const rows = Object.fromEntries(Array.from({ length: models }, (_, at) => [`m${at}`, {}]))
  const written = {
    gateway: { public_url: 'http://weir.test' },
    models: { providers: { fake: { api: 'fake', models: rows } } },
  }
  const { settings } = await loadedOf(JSON.stringify(written))
  const facts = { agents: [agentFacts('alice')], providers: providerFacts(settings) }
  const policy = shippedWith(permit, undefined, facts)
  const asked = vi.spyOn(policy, 'candidates')
  const snapshot = {
    settings,
    policy,
    agents: new Map(),
    alternatives: new Map(),
    usableModels: new BoundedMap({ max: 8 }),
  }
  const principal = { proof: { agent: agentId('alice') } }
  const visit = { snapshot, principal, authority: anything, call: { dialect: 'anthropic-messages' } }
  return { visit: visit as unknown as ModelVisit, asked }
}

test('a second refusal asks nothing more', async () => {
  const { visit, asked } = await refused(50)
  expect(await modelsInstead(visit)).toEqual(['fake/m1'])
  const times = asked.mock.calls.length
  expect(times).toBeGreaterThan(0)
  expect(await modelsInstead(visit)).toEqual(['fake/m1'])
  expect(asked.mock.calls.length).toBe(times)
})

test('a caller whose token allows less is asked about for itself', async () => {
  const { visit } = await refused(50)
  await modelsInstead(visit)
  expect(await modelsInstead({ ...visit, authority: { scopes: [], details: [] } })).toEqual([])
})

test('beyond two hundred names nothing is asked and nothing named', async () => {
  const { visit, asked } = await refused(201)
  expect(await modelsInstead(visit)).toBeNull()
  expect(asked).not.toHaveBeenCalled()
})
