import { expect, test } from 'vitest'
import { misfitsOf, readDetails, readScopes } from '../../../../src/domain/authority/read.ts'

/** One detail of every type with every member it knows. */
const whole = [
  { type: 'agent_invoke', targets: ['database'], methods: ['SendMessage'] },
  {
    type: 'mcp_tool',
    server: 'crm-db',
    tools: ['query'],
    args: {
      '/table': { in: ['accounts', 1, true] },
      '/where/region': { eq: 'EU' },
      '/limit': { max: 100, min: 1 },
      '/path': { prefix: '/data/' },
    },
  },
  { type: 'mcp_resource', server: 'crm-db', uri_prefix: 'crm://accounts/' },
  { type: 'model_use', models: ['small'], max_output_tokens: 1000, max_usd_u: 0 },
  { type: 'http_api', api: 'billing', operations: ['getInvoice'] },
  { type: 'db_query', source: 'crm', tables: ['accounts'], columns: ['name'], predicates: ["region = 'EU'"] },
]

test('every registered type is read with all its members', () => {
  expect(readDetails(whole)).toEqual([
    whole[0],
    { ...whole[1], args: { ...whole[1]?.args, '/table': { in: ['accounts', 1, true] } } },
    ...whole.slice(2),
  ])
})

test('lists are sets: their order and repetition say nothing', () => {
  expect(readDetails([{ type: 'mcp_tool', tools: ['b', 'a', 'b'], args: { '/x': { in: [2, '2', 10, 2] } } }])).toEqual([
    { type: 'mcp_tool', tools: ['a', 'b'], args: { '/x': { in: ['2', 10, 2] } } },
  ])
})

test('an empty list of details is read as nothing, and an empty set as nobody', () => {
  expect(readDetails([])).toEqual([])
  expect(readDetails([{ type: 'agent_invoke', targets: [] }])).toEqual([{ type: 'agent_invoke', targets: [] }])
})

test('what is read shares nothing with what was sent', () => {
  const tools = ['a']
  const read = readDetails([{ type: 'mcp_tool', tools }])
  tools.push('b')
  expect(read).toEqual([{ type: 'mcp_tool', tools: ['a'] }])
})

const texts = 'a list of at most 256 items, each a text of 1 to 256 characters'
const types = 'one of agent_invoke, mcp_tool, mcp_resource, model_use, http_api, db_query'
const many = (length: number): string[] => Array.from({ length }, (_, i) => `n${i}`)
const pointers = (length: number): unknown => Object.fromEntries(many(length).map((name) => [`/${name}`, { eq: 1 }]))

test.each<readonly [string, unknown, string]>([
  ['no list', {}, 'authorization_details is no list of at most 32 details'],
  ['33 details', Array(33).fill(whole[0]), 'authorization_details is no list of at most 32 details'],
  ['a text for a detail', ['x'], 'authorization_details[0] does not fit, expected a mapping with a type'],
  ['a detail without a type', [{}], `authorization_details[0].type does not fit, expected ${types}`],
  ['an unknown type', [{ type: 'admin' }], `authorization_details[0].type does not fit, expected ${types}`],
  ['an inherited type', [{ type: 'constructor' }], `authorization_details[0].type does not fit, expected ${types}`],
  ['a type that is no text', [{ type: ['mcp_tool'] }], `authorization_details[0].type does not fit, expected ${types}`],
  [
    'an unknown member',
    [{ type: 'mcp_tool', actions: ['read'] }],
    'authorization_details[0] has an unknown member, expected one of server, tools, args',
  ],
  [
    'a member of another type',
    [whole[0], { type: 'agent_invoke', tools: [] }],
    'authorization_details[1] has an unknown member, expected one of targets, methods',
  ],
  [
    'the prototype as a member',
    [JSON.parse('{"type":"mcp_tool","__proto__":{}}')],
    'authorization_details[0] has an unknown member, expected one of server, tools, args',
  ],
  [
    'a text for a list',
    [{ type: 'mcp_tool', tools: 'query' }],
    `authorization_details[0].tools does not fit, expected ${texts}`,
  ],
  [
    'null for a list',
    [{ type: 'mcp_tool', tools: null }],
    `authorization_details[0].tools does not fit, expected ${texts}`,
  ],
  [
    'a list of 257',
    [{ type: 'mcp_tool', tools: many(257) }],
    `authorization_details[0].tools does not fit, expected ${texts}`,
  ],
  [
    'an empty text',
    [{ type: 'mcp_tool', tools: ['a', ''] }],
    'authorization_details[0].tools does not fit, expected a text of 1 to 256 characters',
  ],
  [
    'a text of 257',
    [{ type: 'mcp_tool', server: 'x'.repeat(257) }],
    'authorization_details[0].server does not fit, expected a text of 1 to 256 characters',
  ],
  [
    'a lone surrogate',
    [{ type: 'mcp_tool', server: '\ud800' }],
    'authorization_details[0].server does not fit, expected a text of 1 to 256 characters',
  ],
  [
    'a target that is no slug',
    [{ type: 'agent_invoke', targets: ['agent:database'] }],
    'authorization_details[0].targets does not fit, expected the slug of an agent',
  ],
  [
    'a pointer without its slash',
    [{ type: 'mcp_tool', args: { limit: { max: 1 } } }],
    'authorization_details[0].args has an unknown member, expected a JSON pointer of at most 256 characters, such as /limit',
  ],
  [
    'a rule that says nothing',
    [{ type: 'mcp_tool', args: { '/limit': {} } }],
    'authorization_details[0].args does not fit, expected a mapping with at least one of eq, in, max, min, prefix',
  ],
  [
    'rules for nothing',
    [{ type: 'mcp_tool', args: {} }],
    'authorization_details[0].args does not fit, expected a mapping of 1 to 256 JSON pointers to rules',
  ],
  [
    'rules for 257 arguments',
    [{ type: 'mcp_tool', args: pointers(257) }],
    'authorization_details[0].args does not fit, expected a mapping of 1 to 256 JSON pointers to rules',
  ],
  [
    'an unknown constraint',
    [{ type: 'mcp_tool', args: { '/limit': { lt: 5 } } }],
    'authorization_details[0].args has an unknown member, expected one of eq, in, max, min, prefix',
  ],
  [
    'a mapping as a value',
    [{ type: 'mcp_tool', args: { '/x': { eq: {} } } }],
    'authorization_details[0].args does not fit, expected a text of 1 to 256 characters, a whole number from 0 to 9007199254740991, true or false',
  ],
])('%s is refused with a sentence', (_what, value, sentence) => {
  expect(readDetails(value)).toBe(sentence)
})

