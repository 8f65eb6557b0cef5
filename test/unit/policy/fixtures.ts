/** Small makers for policy tests. */
import { assert } from '../../../src/base/assert.ts'
import { type AgentId, isAgentId, isPersonId, type PersonId } from '../../../src/domain/ids.ts'
import type { Denial, Permit } from '../../../src/domain/verdict.ts'
import { compilePolicies } from '../../../src/policy/compile.ts'
import { decide } from '../../../src/policy/decide.ts'
import { sourceOf } from '../../../src/policy/load.ts'
import { evaluateOracle } from '../../../src/policy/oracle.ts'
import type { Oracle, PolicyRequest } from '../../../src/policy/question.ts'
import { openPolicy, type PolicySnapshot } from '../../../src/policy/snapshot.ts'
import { describeProblem, isCompiled, type PolicySource } from '../../../src/policy/source.ts'
import type { AgentFacts, Facts, PolicyContext } from '../../../src/policy/world.ts'

export function agentId(slug: string): AgentId {
  const id = `agent:${slug}`
  assert(isAgentId(id), 'a test names agents by slugs')
  return id
}

export function personId(name: string): PersonId {
  const id = `user:${name}`
  assert(isPersonId(id), 'a test names people by valid names')
  return id
}

export function agentFacts(slug: string, more: Partial<AgentFacts> = {}): AgentFacts {
  return { id: agentId(slug), team: null, groups: [], contained: false, external: false, effect: 'unknown', ...more }
}

/** The cast of the demo. */
export const cast: Facts = {
  agents: [
    agentFacts('console', { groups: ['entrypoints'] }),
    agentFacts('orchestrator', { team: 'insights' }),
    agentFacts('research', { team: 'insights', groups: ['subagents'] }),
    agentFacts('writer', { team: 'insights', groups: ['subagents'] }),
    agentFacts('critic', { team: 'insights', groups: ['subagents'] }),
  ],
  tools: [{ id: 'web/search', server: 'web', effect: 'read' }],
}

export const calm: PolicyContext = {
  depth: 1,
  chain: [agentId('console')],
  human: null,
  runState: 'active',
  budgetLeftMicros: 5_000_000,
  tokensLeft: 500_000,
  calls: 0,
  laps: 0,
  env: 'dev',
  boundKey: false,
  taint: 'none',
  approved: false,
  scopes: [],
}

/** An invocation between two agents. */
export function invoke(from: string, to: string, context: Partial<PolicyContext> = {}): PolicyRequest {
  return {
    action: 'invoke',
    principal: agentId(from),
    resource: { kind: 'agent', id: agentId(to) },
    context: { ...calm, ...context },
  }
}

/** Cedar on this thread instead of a worker. */
export const localOracle: Oracle = async (question) => evaluateOracle(structuredClone(question))

export const noOracle: Oracle = () => Promise.reject(new Error('nobody asks'))

/** A source of one file under a schema. */
export function sourceWith(schema: string, text: string): PolicySource {
  return sourceOf({ name: 'schema.cedarschema', text: schema }, [{ name: 'test.cedar', text }])
}

/** Compiles and opens, as the gateway does across threads. */
export function snapshotOf(source: PolicySource, facts: Facts = cast, oracle: Oracle = noOracle): PolicySnapshot {
  const compiled = compilePolicies(structuredClone(source))
  assert(isCompiled(compiled), isCompiled(compiled) ? '' : compiled.map(describeProblem).join('\n'))
  return openPolicy({ source, compiled: structuredClone(compiled), oracle, ...facts })
}

/** A decision that needs no oracle. */
export function decideNow(policy: PolicySnapshot, request: PolicyRequest): Permit | Denial {
  const verdict = decide(policy, request)
  assert(!(verdict instanceof Promise), 'compiled policies answer at once')
  return verdict
}
