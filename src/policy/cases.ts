/** Tests of a policy folder: what must be allowed or refused, and which policies no test ever makes hold. */
import type { PolicyContext } from './world.ts'
import { type PolicyReading, readRequest } from './explain.ts'
import type { PolicyRequest } from './question.ts'
import type { PolicySnapshot } from './snapshot.ts'
import type { PolicyPlace } from './source.ts'

/** One claim about the policies. */
export interface PolicyCase {
  readonly file: string
  /** Its line in that file. */
  readonly line: number
  readonly name: string
  readonly request: PolicyRequest
  readonly expect: 'allow' | 'deny'
  /** The policy that must have decided; `default` for the refusal of what nothing permits; null for any. */
  readonly policy: string | null
}

export interface CaseResult extends Pick<PolicyCase, 'file' | 'line' | 'name' | 'expect' | 'policy'> {
  readonly passed: boolean
  readonly got: 'allow' | 'deny'
  readonly decided: readonly string[]
  /** Why it did not pass; null where it did. */
  readonly why: string | null
}

export interface TestReport {
  readonly schema: 'weir.policy-test/v1'
  readonly cases: readonly CaseResult[]
  readonly passed: number
  readonly failed: number
  /** Policies that held in no case. */
  readonly uncovered: readonly { readonly policy: string; readonly place: PolicyPlace | null }[]
  readonly policies: number
}

/** What a case says nothing about: a first call of a fresh run, nothing spent, a credential that is bound. */
export function usualContext(principal: PolicyRequest['principal'], env: string): PolicyContext {
  return {
    depth: 1,
    chain: [principal],
    human: null,
    runState: 'active',
    budgetLeftMicros: Number.POSITIVE_INFINITY,
    tokensLeft: Number.POSITIVE_INFINITY,
    calls: 0,
    laps: 0,
    env,
    boundKey: true,
    taint: 'none',
    approved: false,
    scopes: [],
  }
}

export async function runCases(policy: PolicySnapshot, cases: readonly PolicyCase[]): Promise<TestReport> {
  const held = new Set<string>()
  const results: CaseResult[] = []
  for (const each of cases) {
    const { judgement, covering, nearest } = await readRequest(policy, each.request)
    for (const { id, state } of covering) if (state === 'holds') held.add(id)
    // Only Cedar could tell of those; what it said decided is what held.
    for (const id of judgement.policies) held.add(id)
    const got = judgement.allowed ? 'allow' : 'deny'
    const wrong = judgement.errors.map(({ id }) => id)
    const decided = wrong.length > 0 ? wrong : judgement.policies.length > 0 ? judgement.policies : ['default']
    const why =
      whyNot(each, got, decided) ?? (judgement.unknown === null ? null : `${judgement.unknown} is not registered`)
    const { file, line, name, expect, policy: id } = each
    const hint = why === null ? null : why + hintOf(nearest, got)
    results.push({ file, line, name, expect, policy: id, passed: why === null, got, decided, why: hint })
  }
  const all = policy.parts.compiled.policies
  const uncovered = all.filter(({ id }) => !held.has(id)).map(({ id, place }) => ({ policy: id, place: place ?? null }))
  const passed = results.filter((result) => result.passed).length
  const counts = { passed, failed: results.length - passed, policies: all.length }
  return { schema: 'weir.policy-test/v1', cases: results, uncovered, ...counts }
}

function whyNot({ expect, policy }: PolicyCase, got: 'allow' | 'deny', decided: readonly string[]): string | null {
  if (got !== expect) return `expected ${expect}, got ${got} by ${decided.join(', ')}`
  if (policy !== null && !decided.includes(policy))
    return `${got} as expected, but by ${decided.join(', ')} and not by ${policy}`
  return null
}

function hintOf([near]: readonly PolicyReading[], got: 'allow' | 'deny'): string {
  if (got === 'allow' || !near || near.failing === null) return ''
  return `; ${near.id} would permit it if this held: ${near.failing}`
}
