/** Whatever is called through the real road, under whatever policies: its record is enough to make the decision again. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CallRecord } from '../../src/domain/record.ts'
import { decideAgain } from '../../src/pipeline/whatif/answer.ts'
import { questionOf } from '../../src/pipeline/whatif/recorded.ts'
import { openPolicy, type PolicySnapshot } from '../../src/policy/snapshot.ts'
import { riskyRoad } from '../support/risky-road.ts'
import { noOracle, snapshotOf, sourceWith } from '../unit/policy/fixtures.ts'
import { person } from '../unit/ledger/entries.ts'

const schema = readFileSync(join(import.meta.dirname, '../../config/policy/schema.cedarschema'), 'utf8')

const condition = fc.constantFrom(
  'context.depth <= 2',
  'context.chain.contains(principal)',
  'context.humanPresent',
  'context has human && context.human == Weir::User::"tomas"',
  'context.taint == "none" || context.approved',
  'context.calls < 4',
  'context.laps == 0',
  'context.budgetLeftMicros > 100000',
  'context.boundKey',
  'context.scopes.isEmpty()',
  'resource.effect != "write" || context.approved',
  'principal in Weir::AgentGroup::"subagents"',
)
const principal = fc.constantFrom(
  'principal',
  'principal == Weir::Agent::"orchestrator"',
  'principal in Weir::AgentGroup::"subagents"',
)
const action = fc.constantFrom('invoke', 'invoke', 'startRun')
const policy = fc
  .record({
    effect: fc.constantFrom('permit', 'permit', 'permit', 'forbid'),
    principal,
    action,
    condition,
    negated: fc.boolean(),
  })
  .map(({ effect, principal, action, condition, negated }) => {
    const when = negated ? 'unless' : 'when'
    const scope = `${principal}, action == Weir::Action::"${action}", resource`
    return `${effect}(${scope}) when { resource is Weir::Agent } ${when} { ${condition.replaceAll('resource.effect', 'principal.effect')} };`
  })

/** Runs begin, and a payment waits for a person, whatever else is decided. */
const always = [
  'permit(principal == Weir::Agent::"console", action, resource);',
  'permit(principal == Weir::Agent::"orchestrator", action, resource == Weir::Agent::"payer") when { context.approved };',
]

const agents = ['console', 'orchestrator', 'critic', 'partner', 'payer', 'reader', 'ghost']
const calling = fc.record({
  from: fc.constantFrom(...agents),
  to: fc.constantFrom(...agents.slice(1)),
  human: fc.constantFrom('tomas', 'ana', null),
  answers: fc.boolean(),
  grants: fc.boolean(),
})

function withPolicies(text: string, facts: PolicySnapshot['parts']): PolicySnapshot {
  const { parts } = snapshotOf(sourceWith(schema, text), facts)
  return openPolicy({ ...parts, oracle: noOracle })
}

test('the verdict that a record reconstructs is the verdict that was given', async () => {
  const seen = { allow: 0, deny: 0, elsewhere: 0, approved: 0, started: 0 }
  await fc.assert(
    fc.asyncProperty(
      fc.array(policy, { minLength: 1, maxLength: 6 }),
      fc.array(calling, { minLength: 4, maxLength: 14 }),
      async (texts, calls) => {
        const road = await riskyRoad(false)
        const text = [...always, ...texts].map((each, at) => `@id("p${at}") ${each}`).join('\n')
        const snapshot = withPolicies(text, road.road.snapshot.policy.parts)
        road.road.snapshot = { ...road.road.snapshot, policy: snapshot }
        for (const { from, to, human, answers, grants } of calls) {
          await road.call(from, to, { person: human === null ? null : person(human) })
          if (answers) road.answer()
          const pending = road.road.approvals.list().filter(({ state }) => grants && state === 'pending')
          for (const approval of pending) road.grant(approval)
          if (pending.length > 0) await road.call(from, to, { person: human === null ? null : person(human) })
        }
        while (road.sent.length > 1) road.answer()
        for (const record of road.entries.filter((entry): entry is CallRecord => entry.kind === 'call')) {
          if (record.pol_hash !== snapshot.hash) continue
          const question = questionOf(record, () => undefined)
          expect(question.kind).not.toBe('unclear')
          if (question.kind !== 'question') {
            seen.elsewhere += 1
            continue
          }
          const verdict = await decideAgain(snapshot, question)
          expect({ text, record, answer: verdict.answer }).toMatchObject({ answer: question.was })
          seen[question.was] += 1
          if (record.approval !== null && record.decision === 'allow') seen.approved += 1
          if (question.starts) seen.started += 1
        }
      },
    ),
    { numRuns: 40 },
  )
  // Whether an approval is asked for is up to chance; everything else comes up in every run of this many.
  const { approved: _, ...others } = seen
  for (const [what, count] of Object.entries(others)) expect({ what, count: count > 0 }).toEqual({ what, count: true })
}, 240_000)
