/** Tests of policies: what passes, what fails and why, and which policies no case makes hold. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { areCases, readCaseFile } from '../../../src/config/policy-cases.ts'
import { caseOf } from '../../../src/pipeline/whatif/read-cases.ts'
import { runCases } from '../../../src/policy/cases.ts'
import { shippedWith } from '../pipeline/whatif/policies.ts'

const policies = `
@id("fan") permit(principal == Weir::Agent::"orchestrator", action == Weir::Action::"invoke", resource in Weir::AgentGroup::"subagents");
@id("guard") forbid(principal, action, resource) when { context.taint != "none" };
@id("deep") permit(principal, action == Weir::Action::"invoke", resource == Weir::Agent::"console") when { context.depth > 9 };
`

async function read(text: string) {
  const path = join(mkdtempSync(join(tmpdir(), 'weir-cases-')), 'x.test.yaml')
  writeFileSync(path, text)
  return await readCaseFile(path)
}

async function report(text: string) {
  const written = await read(text)
  if (!areCases(written)) throw new Error(JSON.stringify(written))
  const cases = written.map((each) => {
    const made = caseOf(each, 'dev')
    if (typeof made === 'string') throw new Error(made)
    return made
  })
  return await runCases(shippedWith(policies), cases)
}

test('cases pass and fail with the line they stand at, and coverage names what never held', async () => {
  const { cases, passed, failed, uncovered } = await report(`cases:
  - { principal: orchestrator, resource: [agent:writer, agent:critic], expect: allow, policy: fan }
  - { principal: orchestrator, resource: agent:writer, context: { taint: external }, expect: deny, policy: guard }
  - { principal: writer, resource: agent:console, expect: allow }
  - { principal: writer, resource: agent:critic, expect: deny, policy: guard }
`)
  expect({ passed, failed }).toEqual({ passed: 3, failed: 2 })
  expect(cases.filter((each) => !each.passed).map(({ line, why }) => [line, why])).toEqual([
    [4, 'expected allow, got deny by default; deep would permit it if this held: context.depth > 9'],
    [5, 'deny as expected, but by default and not by guard'],
  ])
  expect(uncovered.map(({ policy }) => policy)).toEqual(['deep'])
})

test.each([
  ['cases:\n  - { principal: a, expect: allow }\n', 2],
  ['cases: []\n', 1],
  ['case:\n  - {}\n', 1],
  ['cases:\n  - { principal: a, resource: agent:b, expect: perhaps }\n', 2],
  ['cases: [', 1],
])('what is no file of cases is a problem with its place: %#', async (text, line) => {
  const wrong = await read(text)
  expect(areCases(wrong)).toBe(false)
  expect(wrong[0]).toMatchObject({ file: 'x.test.yaml', line })
})
