import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { assert } from '../../../src/base/assert.ts'
import { slugOf } from '../../../src/domain/ids.ts'
import { taints } from '../../../src/domain/principal.ts'
import { compilePolicies } from '../../../src/policy/compile.ts'
import { visibleTo } from '../../../src/policy/decide.ts'
import { judge } from '../../../src/policy/judge.ts'
import { loadPolicies } from '../../../src/policy/load.ts'
import type { PolicyAction, PolicyRequest } from '../../../src/policy/question.ts'
import { openPolicy } from '../../../src/policy/snapshot.ts'
import { isCompiled, type PolicySource } from '../../../src/policy/source.ts'
import type { PolicyContext } from '../../../src/policy/world.ts'
import { agentFacts, agentId, calm, cast, decideNow, invoke, localOracle, personId, snapshotOf } from './fixtures.ts'

const config = join(import.meta.dirname, '../../../config')

async function shipped(dir: string): Promise<PolicySource> {
  const source = await loadPolicies(join(config, dir))
  assert('files' in source, 'the shipped policies can be read')
  return source
}

const source = await shipped('policy')
const policy = snapshotOf(source)
const open = snapshotOf(await shipped('policy-open'))

/** `allow` or `deny`, and what decided. */
function outcome(request: PolicyRequest, snapshot = policy): string {
  const verdict = decideNow(snapshot, request)
  return verdict.kind === 'permit' ? `allow ${verdict.policies.join()}` : `deny ${verdict.rule}`
}

function search(from: string): PolicyRequest {
  return { ...invoke(from, from), action: 'callTool', resource: { kind: 'tool', id: 'web/search' } }
}

function start(from: string, to: string): PolicyRequest {
  return { ...invoke(from, to), action: 'startRun' }
}

function token(from: string, to: string, context: Partial<PolicyContext> = {}): PolicyRequest {
  return { ...invoke(from, to, context), action: 'exchange' }
}

test.each<[string, PolicyRequest, string]>([
  ['console opens the orchestrator', invoke('console', 'orchestrator'), 'allow graph.entry'],
  ['orchestrator hands out to research', invoke('orchestrator', 'research'), 'allow graph.orchestrator-fanout'],
  ['orchestrator hands out to critic', invoke('orchestrator', 'critic'), 'allow graph.orchestrator-fanout'],
  [
    'research may not call back, so the loop never starts',
    invoke('research', 'orchestrator'),
    'deny graph.no-back-edge',
  ],
  ['writer may not call back', invoke('writer', 'orchestrator'), 'deny graph.no-back-edge'],
  ['an edge nobody wrote does not exist', invoke('writer', 'research'), 'deny default'],
  ['nobody invokes the console', invoke('orchestrator', 'console'), 'deny default'],
  ['console may start a run', start('console', 'orchestrator'), 'allow run.start'],
  ['orchestrator may start a run', start('orchestrator', 'writer'), 'allow run.start-orchestrator'],
  ['research may not start a run', start('research', 'writer'), 'deny default'],
  ['a token is asked for beside the call itself', token('console', 'orchestrator'), 'allow token.whoever-may-invoke'],
  ['no token in a halted run', token('console', 'orchestrator', { runState: 'halted' }), 'deny guard.run-halted'],
  ['research reaches the search', search('research'), 'allow tool.research-search'],
  ['writer does not', search('writer'), 'deny default'],
  ['orchestrator does not', search('orchestrator'), 'deny default'],
  ['a halted run admits nothing', invoke('console', 'orchestrator', { runState: 'halted' }), 'deny guard.run-halted'],
  ['an ended run admits nothing', invoke('console', 'orchestrator', { runState: 'ended' }), 'deny guard.run-halted'],
  ['an unknown caller is refused', invoke('stranger', 'research'), 'deny default'],
  ['an unknown target is refused', invoke('orchestrator', 'nobody'), 'deny default'],
])('shipped policies: %s', (_claim, request, expected) => {
  expect(outcome(request)).toBe(expected)
})

test('Cedar itself, with the schema, says the same about every edge of the cast', async () => {
  const source = await shipped('policy')
  const compiled = compilePolicies(source)
  assert(isCompiled(compiled), 'the shipped policies compile')
  const policies = compiled.policies.map((policy) => ({ ...policy, uncovered: ['everything'] }))
  const cedar = openPolicy({ source, compiled: { ...compiled, policies }, oracle: localOracle, ...cast })
  for (const { id: from } of cast.agents)
    for (const { id: to } of cast.agents)
      for (const runState of ['active', 'halted'] as const) {
        const request = invoke(slugOf(from), slugOf(to), { runState, human: personId('tomas') })
        const [ours, cedars] = [await judge(policy, request), await judge(cedar, request)]
        expect({ ...ours, nearest: null }).toEqual(cedars)
      }
})

test('a contained agent neither calls nor is called', async () => {
  const agents = cast.agents.map((agent) => ({ ...agent, contained: agent.id === agentId('orchestrator') }))
  const contained = snapshotOf(await shipped('policy'), { ...cast, agents })
  expect(outcome(invoke('console', 'orchestrator'), contained)).toBe('deny guard.contained')
  expect(outcome(invoke('orchestrator', 'research'), contained)).toBe('deny guard.contained')
})

