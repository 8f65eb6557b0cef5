import { expect, test } from 'vitest'
import type { ListedTool } from '../../../src/catalogue/contract.ts'
import { Schemas } from '../../../src/catalogue/schemas.ts'

let tools = 0
function listed(
  inputSchema: unknown,
  over: Partial<ListedTool> & { readonly outputSchema?: unknown } = {},
): ListedTool {
  const { outputSchema, ...rest } = over
  const definition = Buffer.from(JSON.stringify({ name: 'a', inputSchema, outputSchema }))
  const names = { server: 'files', name: 'a', exposed: 'files_a', mirrors: [] }
  return { ...names, definition, digest: `sha256:${(tools += 1)}`, state: 'approved', why: null, ...rest }
}

const schemas = new Schemas()
const misfit = (schema: unknown, args: unknown) =>
  schemas.misfit(listed(schema), 'inputSchema', args === undefined ? null : Buffer.from(JSON.stringify(args)))
const object = (properties: object, over: object = {}) => ({ type: 'object', properties, ...over })

test.each<readonly [string, unknown, unknown, string]>([
  ['what is missing', object({}, { required: ['path'] }), undefined, 'The argument path is required.'],
  ['a wrong kind', object({ n: { type: 'integer' } }), { n: 'five' }, 'The argument n must be integer, not string.'],
  ['a value that is none', object({ u: { enum: ['a', 'b'] } }), { u: 'c' }, 'The argument u must be one of "a", "b".'],
  [
    'a place deep inside',
    object({ l: { items: object({ x: { maximum: 1 } }) } }),
    { l: [{}, { x: 2 }] },
    'The argument l[1].x must be at most 1.',
  ],
  [
    'a member nobody knows',
    object({ path: {} }, { additionalProperties: false }),
    { pth: 1 },
    'The argument pth is not known; known are "path".',
  ],
  ['the whole', object({}), [], 'The arguments must be object, not array.'],
  [
    'an alternative that nearly fits',
    {
      anyOf: [
        object({}, { required: ['a'] }),
        object({ b: object({ c: { const: 1 } }, { required: ['c'] }) }, { required: ['b'] }),
      ],
    },
    { b: { c: 2 } },
    'The argument b.c must be 1.',
  ],
  [
    'a reference',
    object({ a: { $ref: '#/$defs/s' } }, { $defs: { s: { minLength: 2 } } }),
    { a: 'x' },
    'The argument a must have at least 2 characters.',
  ],
  [
    'an anchor',
    object({ a: { $ref: '#s' } }, { $defs: { s: { $anchor: 's', type: 'null' } } }),
    { a: 'x' },
    'The argument a must be null, not string.',
  ],
  [
    'a number beside null',
    object({ a: { type: 'string', nullable: true } }),
    { a: 1 },
    'The argument a must be string, not integer.',
  ],
])('%s is said in one sentence', (_name, schema, args, sentence) => {
  expect(misfit(schema, args)).toBe(sentence)
})

test('what was sent is never repeated at length, nor anything invisible in it', () => {
  const sentence =
    misfit(object({}, { additionalProperties: false }), { [`\u200b${'x'.repeat(5000)}`]: 'secret' }) ?? ''
  expect(sentence.length).toBeLessThan(120)
  expect(sentence).toContain('\\u{200B}')
  expect(sentence).not.toContain('secret')
})

test.each<readonly [string, unknown, unknown]>([
  ['a pattern with look-ahead', object({ a: { pattern: '^(?=x)' } }), { a: 'y' }],
  ['a remote reference', object({ a: { $ref: 'https://evil.example/' } }), { a: 1 }],
  ['a reference to nothing', object({ a: { $ref: '#/$defs/none' } }), { a: 1 }],
  ['a reference to itself', { $ref: '#' }, { a: 1 }],
  ['a dynamic reference', { $dynamicRef: '#x', type: 'null' }, {}],
  ['unevaluated members', object({}, { unevaluatedProperties: false }), { a: 1 }],
  ['arguments nobody should parse here', object({ a: { type: 'null' } }), { a: 'x'.repeat(140_000) }],
])('nobody can tell with %s', (_name, schema, args) => {
  expect(misfit(schema, args)).toBe(null)
})

test('operators are told which schemas nobody can check', () => {
  expect(schemas.unchecked(listed(object({ a: { pattern: '(a)\\1' } })))).toMatch(
    /^inputSchema is not checked: a pattern/,
  )
  expect(schemas.unchecked(listed({}, { outputSchema: { unevaluatedItems: false } }))).toMatch(
    /^outputSchema is not checked/,
  )
  expect(schemas.unchecked(listed(object({ a: { pattern: '^a+$' } })))).toBe(null)
})

test('a schema that doubles its work at every step, and a value of a hundred thousand letters, end soon', () => {
  const $defs: Record<string, unknown> = { a40: {} }
  for (let at = 0; at < 40; at += 1) {
    const $ref = `#/$defs/a${at + 1}`
    $defs[`a${at}`] = { allOf: [{ $ref }, { $ref }] }
  }
  expect(misfit({ $ref: '#/$defs/a0', $defs }, {})).toBe(null)
  expect(misfit(object({ a: { pattern: '(a+)+$' } }), { a: `${'a'.repeat(100_000)}b` })).toBe(null)
  expect(misfit(object({ a: { pattern: '(a+)+$' } }), { a: `${'a'.repeat(200)}b` })).toMatch(/must match/)
})

test('words that mean something to JavaScript mean nothing here', () => {
  expect(
    misfit({ constructor: 1, toString: {}, hasOwnProperty: false, properties: { valueOf: { type: 'null' } } }, {}),
  ).toBe(null)
})

test('a result is held against the schema of results', () => {
  const tool = listed({}, { outputSchema: object({ n: { type: 'number' } }) })
  expect(schemas.misfit(tool, 'outputSchema', Buffer.from('{"n":"x"}'))).toBe(
    'The member n must be number, not string.',
  )
  expect(schemas.misfit(tool, 'outputSchema', Buffer.from('{"n":1}'))).toBe(null)
  expect(schemas.misfit(listed({}), 'outputSchema', Buffer.from('{"n":1}'))).toBe(null)
})

test('what was quarantined when it was first asked about is checked once it is approved', () => {
  const schema = object({}, { required: ['a'] })
  const held = listed(schema, { state: 'quarantined', digest: 'sha256:held' })
  expect(schemas.misfit(held, 'inputSchema', null)).toBe(null)
  expect(schemas.misfit({ ...held, state: 'approved' }, 'inputSchema', null)).toBe('The argument a is required.')
})
