import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { policyToJson } from '@cedar-policy/cedar-wasm/nodejs'
import { expect, test } from 'vitest'
import { assert } from '../../src/base/assert.ts'
import { compilePolicies } from '../../src/policy/compile.ts'
import { decide } from '../../src/policy/decide.ts'
import { type EstPolicy, lowerPolicy } from '../../src/policy/lower.ts'
import { evaluateOracle } from '../../src/policy/oracle.ts'
import { openPolicy } from '../../src/policy/snapshot.ts'
import { describeProblem, isCompiled } from '../../src/policy/source.ts'
import { cast, decideNow, invoke, localOracle, noOracle, snapshotOf, sourceWith } from '../unit/policy/fixtures.ts'

const schema = readFileSync(join(import.meta.dirname, '../../config/policy/schema.cedarschema'), 'utf8')
const everything = '@id("all") permit(principal, action, resource);'

function problemsOf(text: string, under = schema): readonly string[] {
  const result = compilePolicies(sourceWith(under, text))
  return isCompiled(result) ? [] : result.map(describeProblem)
}

/** Opens a policy that validation would refuse, beside one that permits everything. */
function openUnchecked(text: string) {
  const source = sourceWith(schema, text)
  const policies = [everything, text].map((text, at) => {
    const answer = policyToJson(text)
    assert(answer.type === 'success', 'an unchecked policy parses')
    return lowerPolicy(['all', 'bad'][at] ?? '', text, answer.json as EstPolicy)
  })
  const compiled = { hash: source.hash, schemaHash: source.schemaHash, policies, warnings: [] }
  return openPolicy({ source, compiled, oracle: noOracle, ...cast })
}

test.each([
  ['a missing attribute', 'principal.nope'],
  ['an attribute that every JavaScript object has', 'principal.constructor == 1'],
  ['an absent optional attribute', 'context.human.disabled'],
  ['an overflow', 'context.depth + 9007199254740991 * 1025 > 0'],
  ['a type error', 'context.depth < "6"'],
  ['a condition that is no boolean', 'context.depth'],
  ['an entity that does not exist', 'Weir::Agent::"ghost".contained'],
  ['an error only a branch deep', 'if context.depth > 0 then principal.nope else true'],
])('%s turns no forbid off: the call is denied', (_what, condition) => {
  for (const effect of ['forbid', 'permit']) {
    const policy = openUnchecked(`${effect}(principal, action, resource) when { ${condition} };`)
    expect(decideNow(policy, invoke('console', 'writer'))).toMatchObject({
      code: 'policy_denied',
      rule: 'bad',
      detail: expect.stringContaining('could not evaluate bad') as unknown,
    })
  }
})

test('an error in a policy the oracle evaluates is a no as well', async () => {
  const text = `${everything}
    @id("far") forbid(principal, action, resource) when { ip("10.0.0.1").isLoopback() || context.depth * 9223372036854775807 > 0 };`
  const policy = snapshotOf(sourceWith(schema, text), cast, localOracle)
  const verdict = await decide(policy, invoke('console', 'writer', { depth: 2 }))
  expect(verdict).toMatchObject({ code: 'policy_denied', rule: 'far' })
})

test('a request that does not fit the schema is a no', () => {
  const request = {
    principal: { type: 'Weir::Agent', id: 'console' },
    action: { type: 'Weir::Action', id: 'invoke' },
    resource: { type: 'Weir::Agent', id: 'writer' },
    context: { depth: 'six' },
    entities: [],
  }
  const answer = evaluateOracle({ hash: 'unfit', schema, policies: { all: everything }, request })
  expect(answer).toMatchObject({ decision: 'deny', errors: [{ id: 'request' }] })
})

test('an oracle that is handed broken policies says no, and does not fall back to the ones before', () => {
  const request = { action: { type: 'Weir::Action', id: 'invoke' }, context: {}, entities: [] }
  const agent = { type: 'Weir::Agent', id: 'console' }
  const question = { hash: 'broken', schema, request: { ...request, principal: agent, resource: agent } }
  for (const _ of [1, 2])
    expect(evaluateOracle({ ...question, policies: { all: 'permit(' } })).toMatchObject({ decision: 'deny' })
})