test('1024 values are read and one more is refused, however they are spread', () => {
  const details = (last: number): unknown => [256, 256, 256, last].map((n) => ({ type: 'mcp_tool', tools: many(n) }))
  // The type of each detail is a value as well.
  expect(readDetails(details(252))).toHaveLength(4)
  expect(readDetails(details(253))).toBe(
    'authorization_details[3] does not fit, expected at most 1024 values in all details together',
  )
  expect(misfitsOf(details(253)).map(({ path }) => path)).toEqual([[3]])
})

test('a sentence quotes nothing of what was sent', () => {
  const canary = 'canary-4711'
  for (const detail of [
    { type: canary },
    { type: 'mcp_tool', [canary]: 1 },
    { type: 'mcp_tool', tools: [[canary]] },
    { type: 'mcp_tool', args: { [canary]: { eq: 1 } } },
    { type: 'mcp_tool', args: { [`/${canary}`]: { [canary]: 1 } } },
    { type: 'mcp_tool', args: { [`/${canary}`]: { max: canary } } },
  ]) {
    expect(readDetails([detail])).toMatch(/^authorization_details\[0\]/)
    expect(readDetails([detail])).not.toContain(canary)
  }
})

test('an operator sees one mistake of every detail with its whole path', () => {
  const misfits = misfitsOf([
    { type: 'mcp_tool', args: { '/limit': { max: -1 } } },
    whole[0],
    { type: 'agent_invok' },
    { type: 'mcp_tool', toolz: [] },
  ])
  expect(misfits.map(({ path, atKey }) => [path, atKey])).toEqual([
    [[0, 'args', '/limit', 'max'], false],
    [[2, 'type'], false],
    [[3, 'toolz'], true],
  ])
  expect(misfitsOf('no list')).toEqual([])
})

test('scopes are read as a set', () => {
  expect(readScopes('tool:query agent:invoke tool:query')).toEqual(['agent:invoke', 'tool:query'])
  expect(readScopes('!#[]~')).toEqual(['!#[]~'])
  expect(readScopes('')).toEqual([])
})

test.each<readonly [string, unknown]>([
  ['no text', ['a']],
  ['nothing at all', undefined],
  ['two spaces', 'a  b'],
  ['a space in front', ' a'],
  ['a tab', 'a\tb'],
  ['a line break', 'a\nb'],
  ['a quote', 'a"b'],
  ['a backslash', 'a\\b'],
  ['a letter beyond ASCII', 'é'],
  ['a value of 257 characters', 'x'.repeat(257)],
  ['65 values', many(65).join(' ')],
  ['a very long text', 'x '.repeat(100_000)],
])('a scope with %s is refused with a sentence', (_what, value) => {
  expect(readScopes(value)).toMatch(/^scope (?:is no|has more than 64)/)
})

test('64 values of 256 characters are still read', () => {
  expect(readScopes(many(64).join(' '))).toHaveLength(64)
  expect(readScopes('x'.repeat(256))).toHaveLength(1)
})
