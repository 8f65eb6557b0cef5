import { expect, test } from 'vitest'
import { anything, type Authority, type Detail } from '../../../../src/domain/authority.ts'
import { authorityHash } from '../../../../src/domain/authority/hash.ts'
import { intersect } from '../../../../src/domain/authority/intersect.ts'
import { isWider, narrower, requested } from '../../../../src/domain/authority/narrower.ts'

const detailed = (...details: Detail[]): Authority => ({ scopes: null, details })
const scoped = (...scopes: string[]): Authority => ({ scopes, details: null })

/** For every member of every type: a parent, a child within it and a child that is wider. */
const comparisons: readonly (readonly [string, Detail, Detail, Detail])[] = [
  [
    'targets of agent_invoke',
    { type: 'agent_invoke', targets: ['a', 'b'] },
    { type: 'agent_invoke', targets: ['b'], methods: ['SendMessage'] },
    { type: 'agent_invoke', targets: ['b', 'c'] },
  ],
  [
    'methods of agent_invoke',
    { type: 'agent_invoke', methods: ['SendMessage'] },
    { type: 'agent_invoke', methods: [] },
    { type: 'agent_invoke', targets: ['a'] },
  ],
  [
    'server of mcp_tool',
    { type: 'mcp_tool', server: 'crm' },
    { type: 'mcp_tool', server: 'crm', tools: ['query'] },
    { type: 'mcp_tool', server: 'crm-admin' },
  ],
  [
    'tools of mcp_tool',
    { type: 'mcp_tool', tools: ['query'] },
    { type: 'mcp_tool', tools: ['query'] },
    { type: 'mcp_tool', server: 'crm' },
  ],
  [
    'server of mcp_resource',
    { type: 'mcp_resource', server: 'crm' },
    { type: 'mcp_resource', server: 'crm', uri_prefix: 'crm://' },
    { type: 'mcp_resource', uri_prefix: 'crm://' },
  ],
  [
    'uri_prefix of mcp_resource',
    { type: 'mcp_resource', uri_prefix: 'crm://a/' },
    { type: 'mcp_resource', uri_prefix: 'crm://a/b' },
    { type: 'mcp_resource', uri_prefix: 'crm://a' },
  ],
  [
    'models of model_use',
    { type: 'model_use', models: ['small'] },
    { type: 'model_use', models: ['small'] },
    { type: 'model_use', models: ['large'] },
  ],
  [
    'max_output_tokens of model_use',
    { type: 'model_use', max_output_tokens: 100 },
    { type: 'model_use', max_output_tokens: 100 },
    { type: 'model_use', max_output_tokens: 101 },
  ],
  [
    'max_usd_u of model_use',
    { type: 'model_use', max_usd_u: 100 },
    { type: 'model_use', max_usd_u: 0 },
    { type: 'model_use', models: [] },
  ],
  [
    'api of http_api',
    { type: 'http_api', api: 'billing' },
    { type: 'http_api', api: 'billing' },
    { type: 'http_api', api: 'Billing' },
  ],
  [
    'operations of http_api',
    { type: 'http_api', operations: ['get', 'list'] },
    { type: 'http_api', operations: ['get'] },
    { type: 'http_api', operations: ['delete'] },
  ],
  [
    'source of db_query',
    { type: 'db_query', source: 'crm' },
    { type: 'db_query', source: 'crm', predicates: ['x'] },
    { type: 'db_query', source: 'erp' },
  ],
  [
    'tables of db_query',
    { type: 'db_query', tables: ['a'] },
    { type: 'db_query', tables: ['a'], columns: ['c'] },
    { type: 'db_query', columns: ['c'] },
  ],
  [
    'columns of db_query',
    { type: 'db_query', columns: ['a', 'b'] },
    { type: 'db_query', columns: ['a'] },
    { type: 'db_query', columns: ['a', 'z'] },
  ],
  [
    'predicates of db_query',
    { type: 'db_query', predicates: ['x', 'y'] },
    { type: 'db_query', predicates: ['x', 'y', 'z'] },
    { type: 'db_query', predicates: ['x', 'z'] },
  ],
]

test.each(comparisons)('%s: as tight is within, wider is named', (what, parent, within, wider) => {
  const [member, , type] = what.split(' ')
  expect(narrower(detailed(within), detailed(parent))).toBeNull()
  expect(narrower(detailed(wider), detailed(parent))).toBe(
    `authorization_details[0] is wider than what is held: ${member} of ${type}`,
  )
})

