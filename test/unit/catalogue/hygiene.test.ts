import { expect, test } from 'vitest'
import { hygieneFindings, visibleText } from '../../../src/catalogue/hygiene.ts'
import { mirrorsOf } from '../../../src/catalogue/mirrors.ts'
import { tool } from '../../support/catalogue.ts'

const maximums = { tool_description_chars: 8192 }
const findings = (over: Readonly<Record<string, unknown>>) => hygieneFindings(tool('a', over), maximums)
const property = (schema: unknown) => ({ inputSchema: { type: 'object', properties: { x: schema } } })

test.each<readonly [string, Readonly<Record<string, unknown>>, string]>([
  ['a zero-width space', { description: 'a\u200bb' }, '$.description holds an invisible character, \\u{200B}'],
  ['a tag', { description: 'a\u{e0041}' }, '$.description holds an invisible character, \\u{E0041}'],
  ['a bidirectional override', { title: '\u202eabc' }, '$.title holds an invisible character, \\u{202E}'],
  ['a terminal escape', { description: '\u001b[8mx' }, '$.description holds a terminal escape, \\u{001B}'],
  ['an HTML comment', { description: 'a <!-- b -->' }, '$.description holds an HTML comment'],
  [
    'one in an enum',
    property({ enum: ['a\u2060'] }),
    '$.inputSchema.properties.x.enum[0] holds an invisible character, \\u{2060}',
  ],
  [
    'one in the name of a member',
    property({ 'a\u00ad': 1 }),
    'a name in $.inputSchema.properties.x holds an invisible character, \\u{00AD}',
  ],
  ['one in _meta', { _meta: { y: '\ufeff' } }, '$._meta.y holds an invisible character, \\u{FEFF}'],
  ['a blank of Braille', { description: 'a\u2800' }, '$.description holds an invisible character, \\u{2800}'],
  [
    'a joiner between Latin letters',
    { description: 'a\u200db' },
    '$.description holds an invisible character, \\u{200D}',
  ],
  [
    'selectors that carry data',
    { description: 'a\u{e0101}' },
    '$.description holds an invisible character, \\u{E0101}',
  ],
  [
    'too long a description',
    { description: 'a'.repeat(8193) },
    '$.description has 8193 characters, more than maximums.tool_description_chars (8192)',
  ],
  [
    'a schema that is elsewhere',
    property({ $ref: 'https://evil.example/s' }),
    '$.inputSchema.properties.x.$ref leads outside of the definition',
  ],
  [
    'a huge pattern',
    property({ pattern: 'a'.repeat(1025) }),
    '$.inputSchema.properties.x has a pattern of more than 1024 characters',
  ],
  [
    'a huge schema',
    property({ enum: Array.from({ length: 4100 }, () => ({})) }),
    '$.inputSchema has more than 4096 parts',
  ],
])('%s is found', (_name, over, finding) => {
  expect(findings(over)).toEqual([finding])
})

test.each([
  ['emoji', 'Done \u2705, \u{1f468}\u200d\u{1f469}\u200d\u{1f467}, \u2764\ufe0f, \u{1f44d}\u{1f3fd}, 1\ufe0f\u20e3'],
  ['Persian', '\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645'],
  ['Hindi', '\u0915\u094d\u200d\u0937'],
  ['lines and tabs', 'a\n\tb\r\n'],
  ['other scripts', '日本語 Ελληνικά русский'],
])('%s are spelling', (_name, description) => {
  expect(findings({ description })).toEqual([])
})

test('what is invisible is written out for people', () => {
  expect(visibleText('a\u200b\u{e0041}\u001b[0m\n')).toBe('a\\u{200B}\\u{E0041}\\u{001B}[0m\n')
})

const string = { type: 'string', 'x-mcp-header': 'Region' }

test('mirrored members are found at any depth of properties', () => {
  const inner = { type: 'object', properties: { region: string } }
  expect(mirrorsOf({ inputSchema: { type: 'object', properties: { where: inner } } })).toEqual([
    { header: 'Region', path: ['where', 'region'] },
  ])
})

test('a member that is called x-mcp-header is a member', () => {
  expect(mirrorsOf({ inputSchema: { properties: { 'x-mcp-header': { type: 'string' } } } })).toEqual([])
})

test.each<readonly [string, unknown]>([
  ['at the root', { ...string, type: 'object' }],
  ['empty', { properties: { a: { ...string, 'x-mcp-header': '' } } }],
  ['no token', { properties: { a: { ...string, 'x-mcp-header': 'a b' } } }],
  ['with a line feed', { properties: { a: { ...string, 'x-mcp-header': 'a\n' } } }],
  ['at a number', { properties: { a: { ...string, type: 'number' } } }],
  ['at an object', { properties: { a: { ...string, type: 'object' } } }],
  ['twice but for case', { properties: { a: string, b: { ...string, 'x-mcp-header': 'region' } } }],
  ['in items', { properties: { a: { type: 'array', items: string } } }],
  ['in anyOf', { anyOf: [{ properties: { a: string } }] }],
  ['in $defs', { $defs: { a: string } }],
  ['in additionalProperties', { additionalProperties: string }],
])('a mirror %s breaks the definition', (_name, inputSchema) => {
  expect(mirrorsOf({ inputSchema })).toMatch(/x-mcp-header/)
})
