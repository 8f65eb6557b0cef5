/** Other policies over recorded decisions: what flips is what a judge without any memory says, and nothing else. */
import { expect, test } from 'vitest'
import type { CallRecord } from '../../../../src/domain/record.ts'
import { questionOf } from '../../../../src/pipeline/whatif/recorded.ts'
import { Simulation } from '../../../../src/pipeline/whatif/simulate.ts'
import { judge } from '../../../../src/policy/judge.ts'
import { openPolicy, type PolicySnapshot } from '../../../../src/policy/snapshot.ts'
import { cast, noOracle } from '../../policy/fixtures.ts'
import { asked } from '../../ledger/asked.ts'
import { agent, call, hop, noon, person } from '../../ledger/entries.ts'
import { shippedWith } from './policies.ts'

const names = ['console', 'orchestrator', 'research', 'writer', 'critic']
const policies: readonly string[] = [
  `@id("a") permit(principal, action == Weir::Action::"invoke", resource) when { context.depth <= 3 };
   @id("b") forbid(principal, action, resource) when { context.taint == "injected" };
   @id("s") permit(principal, action == Weir::Action::"startRun", resource) when { context.humanPresent };`,
  `@id("a") permit(principal in Weir::AgentGroup::"subagents", action, resource)
     unless { context.chain.contains(Weir::Agent::"critic") || context.budgetLeftMicros < 500 };`,
  `@id("a") permit(principal, action, resource) when { context has human && context.human == Weir::User::"tomas" };
   @id("b") forbid(principal, action, resource) when { context.laps > 1 && !context.approved };
   @id("c") permit(principal, action == Weir::Action::"callTool", resource == Weir::Tool::"web/search");`,
  `@id("a") permit(principal, action, resource) when { context.scopes.contains("x") || context.calls > 4 };`,
]

/** A number of a fixed sequence below `max`. */
function sequence(): (max: number) => number {
  let state = 1
  return (max) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * max)
  }
}

function record(number: number, draw: (max: number) => number): CallRecord {
  const pick = <T>(of: readonly T[]): T => of[draw(of.length)] as T
  const from = agent(pick(names))
  const isTool = draw(4) === 0
  const decision = draw(2) === 0 ? 'allow' : 'deny'
  const refused = decision === 'deny' ? pick(['policy_denied', 'rate_limited', 'run_context_required'] as const) : null
  const question = asked({
    action: isTool ? 'callTool' : 'invoke',
    taint: pick(['none', 'external', 'injected'] as const),
    laps: draw(4),
    calls: draw(8),
    approved: draw(2) === 0,
    budget_left_micros: pick([null, 100, 900]),
  })
  return call(hop(number), {
    ts: noon + number,
    agent: from,
    chain: [agent(pick(names)), from],
    depth: 1 + draw(6),
    target: isTool ? 'tool:web/search' : `agent:${pick(names)}`,
    human: pick([null, person('tomas'), person('ana')]),
    scope: pick([null, '', 'x', 'y x']),
    run_origin: pick(['new', 'token'] as const),
    decision,
    code: refused,
    rule: refused,
    asked: draw(20) === 0 ? null : question,
  })
}

/** The reference: each record by itself, each question asked of the evaluator that decides calls. */
function bruteForce(policy: PolicySnapshot, records: readonly CallRecord[]) {
  const flips = { allow_to_deny: 0, deny_to_allow: 0, same: 0, elsewhere: 0, unclear: 0 }
  for (const each of records) {
    const question = questionOf(each, () => undefined)
    if (question.kind !== 'question') {
      flips[question.kind] += 1
      continue
    }
    const [request] = question.requests
    if (!request) throw new Error('an agent or a tool is one place')
    const ask = (action: typeof request.action): boolean => {
      const judgement = judge(policy, { ...request, action })
      if (judgement instanceof Promise) throw new Error('these policies are compiled')
      return judgement.allowed
    }
    const allowed = ask(request.action) && (!question.starts || ask('startRun'))
    if (allowed === (question.was === 'allow')) flips.same += 1
    else flips[allowed ? 'deny_to_allow' : 'allow_to_deny'] += 1
  }
  return flips
}

test.each(policies)('flips are those of a judge without memory: %#', async (text) => {
  const draw = sequence()
  const records = Array.from({ length: 5000 }, (_, number) => record(number, draw))
  const policy = shippedWith(text)
  const simulation = new Simulation(policy, { routes: () => undefined })
  for (const each of records) await simulation.add(each)
  const report = simulation.report()
  expect(report).toMatchObject(bruteForce(policy, records))
  expect(report.flips.reduce((sum, { count }) => sum + count, 0)).toBe(report.allow_to_deny + report.deny_to_allow)
  expect(report.allow_to_deny).toBeGreaterThan(0)
  expect(report.deny_to_allow).toBeGreaterThan(0)
})

test('policies that read arguments nobody captured leave open what they might have allowed', async () => {
  const text = `@id("a") permit(principal, action, resource) when { context has args.path && context.args.path like "/public/*" };`
  const policy = shippedWith(text, 'type Args = { path?: String };')
  const tool = call(hop(1), {
    run_origin: 'token',
    target: 'tool:web/search',
    agent: agent('research'),
    asked: asked({ action: 'callTool' }),
  })
  const blind = new Simulation(policy, { routes: () => undefined })
  await blind.add(tool)
  expect(blind.report()).toMatchObject({ replayed: 1, indeterminate: 1 })
  const knowing = new Simulation(policy, { routes: () => undefined, argumentsOf: () => '{"path":"/public/a"}' })
  await knowing.add(tool)
  expect(knowing.report()).toMatchObject({ same: 1 })
})

test('whoever is not registered any more is counted apart, and what limits refused is not asked', async () => {
  const simulation = new Simulation(shippedWith(policies[0] ?? ''), { routes: () => undefined })
  await simulation.add(call(hop(1), { agent: agent('gone'), asked: asked() }))
  await simulation.add(
    call(hop(2), { decision: 'deny', code: 'rate_limited', rule: 'agent.invokes_per_minute', asked: asked() }),
  )
  expect(simulation.report()).toMatchObject({ replayed: 1, unregistered: 1, elsewhere: 1, allow_to_deny: 0 })
})

test('an approved call is asked about as approved', () => {
  const policy = openPolicy({ ...shippedWith(policies[2] ?? '').parts, ...cast, oracle: noOracle })
  const approval = { id: 'apr_1', by: 'ana', args_hash: 'h' } as unknown as CallRecord['approval']
  const question = questionOf(call(hop(1), { approval, asked: asked() }), () => undefined)
  expect(question).toMatchObject({ kind: 'question', requests: [{ context: { approved: true } }] })
  expect(policy.hash).toBeTruthy()
})
