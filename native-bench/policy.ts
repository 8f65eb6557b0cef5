/**
 * What a decision costs: compiled closures beside cedar-wasm at 10, 100 and 1000 policies. Prints a table, or one
 * JSON line with `--json`. The ratio travels between machines; the microseconds do not.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { assert } from '../src/base/assert.ts'
import { type AgentId, isAgentId } from '../src/domain/ids.ts'
import { compilePolicies } from '../src/policy/compile.ts'
import { decide } from '../src/policy/decide.ts'
import { sourceOf } from '../src/policy/load.ts'
import { evaluateOracle } from '../src/policy/oracle.ts'
import type { OracleQuestion, PolicyRequest } from '../src/policy/question.ts'
import { openPolicy } from '../src/policy/snapshot.ts'
import { isCompiled, type PolicyIr } from '../src/policy/source.ts'

const sizes = [10, 100, 1000]
const agents = 40
const schemaText = readFileSync(join(import.meta.dirname, '../config/policy/schema.cedarschema'), 'utf8')

function agentId(at: number): AgentId {
  const id = `agent:a${at % agents}`
  assert(isAgentId(id), 'a measured agent has a valid id')
  return id
}

/** Of every ten policies: seven edges, one group permit, two forbids that cover every edge. */
function policyText(at: number): string {
  const head = `@id("p${at}")`
  if (at % 10 === 8) return `${head} forbid(principal, action, resource) when { context.depth > ${5 + (at % 7)} };`
  if (at % 100 === 9) return `${head} forbid(principal, action, resource) when { principal.contained };`
  if (at % 10 === 7)
    return `${head} permit(principal in Weir::AgentGroup::"g${at % 5}", action == Weir::Action::"invoke", resource)
      when { context.chain.contains(resource) && context.tokensLeft > ${at} };`
  return `${head} permit(principal == Weir::Agent::"a${at % agents}", action == Weir::Action::"invoke",
    resource == Weir::Agent::"a${(at * 7 + 1) % agents}") when { context.runState == "active" };`
}

function request(at: number): PolicyRequest {
  return {
    action: 'invoke',
    principal: agentId(at),
    resource: { kind: 'agent', id: agentId(at * 7 + 1) },
    context: {
      depth: 2,
      chain: [agentId(1), agentId(at)],
      human: null,
      runState: 'active',
      budgetLeftMicros: 1_000_000,
      tokensLeft: 100_000,
      calls: at,
      laps: 0,
      env: 'dev',
      boundKey: true,
      taint: 'none',
      approved: false,
      scopes: [],
    },
  }
}

function open(size: number, uncover: (policy: PolicyIr) => PolicyIr, ask: (question: OracleQuestion) => void) {
  const text = Array.from({ length: size }, (_, at) => policyText(at)).join('\n')
  const source = sourceOf({ name: 'schema.cedarschema', text: schemaText }, [{ name: 'bench.cedar', text }])
  const compiled = compilePolicies(source)
  assert(isCompiled(compiled), 'the measured policies compile')
  const facts = Array.from({ length: agents }, (_, at) => ({
    id: agentId(at),
    team: 'bench',
    groups: [`g${at % 5}`],
    contained: false,
    external: false,
    effect: 'unknown',
  }))
  const oracle = async (question: OracleQuestion) => {
    ask(question)
    return evaluateOracle(question)
  }
  return openPolicy({
    source,
    compiled: { ...compiled, policies: compiled.policies.map(uncover) },
    oracle,
    agents: facts,
  })
}

/** The fastest of five rounds, in microseconds a call; the noise of a machine only ever adds. */
function fastest(rounds: number, call: (at: number) => unknown): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 5; round += 1) {
    const started = performance.now()
    for (let at = 0; at < rounds; at += 1) call(at)
    best = Math.min(best, ((performance.now() - started) * 1000) / rounds)
  }
  return best
}

const rows: { policies: number; compiled_us: number; cedar_us: number; ratio: number }[] = []
for (const size of sizes) {
  const requests = Array.from({ length: agents }, (_, at) => request(at))
  const pick = (at: number): PolicyRequest => requests[at % agents] ?? request(at)
  const compiled = open(
    size,
    (policy) => policy,
    () => undefined,
  )
  const questions: OracleQuestion[] = []
  const asking = open(
    size,
    (policy) => ({ ...policy, uncovered: ['all'] }),
    (question) => questions.push(question),
  )
  for (const one of requests) await decide(asking, one)
  const compiled_us = fastest(50_000, (at) => decide(compiled, pick(at)))
  const cedar_us = fastest(100, (at) => {
    const question = questions[at % questions.length]
    if (question) evaluateOracle(question)
  })
  rows.push({ policies: size, compiled_us, cedar_us, ratio: cedar_us / compiled_us })
}

if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ bench: 'policy', rows })}\n`)
else
  for (const row of rows)
    process.stdout.write(
      `${String(row.policies).padStart(5)} policies: compiled ${row.compiled_us.toFixed(2)} us, ` +
        `Cedar ${row.cedar_us.toFixed(0)} us, ${row.ratio.toFixed(0)} times\n`,
    )