type Rule = Readonly<Record<string, unknown>>

test.each<readonly [Rule, Rule, boolean]>([
  [{ max: 100 }, { max: 100 }, true],
  [{ max: 100 }, { max: 99, min: 1 }, true],
  [{ max: 100 }, { max: 101 }, false],
  [{ max: 100 }, { min: 1 }, false],
  [{ min: 5 }, { min: 6 }, true],
  [{ min: 5 }, { min: 4 }, false],
  [{ prefix: '/data/' }, { prefix: '/data/eu/' }, true],
  [{ prefix: '/data/' }, { prefix: '/data' }, false],
  [{ eq: 'EU' }, { eq: 'EU' }, true],
  [{ eq: 1 }, { eq: '1' }, false],
  [{ eq: 'EU' }, { prefix: 'EU' }, false],
  [{ in: ['a', 'b'] }, { in: ['a'] }, true],
  [{ in: ['a', 'b'] }, { eq: 'b' }, true],
  [{ in: ['a', 'b'] }, { eq: 'c' }, false],
  [{ in: ['a', 'b'] }, { in: ['a', 'c'] }, false],
  [{ in: ['a', 'b'] }, { prefix: 'a' }, false],
  [{ max: 100, min: 10 }, { in: [10, 50, 100] }, true],
  [{ max: 100, min: 10 }, { in: [9, 50] }, false],
  [{ prefix: '/data/' }, { eq: '/data/x' }, true],
  [{ prefix: '/data/' }, { eq: '/date/x' }, false],
  [{ in: ['a'] }, { in: [] }, true],
])('an argument under %j: %j is within is %s', (parent, child, within) => {
  const ruled = (rule: Rule): Authority => detailed({ type: 'mcp_tool', args: { '/x': rule } })
  const reason = 'authorization_details[0] is wider than what is held: args of mcp_tool'
  expect(narrower(ruled(child), ruled(parent))).toBe(within ? null : reason)
})

test('an argument the parent constrains must be constrained, and others may be', () => {
  const one: Detail = { type: 'mcp_tool', args: { '/x': { max: 1 } } }
  const two: Detail = { type: 'mcp_tool', args: { '/x': { max: 1 }, '/y': { max: 1 } } }
  expect(narrower(detailed(two), detailed(one))).toBeNull()
  expect(narrower(detailed(one), detailed(two))).not.toBeNull()
})

test('a ceiling that is missing is wider, and none of something is within it', () => {
  const details: Authority = detailed({ type: 'agent_invoke' })
  expect(narrower(anything, scoped('a'))).toBe('scope is missing where there was one')
  expect(narrower(anything, details)).toBe('authorization_details is missing where there was one')
  expect(narrower(scoped(), scoped('a'))).toBeNull()
  expect(narrower(detailed(), details)).toBeNull()
  expect(narrower(detailed(), detailed())).toBeNull()
  expect(narrower(details, detailed())).toBe('authorization_details[0] has a type that is not held: agent_invoke')
  expect(narrower(details, anything)).toBeNull()
  expect(narrower(anything, anything)).toBeNull()
})

test('scope values are opaque, so a value that lets less through is still another value', () => {
  expect(narrower(scoped('a'), scoped('a', 'b'))).toBeNull()
  expect(narrower(scoped('a', 'c'), scoped('a', 'b'))).toBe('scope has a value that is not held')
  expect(narrower(scoped('tool:query'), scoped('tool:call'))).not.toBeNull()
})

test('an unknown type is refused even by an authority without a ceiling', () => {
  const forged = detailed({ type: 'agent_invoke' }, { type: 'everything' } as unknown as Detail)
  expect(narrower(forged, anything)).toBe('authorization_details[1] has an unknown type')
  expect(narrower(forged, forged)).toBe('authorization_details[1] has an unknown type')
})

test('a constraint of the parent that nobody can compare is kept by nobody', () => {
  const strange = detailed({ type: 'agent_invoke', hours: '9-17' } as Detail)
  expect(narrower(strange, strange)).toBe('authorization_details[0] is wider than what is held: hours of agent_invoke')
})

test('one detail must contain the child; two that do so together do not', () => {
  const parent = detailed(
    { type: 'mcp_tool', server: 'crm', tools: ['query'] },
    { type: 'mcp_tool', server: 'erp', tools: ['post'] },
  )
  expect(narrower(detailed({ type: 'mcp_tool', server: 'crm', tools: ['post'] }), parent)).toBe(
    'authorization_details[0] is wider than what is held: tools, server of mcp_tool',
  )
  expect(narrower(detailed({ type: 'mcp_tool', server: 'erp', tools: ['post'] }), parent)).toBeNull()
})

