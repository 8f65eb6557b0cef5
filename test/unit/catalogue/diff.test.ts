import { expect, test } from 'vitest'
import { differenceOf } from '../../../src/catalogue/diff.ts'
import { tool } from '../../support/catalogue.ts'

const schema = (x: unknown, over: object = {}) => ({ inputSchema: { type: 'object', properties: { x }, ...over } })

test.each<readonly [string, object, object, readonly string[]]>([
  ['a description', { description: 'a' }, { description: 'b' }, ['text']],
  ['the description of a member', schema({ description: 'a' }), schema({ description: 'b' }), ['text']],
  [
    'a member that is called description',
    schema(1, { properties: { description: 1 } }),
    schema(1, { properties: { description: 2 } }),
    ['schema-narrow', 'schema-widen'],
  ],
  ['one more required', schema(1), schema(1, { required: ['x'] }), ['schema-narrow']],
  ['one less required', schema(1, { required: ['x'] }), schema(1), ['schema-widen']],
  ['a value more', schema({ enum: [1] }), schema({ enum: [1, 2] }), ['schema-widen']],
  ['a value less', schema({ enum: [1, 2] }), schema({ enum: [1] }), ['schema-narrow']],
  ['an enum that is new', schema({}), schema({ enum: [1] }), ['schema-narrow']],
  ['a greater maximum', schema({ maximum: 1 }), schema({ maximum: 2 }), ['schema-widen']],
  ['a greater minimum', schema({ minimum: 1 }), schema({ minimum: 2 }), ['schema-narrow']],
  ['a member more', schema({}), schema({}, { properties: { x: {}, y: {} } }), ['schema-widen']],
  ['another pattern', schema({ pattern: 'a' }), schema({ pattern: 'b' }), ['schema-narrow', 'schema-widen']],
  ['a hint', { annotations: { readOnlyHint: true } }, { annotations: { readOnlyHint: false } }, ['annotation-flip']],
  ['something nobody knows', { _meta: { a: 1 } }, { _meta: { a: 2 } }, ['other']],
])('%s that is another is named what it is', (_name, before, after, classes) => {
  expect(differenceOf(tool('a', { ...before }), tool('a', { ...after })).classes).toEqual(classes)
})

test('lines show what was and what is, with everything invisible, at the place where it begins to differ', () => {
  const long = 'x'.repeat(100)
  const before = tool('a', { description: `${long}old`, title: 'gone', ...schema({ type: 'string' }) })
  const after = tool('a', { description: `${long}new\u200b`, icons: [], ...schema({ type: ['string', 'null'] }) })
  expect(differenceOf(before, after).lines).toEqual([
    `~ $.description: …${'x'.repeat(40)}old" -> …${'x'.repeat(40)}new\\u{200B}"`,
    '+ $.icons: []',
    '~ $.inputSchema.properties.x.type: "string" -> ["string","null"]',
    '- $.title: "gone"',
  ])
})

test('a difference is never longer than a person reads', () => {
  const many = (value: string) =>
    tool('a', { _meta: Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`m${i}`, value])) })
  const { lines } = differenceOf(many('a'), many('b'.repeat(10_000)))
  expect(lines).toHaveLength(61)
  expect(lines.at(-1)).toBe('  and 440 more')
  expect(lines.join('').length).toBeLessThan(61 * 400)
})