test.each([
  ['prod', false, 'deny guard.sender-constrained'],
  ['prod', true, 'allow graph.entry'],
  ['dev', false, 'allow graph.entry'],
  ['staging', false, 'allow graph.entry'],
])('in %s, a credential bound to a key: %s, is answered %s', (env, boundKey, expected) => {
  expect(outcome(invoke('console', 'orchestrator', { env, boundKey }))).toBe(expected)
})

test('in prod no action at all is open to a bearer', () => {
  const bearer = { ...calm, env: 'prod', boundKey: false }
  for (const request of [start('console', 'orchestrator'), search('research')])
    expect(outcome({ ...request, context: bearer })).toBe('deny guard.sender-constrained')
})

test('an agent sees whom it may invoke, and nobody else', () => {
  expect(visibleTo(policy, agentId('orchestrator'), calm)).toEqual(['research', 'writer', 'critic'].map(agentId))
  expect(visibleTo(policy, agentId('writer'), calm)).toEqual([])
  expect(visibleTo(policy, agentId('orchestrator'), { ...calm, runState: 'halted' })).toEqual([])
})

test('the open policies permit every registered edge', () => {
  expect(outcome(invoke('research', 'orchestrator'), open)).toBe('allow open.invoke')
  expect(outcome(search('writer'), open)).toBe('allow open.call-tool')
  expect(outcome(start('critic', 'writer'), open)).toBe('allow open.start-run')
  expect(outcome(token('critic', 'writer'), open)).toBe('allow open.exchange')
  expect(outcome(invoke('research', 'nobody'), open)).toBe('deny default')
})

test('both directories are written against the same schema and compile without a warning', async () => {
  const [governed, ungoverned] = [await shipped('policy'), await shipped('policy-open')]
  expect(governed.schemaHash).toBe(ungoverned.schemaHash)
  for (const source of [governed, ungoverned]) expect(compilePolicies(source)).toMatchObject({ warnings: [] })
  expect([policy.uncovered, open.uncovered]).toEqual([[], []])
})

const schema = readFileSync(join(config, 'policy/schema.cedarschema'), 'utf8')
const inForce = (rule: string) =>
  snapshotOf({
    schema: { name: 'schema.cedarschema', text: schema },
    files: [
      { name: 'a.cedar', text: '@id("all") permit(principal, action, resource);' },
      {
        name: 'b.cedar',
        text: `@id("rule") forbid(principal, action == Weir::Action::"invoke", resource) when { ${rule} };`,
      },
    ],
    hash: rule,
    schemaHash: 'same',
  })

test.each<[string, Partial<PolicyContext>]>([
  ['context.depth > 5', { depth: 6 }],
  ['context.chain.contains(resource)', { chain: [agentId('console'), agentId('research')] }],
  ['context has human && context.human == Weir::User::"tomas"', { human: personId('tomas') }],
  ['context.humanPresent', { human: personId('tomas') }],
  ['context.budgetLeftMicros < 1000', { budgetLeftMicros: 999 }],
  ['context.budgetLeftMicros == 9007199254740991', { budgetLeftMicros: Number.POSITIVE_INFINITY }],
  ['context.tokensLeft <= 0', { tokensLeft: 0 }],
  ['context.calls >= 200', { calls: 200 }],
  ['context.laps > 1', { laps: 2 }],
  ['context.env == "prod"', { env: 'prod' }],
])('a rule sees %s', (rule, context) => {
  const snapshot = inForce(rule)
  expect(snapshot.uncovered).toEqual([])
  expect(outcome(invoke('orchestrator', 'research'), snapshot)).toBe('allow all')
  expect(outcome(invoke('orchestrator', 'research', context), snapshot)).toBe('deny rule')
})

test.each<PolicyAction>(['invoke', 'startRun', 'exchange'])('with no policies at all, %s is denied', (action) => {
  const snapshot = snapshotOf({ schema: { name: 's', text: schema }, files: [], hash: 'none', schemaHash: 'same' })
  expect(outcome({ ...invoke('console', 'orchestrator'), action }, snapshot)).toBe('deny default')
})

describe('what the outside may have steered', () => {
  const agents = [...cast.agents, agentFacts('payer', { groups: ['subagents'], effect: 'write' })]
  const tools = ['read', 'write', 'unknown'].map((effect) => ({ id: `tool_${effect}`, server: null, effect }))
  const writing = snapshotOf(source, { agents, tools })

  test.each(taints)('may move a writing agent only with an approval: %s', (taint) => {
    const refused = taint === 'none' ? 'allow graph.orchestrator-fanout' : 'deny guard.taint-write'
    expect(outcome(invoke('orchestrator', 'payer', { taint }), writing)).toBe(refused)
    expect(outcome(invoke('orchestrator', 'payer', { taint, approved: true }), writing)).toBe(
      'allow graph.orchestrator-fanout',
    )
    expect(outcome(invoke('orchestrator', 'research', { taint }), writing)).toBe('allow graph.orchestrator-fanout')
  })

  test('may move no tool that is not known to read only', () => {
    const tool = (id: string): PolicyRequest => ({
      ...invoke('research', 'research', { taint: 'external' }),
      action: 'callTool',
      resource: { kind: 'tool', id },
    })
    expect(tools.map(({ id }) => outcome(tool(id), writing))).toEqual([
      'deny default',
      'deny guard.taint-write-tool',
      'deny guard.taint-write-tool',
    ])
  })
})
