import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Authority } from '../../../../../src/domain/authority.ts'
import { anything } from '../../../../../src/domain/authority.ts'
import { maySeeAgent, toolNameOf, visibleAgents } from '../../../../../src/pipeline/mcp/agents/visible-agents.ts'
import { listCallable, readCallableAsked } from '../../../../../src/pipeline/mcp/own/callable.ts'
import { neutral } from '../../../../../src/pipeline/refuse.ts'
import { compilePolicies } from '../../../../../src/policy/compile.ts'
import { loadPolicies } from '../../../../../src/policy/load.ts'
import { isCompiled } from '../../../../../src/policy/source.ts'
import { openPolicy } from '../../../../../src/policy/snapshot.ts'
import { agentId } from '../../../../support/hop.ts'
import { pave } from '../../../../support/road.ts'

const models = {
  providers: { local: { api: 'fake', models: { small: {}, large: {} } } },
  routes: { fast: { to: [{ model: 'local/small' }] } },
}

async function world(authority: Authority = anything, caller = 'orchestrator') {
  const { road } = await pave({ models }, 'policy-open')
  const { snapshot } = road
  const source = await loadPolicies(join(import.meta.dirname, '../../../../../config/policy-open'))
  const compiled = 'files' in source ? compilePolicies(source) : null
  if (!('files' in source) || compiled === null || !isCompiled(compiled)) throw new Error('the shipped policies hold')
  const agent = agentId(`agent:${caller}`)
  const policy = openPolicy({
    source,
    compiled,
    oracle: () => Promise.reject(new Error('nobody asks')),
    agents: [...snapshot.agents.keys()].map((id) => ({
      id,
      team: null,
      groups: [],
      external: false,
      effect: 'read',
      contained: false,
    })),
    providers: [{ id: 'local', region: '', groups: new Map() }],
  })
  const reader = { snapshot: { ...snapshot, policy }, agent, authority, context: neutral(agent, snapshot) }
  return { road, reader }
}

async function namesFor(authority: Authority, args: Record<string, unknown> = {}): Promise<readonly unknown[]> {
  const { road, reader } = await world(authority)
  const asked = readCallableAsked(args)
  if (typeof asked === 'string') throw new Error(asked)
  const { items } = await listCallable(road, reader, asked)
  return (items as readonly { readonly name: string }[]).map(({ name }) => name)
}

test('everything that policy lets be called is listed, by kind and name', async () => {
  expect(await namesFor(anything)).toEqual([
    'agent:orchestrator',
    'agent:research',
    'agent:vault',
    'model:fast',
    'model:local/large',
    'model:local/small',
  ])
})

test('a kind is listed alone', async () => {
  expect(await namesFor(anything, { kind: 'model', limit: 2 })).toEqual(['model:fast', 'model:local/large'])
  expect(await namesFor(anything, { kind: 'tool' })).toEqual([])
})

test('what a token does not let its holder call is not listed', async () => {
  const some: Authority = {
    scopes: ['agent:invoke:research', 'model:use'],
    details: [{ type: 'model_use', models: ['local/small'] }],
  }
  expect(await namesFor({ ...some, details: null })).toContain('agent:research')
  expect(await namesFor({ scopes: ['model:use'], details: some.details })).toEqual(['model:fast', 'model:local/small'])
})

test('a token for single answers is enough to see an agent, one for other methods is not', async () => {
  const holds = (method: string): Authority => ({
    scopes: null,
    details: [{ type: 'agent_invoke', methods: [method] }],
  })
  for (const [method, isSeen] of [
    ['SendMessage', true],
    ['SendStreamingMessage', true],
    ['GetTask', false],
  ] as const) {
    const { reader } = await world(holds(method))
    expect(await maySeeAgent(agentId('agent:research'), reader), method).toBe(isSeen)
  }
})

test('agents that only call are no tools', async () => {
  const { reader } = await world()
  expect((await visibleAgents(reader)).map(toolNameOf)).toEqual(['ask_orchestrator', 'ask_research', 'ask_vault'])
})

test('no name of a tool is longer than clients take, and no two agents share one', () => {
  const ids = ['a'.repeat(63), `${'a'.repeat(62)}b`, '0123456789ab', 'a'].map((slug) => agentId(`agent:${slug}`))
  const names = ids.map(toolNameOf)
  expect(new Set(names).size).toBe(names.length)
  for (const name of names) expect(name).toMatch(/^ask_[A-Za-z0-9_-]{1,36}$/)
})

test.each([[null], [{ kind: 'planet' }], [{ cursor: 7 }], [{ limit: 0 }], [{ limit: 201 }], [{ limit: 1.5 }]])(
  '%o is no question',
  (args) => {
    expect(readCallableAsked(args)).toEqual(expect.any(String))
  },
)