const held: Authority = { scopes: ['tool:query'], details: [{ type: 'mcp_tool', server: 'crm' }] }

test('a parameter left out asks for what is held', () => {
  expect(requested(anything, held)).toEqual(held)
  expect(requested(scoped(), held)).toEqual({ ...held, scopes: [] })
  expect(requested(detailed(), held)).toEqual({ ...held, details: [] })
  expect(requested(anything, anything)).toEqual(anything)
})

test('a parameter that says too much is named, and nothing is narrowed silently', () => {
  const scope = requested(scoped('tool:query', 'tool:drop'), held)
  const details = requested(detailed({ type: 'mcp_tool' }), held)
  expect([scope, details].map((answer) => isWider(answer) && answer.member)).toEqual(['scope', 'authorization_details'])
  expect(details).toMatchObject({
    sentence: 'authorization_details[0] is wider than what is held: server of mcp_tool',
  })
  expect(isWider(requested(held, held))).toBe(false)
})

test('two authorities allow together what each allows', () => {
  const a: Authority = {
    scopes: ['a', 'b'],
    details: [
      { type: 'mcp_tool', server: 'crm', tools: ['list', 'query'], args: { '/x': { max: 9 }, '/y': { in: [1, 'b'] } } },
      { type: 'db_query', tables: ['t'], predicates: ['p'] },
      { type: 'mcp_resource', uri_prefix: 'crm://a' },
      { type: 'model_use', max_output_tokens: 10 },
    ],
  }
  const b: Authority = {
    scopes: ['b', 'c'],
    details: [
      { type: 'mcp_tool', tools: ['query'], args: { '/x': { max: 5, min: 1 }, '/y': { prefix: 'b' } } },
      { type: 'db_query', predicates: ['o'] },
      { type: 'mcp_resource', uri_prefix: 'crm://a/b' },
      { type: 'mcp_resource', uri_prefix: 'crm://a/b/c' },
      { type: 'agent_invoke' },
    ],
  }
  expect(intersect(a, b)).toEqual({
    scopes: ['b'],
    details: [
      {
        type: 'mcp_tool',
        server: 'crm',
        tools: ['query'],
        args: { '/x': { max: 5, min: 1 }, '/y': { in: ['b'] } },
      },
      { type: 'db_query', tables: ['t'], predicates: ['o', 'p'] },
      { type: 'mcp_resource', uri_prefix: 'crm://a/b' },
    ],
  })
})

test('what no ceiling and a ceiling allow together is the ceiling', () => {
  expect(intersect(anything, held)).toEqual(held)
  expect(intersect(held, anything)).toEqual(held)
  expect(intersect(scoped('a'), detailed())).toEqual({ scopes: ['a'], details: [] })
})

test('what would be more than an authority may hold is left out, so the rest is less and never more', () => {
  const names = (from: string): string[] => Array.from({ length: 200 }, (_, i) => `${from}${i}`)
  const long = (from: string): Authority => detailed({ type: 'db_query', predicates: names(from) })
  expect(intersect(long('a'), long('b')).details).toEqual([])
  const servers = detailed(...Array.from({ length: 7 }, (_, i): Detail => ({ type: 'mcp_tool', server: `s${i}` })))
  const tools = detailed(...Array.from({ length: 7 }, (_, i): Detail => ({ type: 'mcp_tool', tools: [`t${i}`] })))
  const both = intersect(servers, tools)
  expect(both.details).toHaveLength(32)
  expect([narrower(both, servers), narrower(both, tools)]).toEqual([null, null])
})

test('the hash is that of the two claims as a token carries them, in the form of RFC 8785', () => {
  // printf '{"authorization_details":[{"server":"crm","type":"mcp_tool"}],"scope":"tool:query"}' | openssl dgst -sha256
  expect(authorityHash(held)).toBe('U7uJ2fynGcbywz7hZP5A5HnO5lXf4VpZD73hgbfdizM')
  expect(authorityHash(anything)).toBeNull()
})

test('no ceiling, no authority and either ceiling alone hash differently', () => {
  const hashes = [anything, scoped(), detailed(), { scopes: [], details: [] }, scoped('a')].map(authorityHash)
  expect(new Set(hashes).size).toBe(hashes.length)
})
