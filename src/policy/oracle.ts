/** Cedar itself as the judge, for policies outside the compiled subset. Runs on a worker thread, one call at a time. */
import { preparsePolicySet, preparseSchema, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import { argumentsName } from './reads-arguments.ts'
import type { OracleAnswer, OracleQuestion } from './question.ts'

/** Cedar cannot forget a prepared set, so the one slot is written over: old policies do not pile up. */
const slot = 'live'
let prepared: string | null = null

/**
 * Judges a request, checked against the schema unless it holds arguments, which say what they like. What Cedar cannot judge is refused with an error whose id is
 * `request`. Never throws for what a question holds.
 */
export function evaluateOracle(question: OracleQuestion): OracleAnswer {
  const trouble = prepare(question)
  if (trouble !== null) return failed(trouble)
  const { request } = question
  const checked = Object.hasOwn(request.context, argumentsName)
    ? {}
    : { preparsedSchemaName: slot, validateRequest: true }
  const answer = statefulIsAuthorized({ ...request, ...checked, preparsedPolicySetId: slot })
  if (answer.type === 'failure') return failed(messages(answer.errors))
  const { decision, diagnostics } = answer.response
  const errors = diagnostics.errors.map(({ policyId, error }) => ({ id: policyId, message: error.message }))
  return { decision, policies: diagnostics.reason, errors }
}

/** Prepares the policies of a question unless they are there already; what went wrong, or null. */
function prepare(question: OracleQuestion): string | null {
  if (prepared === question.hash) return null
  prepared = null
  const schema = preparseSchema(slot, question.schema)
  if (schema.type === 'failure') return messages(schema.errors)
  const policies = preparsePolicySet(slot, { staticPolicies: question.policies })
  if (policies.type === 'failure') return messages(policies.errors)
  prepared = question.hash
  return null
}

function messages(errors: readonly { readonly message: string }[]): string {
  return errors.map((error) => error.message).join('; ')
}

function failed(message: string): OracleAnswer {
  return { decision: 'deny', policies: [], errors: [{ id: 'request', message }] }
}
