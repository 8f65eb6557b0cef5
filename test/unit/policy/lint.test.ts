/** What lint finds, planted one by one; the policies that are shipped hold nothing that is most likely a mistake. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Target } from '../../../src/domain/call.ts'
import { lintPolicies } from '../../../src/policy/lint.ts'
import { Surface } from '../../../src/policy/surface.ts'
import { shippedWith } from '../pipeline/whatif/policies.ts'
import { agentId, cast } from './fixtures.ts'

function lint(text: string) {
  const policy = shippedWith(text)
  const agents = cast.agents.map(({ id }) => id)
  const targets: readonly Target[] = [
    ...agents.map((id): Target => ({ kind: 'agent', id })),
    { kind: 'tool', id: 'web/search' },
  ]
  const universe = { environment: 'dev', agents, targets }
  const surface = new Surface(policy, universe, 'groups')
  return lintPolicies({ policy, surface, universe, starters: new Set([agentId('console')]) })
}

const fanOut = `@id("fan") permit(principal == Weir::Agent::"orchestrator", action == Weir::Action::"invoke", resource in Weir::AgentGroup::"subagents");`

test.each([
  [
    'unknown-entity',
    `@id("a") permit(principal == Weir::Agent::"reserch", action, resource) when { context.humanPresent };`,
    'did you mean "research"?',
  ],
  [
    'shadowed-permit',
    `${fanOut}\n@id("a") permit(principal == Weir::Agent::"orchestrator", action == Weir::Action::"invoke", resource == Weir::Agent::"writer");`,
    'fan decides wherever it holds',
  ],
  [
    'shadowed-permit',
    `@id("no") forbid(principal == Weir::Agent::"writer", action, resource);\n@id("a") permit(principal == Weir::Agent::"writer", action, resource == Weir::Agent::"critic");`,
    'no decides wherever it holds',
  ],
  [
    'never-applies',
    `${fanOut}\n@id("a") forbid(principal, action, resource) when { principal == Weir::Agent::"writer" && principal in Weir::AgentGroup::"entrypoints" };`,
    'its condition can never hold',
  ],
  ['wide-permit', `@id("a") permit(principal, action == Weir::Action::"invoke", resource);`, 'to every agent'],
  [
    'outside-subset',
    `@id("a") permit(principal == Weir::Agent::"writer", action, resource) when { decimal("1.0").lessThan(decimal("2.0")) };`,
    'Cedar itself',
  ],
  ['unused-group', fanOut, 'entrypoints'],
  ['unreachable-agent', fanOut, 'agent:orchestrator'],
] as const)('%s: %#', (rule, text, part) => {
  const found = lint(text).filter(
    (finding) => finding.rule === rule && (finding.policy === 'a' || finding.policy === null),
  )
  expect(found.map(({ message }) => message).join('\n')).toContain(part)
  for (const { policy, place } of found) if (policy !== null) expect(place?.line).toBeGreaterThan(0)
})

test('the shipped policies are clean', () => {
  const dir = join(import.meta.dirname, '../../../config/policy')
  const text = ['graph', 'guards', 'models', 'runs', 'tokens', 'tools'].map((name) =>
    readFileSync(join(dir, `${name}.cedar`), 'utf8'),
  )
  expect(lint(text.join('\n')).filter(({ level }) => level === 'warning')).toEqual([])
})
