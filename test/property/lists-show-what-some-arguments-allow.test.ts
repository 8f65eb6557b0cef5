import { policyToJson } from '@cedar-policy/cedar-wasm/nodejs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assert } from '../../src/base/assert.ts'
import { judge, mayBeAllowed } from '../../src/policy/judge.ts'
import { sourceOf } from '../../src/policy/load.ts'
import { type EstPolicy, lowerPolicy } from '../../src/policy/lower.ts'
import { openPolicy } from '../../src/policy/snapshot.ts'
import { noOracle } from '../unit/policy/fixtures.ts'
import { facts, policyText, request } from './policy-grammar.ts'

const onTools = request.map((each) => ({
  ...each,
  action: 'callTool' as const,
  resource: { kind: 'tool' as const, id: 'web_search' },
}))

test('whatever is allowed with some arguments is seen by whoever does not know them, and nothing is called unknown', () => {
  const seen = { allowed: 0, hidden: 0 }
  fc.assert(
    fc.property(
      fc.array(policyText, { minLength: 1, maxLength: 4 }),
      fc.array(onTools, { minLength: 128, maxLength: 128 }),
      (texts, requests) => {
        const source = sourceOf({ name: 'schema.cedarschema', text: '' }, [{ name: 'a.cedar', text: texts.join('\n') }])
        const policies = texts.map((text, index) => {
          const answer = policyToJson(text)
          assert(answer.type === 'success', 'the grammar writes policies that parse')
          return lowerPolicy(`p${index}`, text, answer.json as EstPolicy)
        })
        const { hash, schemaHash } = source
        const compiled = { hash, schemaHash, policies, warnings: [] }
        const snapshot = openPolicy({ source, compiled, oracle: noOracle, ...facts })
        for (const { args, ...unknown } of requests) {
          const judged = judge(snapshot, { ...unknown, args: args ?? null })
          const blind = judge(snapshot, unknown)
          const shown = mayBeAllowed(snapshot, unknown)
          assert(!(judged instanceof Promise) && !(blind instanceof Promise), 'covered policies are judged at once')
          if (judged.allowed) expect({ shown, texts }).toEqual({ shown: true, texts })
          if (blind.allowed) expect(judged.allowed).toBe(true)
          seen.allowed += Number(judged.allowed)
          seen.hidden += Number(shown === false)
        }
      },
    ),
    { numRuns: 200 },
  )
  expect(Math.min(seen.allowed, seen.hidden)).toBeGreaterThan(500)
}, 120_000)