test.each<[string, string, RegExp]>([
  ['a syntax error', '// é\npermit(principal,, action, resource);', /^test\.cedar:2:18 unexpected token `,`/],
  [
    'an unknown attribute',
    `${everything}\n@id("x") permit(principal, action, resource)\n  when { principal.nope };`,
    /^test\.cedar:3:10 attribute `nope`/,
  ],
  [
    'an unguarded optional attribute',
    '@id("x") permit(principal, action, resource) when { context.human.disabled };',
    /^test\.cedar:1:53 unable to guarantee safety/,
  ],
  [
    'an unknown action',
    '@id("x") permit(principal, action == Weir::Action::"invok", resource);',
    /^test\.cedar:1:38 unrecognized action.*did you mean.*invoke/,
  ],
  [
    'an unknown type',
    '@id("x") permit(principal is Weir::Agnt, action, resource);',
    /^test\.cedar:1:\d+ unrecognized entity type/,
  ],
  [
    'a type mismatch',
    '@id("x") permit(principal, action, resource) when { context.depth == "6" };',
    /^test\.cedar:1:53 /,
  ],
  [
    'a policy without an id',
    `${everything}\n\npermit(principal, action, resource);`,
    /^test\.cedar:3:1 a policy needs an @id/,
  ],
  [
    'an id that could not be a label',
    '@id("No spaces") permit(principal, action, resource);',
    /^test\.cedar:1:1 a policy needs an @id/,
  ],
  [
    'an id that means something else',
    '@id("default") permit(principal, action, resource);',
    /^test\.cedar:1:1 the id default is reserved/,
  ],
  [
    'the same id twice',
    `${everything}\n  ${everything}`,
    /^test\.cedar:2:3 the id all is already taken at test\.cedar:1$/,
  ],
  [
    'a template',
    '@id("x") permit(principal == ?principal, action, resource);',
    /^test\.cedar:1:1 policy templates are not supported/,
  ],
  ['text that is no policy', 'allow everything', /^test\.cedar:1:/],
])('%s is refused at load, with its place', (_what, text, expected) => {
  expect(problemsOf(text)).toEqual(expect.arrayContaining([expect.stringMatching(expected)]))
})

test('the tenth policy and later keep their places although Cedar sorts them as text', () => {
  const many = Array.from({ length: 12 }, (_, at) => `@id("p${at % 11}") permit(principal, action, resource);`)
  expect(problemsOf(many.join('\n'))).toEqual(['test.cedar:12:1 the id p0 is already taken at test.cedar:1'])
})

test('a broken schema is refused with its place, and so are groups of actions', () => {
  expect(problemsOf(everything, 'namespace Weir {\n  entity Te@m;\n}')[0]).toMatch(/^schema\.cedarschema:2:12 /)
  const grouped = schema.replace('action callTool', 'action any;\n  action callTool in [any]')
  expect(problemsOf(everything, grouped)).toEqual(['schema.cedarschema groups of actions are not supported'])
})

test('every mistake of every file is reported at once', () => {
  const text =
    '@id("x") permit(principal, action, resource) when { context.a && context.b };\npermit(principal, action, resource);'
  expect(problemsOf(text).length).toBeGreaterThanOrEqual(2)
})

test('what is legal but can never apply is a warning', () => {
  const result = compilePolicies(sourceWith(schema, '@id("x") permit(principal, action, resource) when { false };'))
  assert(isCompiled(result), 'an impossible policy is legal')
  expect(result.warnings.map(describeProblem)).toEqual([expect.stringMatching(/^test\.cedar:1:1 policy is impossible/)])
})

test.each([
  ['extension functions', 'ip("10.0.0.1").isLoopback()'],
  ['numbers that JSON rounds', 'context.depth < 9007199254740993'],
  ['a name that JavaScript objects cannot have', '{"__proto__": 1} == {"a": 1}'],
  ['expressions too deep for the stack', `${'context.depth == 1 || '.repeat(600)}false`],
])('%s are left to the oracle', (_what, condition) => {
  const answer = policyToJson(`permit(principal, action, resource) when { ${condition} };`)
  assert(answer.type === 'success', 'an uncovered policy parses')
  expect(lowerPolicy('x', '', answer.json as EstPolicy).uncovered).toHaveLength(1)
})
