import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anything, type Authority } from '../../../src/domain/authority.ts'
import { type AuthorityAsk, covers, meet } from '../../../src/domain/covers.ts'

const asks: readonly AuthorityAsk[] = ['a', 'b', 'c'].flatMap((slug) =>
  ['SendMessage', 'SendStreamingMessage'].map((method) => ({ kind: 'agent' as const, slug, method })),
)
const allowed = (authority: Authority): readonly AuthorityAsk[] => asks.filter((ask) => covers(authority, ask))

const invoke = fc.record(
  {
    type: fc.constant('agent_invoke' as const),
    targets: fc.subarray(['a', 'b', 'c']),
    methods: fc.subarray(['SendMessage', 'SendStreamingMessage']),
  },
  { requiredKeys: ['type'] },
)
const other = fc.record({ type: fc.constant('mcp_tool' as const), server: fc.constantFrom('x', 'y') })
const authorities: fc.Arbitrary<Authority> = fc.record({
  scopes: fc.option(fc.subarray(['agent:invoke', 'tool:query'])),
  details: fc.option(fc.array(fc.oneof(invoke, other), { maxLength: 3 })),
})

test('an authority without ceilings covers every call, an empty one none', () => {
  expect(allowed(anything)).toEqual(asks)
  expect(allowed({ scopes: [], details: null })).toEqual([])
  expect(allowed({ scopes: null, details: [] })).toEqual([])
})

test('a detail covers the targets and methods it names, and every one where it names none', () => {
  const details = [{ type: 'agent_invoke', targets: ['a'], methods: ['SendMessage'] }] as const
  expect(allowed({ scopes: ['agent:invoke'], details })).toEqual([{ kind: 'agent', slug: 'a', method: 'SendMessage' }])
  expect(allowed({ scopes: null, details: [{ type: 'agent_invoke' }] })).toEqual(asks)
  expect(allowed({ scopes: null, details: [{ type: 'mcp_tool' }] })).toEqual([])
})

test('what two authorities allow together is exactly what each of them allows', () => {
  fc.assert(
    fc.property(authorities, authorities, (a, b) => {
      expect(allowed(meet(a, b))).toEqual(allowed(a).filter((ask) => covers(b, ask)))
    }),
  )
})

test('details of other kinds stay only where both say the same', () => {
  const [x, y] = [{ type: 'mcp_tool', server: 'x' } as const, { type: 'mcp_tool', server: 'y' } as const]
  const both = meet({ scopes: null, details: [x, y] }, { scopes: null, details: [y] })
  expect(both).toEqual({ scopes: null, details: [y] })
})
