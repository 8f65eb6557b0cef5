import { expect, test } from 'vitest'
import { anything, type Authority, type Detail } from '../../../../src/domain/authority.ts'
import { type Asked, covers, scopesFor } from '../../../../src/domain/authority/covers.ts'

const agent: Asked = { kind: 'agent', slug: 'database', method: 'SendMessage' }
const tool: Asked = { kind: 'tool', server: 'crm', tool: 'query', args: { table: 'accounts', limit: 10 } }
const model: Asked = { kind: 'model', model: 'small', maxOutputTokens: 500, costMicros: 100 }
const calls = [agent, tool, model]

const scoped = (...scopes: string[]): Authority => ({ scopes, details: null })
const detailed = (...details: Detail[]): Authority => ({ scopes: null, details })

test('without any ceiling every call is let through, and an empty list lets nothing through', () => {
  expect(calls.map((call) => covers(anything, call))).toEqual([null, null, null])
  expect(calls.map((call) => covers(scoped(), call))).toEqual([
    'none of its scopes is agent:invoke or agent:invoke:database',
    'none of its scopes is tool:call or tool:query',
    'none of its scopes is model:use',
  ])
  expect(calls.map((call) => covers(detailed(), call))).toEqual([
    'its authorization_details hold no agent_invoke',
    'its authorization_details hold no mcp_tool',
    'its authorization_details hold no model_use',
  ])
})

test.each([
  ['agent:invoke', agent],
  ['agent:invoke:database', agent],
  ['tool:call', tool],
  ['tool:query', tool],
  ['model:use', model],
] as const)('the scope %s lets its call through and no call of another kind', (scope, its) => {
  expect(scopesFor(its)).toContain(scope)
  expect(calls.filter((call) => covers(scoped(scope, 'other'), call) === null)).toEqual([its])
})

test('a scope for one agent or one tool is none for another', () => {
  expect(covers(scoped('agent:invoke:research', 'agent:invoke:data'), agent)).not.toBeNull()
  expect(covers(scoped('tool:quer', 'tool:query2'), tool)).not.toBeNull()
})

test.each<readonly [string, Detail, Asked]>([
  ['agent_invoke does not go so far: targets', { type: 'agent_invoke', targets: ['research'] }, agent],
  ['agent_invoke does not go so far: methods', { type: 'agent_invoke', methods: ['CancelTask'] }, agent],
  ['mcp_tool does not go so far: server', { type: 'mcp_tool', server: 'erp' }, tool],
  ['mcp_tool does not go so far: tools', { type: 'mcp_tool', tools: ['drop'] }, tool],
  ['mcp_tool does not go so far: args', { type: 'mcp_tool', args: { '/limit': { max: 9 } } }, tool],
  ['model_use does not go so far: models', { type: 'model_use', models: [] }, model],
  ['model_use does not go so far: max_output_tokens', { type: 'model_use', max_output_tokens: 499 }, model],
  ['model_use does not go so far: max_usd_u', { type: 'model_use', max_usd_u: 99 }, model],
])('%s', (sentence, detail, call) => {
  expect(covers(detailed(detail), call)).toBe(`its ${sentence}`)
})

test('a call needs a scope and a detail where there are both', () => {
  const details: Detail[] = [{ type: 'agent_invoke', targets: ['database'] }]
  expect(covers({ scopes: ['agent:invoke'], details }, agent)).toBeNull()
  expect(covers({ scopes: ['tool:call'], details }, agent)).not.toBeNull()
  expect(covers({ scopes: ['agent:invoke'], details: [] }, agent)).not.toBeNull()
})

test('one detail must let all of it through; two halves are no whole', () => {
  const halves: Detail[] = [
    { type: 'mcp_tool', server: 'crm', tools: ['list'] },
    { type: 'mcp_tool', server: 'erp', tools: ['query'] },
  ]
  expect(covers(detailed(...halves), tool)).toBe('its mcp_tool does not go so far: tools, server')
  expect(covers(detailed(...halves, { type: 'mcp_tool', server: 'crm' }), tool)).toBeNull()
})

test('a call that sets no end is more than any ceiling', () => {
  const open: Asked = { kind: 'model', model: 'small', maxOutputTokens: null, costMicros: null }
  expect(covers(detailed({ type: 'model_use', models: ['small'] }), open)).toBeNull()
  expect(covers(detailed({ type: 'model_use', max_output_tokens: 1e9 }), open)).not.toBeNull()
  expect(covers(detailed({ type: 'model_use', max_usd_u: 1e9 }), open)).not.toBeNull()
})

test.each<readonly [string, Record<string, object>, Record<string, unknown>, boolean]>([
  ['eq of the same text', { '/a': { eq: 'x' } }, { a: 'x' }, true],
  ['eq of a number in a text', { '/a': { eq: 1 } }, { a: '1' }, false],
  ['eq of false and nothing', { '/a': { eq: false } }, {}, false],
  ['in', { '/a': { in: ['x', 2] } }, { a: 2 }, true],
  ['in, with a list around it', { '/a': { in: ['x'] } }, { a: ['x'] }, false],
  ['in an empty list', { '/a': { in: [] } }, { a: 'x' }, false],
  ['max', { '/a': { max: 5 } }, { a: 5 }, true],
  ['max and a fraction above it', { '/a': { max: 5 } }, { a: 5.1 }, false],
  ['max and a number in a text', { '/a': { max: 5 } }, { a: '4' }, false],
  ['max of what was left out', { '/a': { max: 5 } }, {}, false],
  ['min', { '/a': { min: 5 } }, { a: 5 }, true],
  ['min and less', { '/a': { min: 5 } }, { a: -5 }, false],
  ['prefix', { '/a': { prefix: 'ab' } }, { a: 'abc' }, true],
  ['prefix and another case', { '/a': { prefix: 'ab' } }, { a: 'Abc' }, false],
  ['prefix of a list', { '/a': { prefix: 'ab' } }, { a: ['abc'] }, false],
  ['two constraints of which one fails', { '/a': { min: 1, max: 3 } }, { a: 4 }, false],
  ['two arguments of which one fails', { '/a': { eq: 1 }, '/b': { eq: 2 } }, { a: 1, b: 1 }, false],
  ['a deep argument', { '/where/region': { eq: 'EU' } }, { where: { region: 'EU' } }, true],
  ['an inherited member', { '/constructor/name': { eq: 'Object' } }, {}, false],
  ['a constraint nobody knows', { '/a': { matches: '.*' } }, { a: 'x' }, false],
])('a rule about arguments: %s', (_what, args, given, through) => {
  const detail = { type: 'mcp_tool', args } as Detail
  expect(covers(detailed(detail), { kind: 'tool', server: 's', tool: 't', args: given }) === null).toBe(through)
})
