import { policyToJson, preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assert } from '../../src/base/assert.ts'
import { readArguments } from '../../src/policy/arguments.ts'
import { writeCedarRequest } from '../../src/policy/cedar-request.ts'
import { judge, type Judgement } from '../../src/policy/judge.ts'
import { type EstPolicy, lowerPolicy } from '../../src/policy/lower.ts'
import type { OracleAnswer, PolicyRequest } from '../../src/policy/question.ts'
import { Failure, RecordValue } from '../../src/policy/values.ts'
import { openPolicy, type PolicySnapshot } from '../../src/policy/snapshot.ts'
import { sourceOf } from '../../src/policy/load.ts'
import { noOracle } from '../unit/policy/fixtures.ts'
import { facts, policyText, request } from './policy-grammar.ts'

const sets = 400
const requestsEach = 256
const schema = { name: 'schema.cedarschema', text: '' }

/** Opens policies without validating them, so that errors which validation would have caught happen as well. */
function openUnchecked(texts: readonly string[]): PolicySnapshot {
  const source = sourceOf(schema, [{ name: 'random.cedar', text: texts.join('\n') }])
  const policies = texts.map((text, index) => {
    const answer = policyToJson(text)
    assert(answer.type === 'success', `the grammar writes policies that parse: ${text}`)
    return lowerPolicy(`p${index}`, text, answer.json as EstPolicy)
  })
  const { hash, schemaHash } = source
  return openPolicy({ source, compiled: { hash, schemaHash, policies, warnings: [] }, oracle: noOracle, ...facts })
}

function prepare(texts: readonly string[]): void {
  const staticPolicies = Object.fromEntries(texts.map((text, index) => [`p${index}`, text]))
  expect(preparsePolicySet('random', { staticPolicies })).toEqual({ type: 'success' })
}

/** What Cedar says, asked without a schema. */
function askCedar(snapshot: PolicySnapshot, request: PolicyRequest): OracleAnswer {
  const { world } = snapshot
  const [principal, resource] = [world.agent(request.principal), world.target(request.resource)]
  assert(principal !== undefined && resource !== undefined, 'requests are among registered entities')
  const frame = {
    principal,
    resource,
    action: snapshot.action(request.action),
    context: world.context(request.context),
  }
  const { policies, reads } = snapshot.candidates(request.action, principal, resource)
  if (reads !== null && request.resource.kind === 'tool') {
    const args = readArguments(request.args ?? null, reads)
    assert(!(args instanceof Failure), 'the grammar writes arguments with one reading')
    frame.context = new RecordValue({ ...frame.context.fields, args })
  }
  const call = writeCedarRequest(
    frame,
    policies.flatMap((policy) => policy.mentions),
  )
  const answer = statefulIsAuthorized({ ...call, preparsedPolicySetId: 'random' })
  assert(answer.type === 'success', 'Cedar can judge a random request')
  const { decision, diagnostics } = answer.response
  const errors = diagnostics.errors.map(({ policyId, error }) => ({ id: policyId, message: error.message }))
  return { decision, policies: diagnostics.reason, errors }
}

function comparable(allowed: boolean, { policies, errors }: Pick<Judgement, 'policies' | 'errors'>) {
  return { allowed, policies: policies.toSorted(), errors: errors.map(({ id }) => id).toSorted() }
}

test('compiled policies decide, for the same reasons and with the same errors, as Cedar does', () => {
  const seen = { allowed: 0, forbidden: 0, byDefault: 0, errors: 0, compared: 0 }
  fc.assert(
    fc.property(
      fc.array(policyText, { minLength: 1, maxLength: 8 }),
      fc.array(request, { minLength: requestsEach, maxLength: requestsEach }),
      (texts, requests) => {
        const snapshot = openUnchecked(texts)
        expect(snapshot.uncovered).toEqual([])
        prepare(texts)
        for (const request of requests) {
          const ours = judge(snapshot, request)
          assert(!(ours instanceof Promise), 'covered policies are judged at once')
          const cedars = askCedar(snapshot, request)
          // Cedar skips what it cannot evaluate; here that is a no.
          const allowed = cedars.decision === 'allow' && cedars.errors.length === 0
          const [left, right] = [comparable(ours.allowed, ours), comparable(allowed, cedars)]
          if (JSON.stringify(left) !== JSON.stringify(right))
            expect({ ...left, request }).toEqual({ ...right, request })
          seen.compared += 1
          if (ours.errors.length > 0) seen.errors += 1
          else if (ours.allowed) seen.allowed += 1
          else if (ours.policies.length > 0) seen.forbidden += 1
          else seen.byDefault += 1
        }
      },
    ),
    { numRuns: sets, interruptAfterTimeLimit: 120_000, markInterruptAsFailure: true },
  )
  expect(seen.compared).toBeGreaterThanOrEqual(100_000)
  // The law says little if the requests all end the same way.
  for (const share of [seen.allowed, seen.forbidden, seen.byDefault, seen.errors])
    expect(share / seen.compared).toBeGreaterThan(0.03)
}, 180_000)
