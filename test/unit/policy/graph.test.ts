/** The graph of what policies allow: planted circles are found with their edges, and changes are exactly those made. */
import { expect, test } from 'vitest'
import type { Target } from '../../../src/domain/call.ts'
import { graphOf } from '../../../src/policy/graph.ts'
import { diffOf } from '../../../src/policy/graph-diff.ts'
import { allActions, effectOf, Surface, type Universe, workActions } from '../../../src/policy/surface.ts'
import { readTarget } from '../../../src/pipeline/whatif/recorded.ts'
import { shippedWith } from '../pipeline/whatif/policies.ts'
import { agentId, cast } from './fixtures.ts'

const agents = cast.agents.map(({ id }) => id)
const universe: Universe = {
  environment: 'dev',
  agents,
  targets: [...agents.map((id): Target => ({ kind: 'agent', id })), { kind: 'tool', id: 'web/search' }],
}

/** A permit for each edge, by slugs: `a>b`. */
function edges(...pairs: readonly string[]): string {
  return pairs
    .map((pair) => {
      const [from = '', to = '', when = ''] = pair.split('>')
      return `@id("${from}.${to}") permit(principal == Weir::Agent::"${from}", action == Weir::Action::"invoke", resource == Weir::Agent::"${to}") ${when};`
    })
    .join('\n')
}

function graph(text: string) {
  const policy = shippedWith(text)
  return graphOf({
    agents,
    starters: new Set([agentId('console')]),
    edges: new Surface(policy, universe).edges(workActions),
    effectOf: (name) => {
      const target = readTarget(name)
      return target ? effectOf(policy, target) : { effect: 'unknown', external: false }
    },
  })
}

test('a circle of three is found, once, with the edges that close it', () => {
  const { cycles } = graph(
    edges('console>orchestrator', 'orchestrator>research', 'research>writer', 'writer>orchestrator', 'writer>critic'),
  )
  expect(cycles).toHaveLength(1)
  expect(cycles[0]?.map(({ from, to, permits }) => `${from} ${to} ${permits.join()}`)).toEqual([
    'agent:orchestrator agent:research orchestrator.research',
    'agent:research agent:writer research.writer',
    'agent:writer agent:orchestrator writer.orchestrator',
  ])
})

test('a forbid that always holds cuts it, and one that may hold does not', () => {
  const circle = edges('orchestrator>research', 'research>orchestrator')
  const forbid = (when: string): string =>
    `@id("no") forbid(principal == Weir::Agent::"research", action, resource) ${when};`
  expect(graph(circle).cycles).toHaveLength(1)
  expect(graph(`${circle}\n${forbid('')}`).cycles).toEqual([])
  expect(graph(`${circle}\n${forbid('when { context.env == "dev" }')}`).cycles).toEqual([])
  expect(graph(`${circle}\n${forbid('when { context.depth > 5 }')}`).cycles).toHaveLength(1)
  expect(graph(`${circle}\n${forbid('when { context.env == "prod" }')}`).cycles).toHaveLength(1)
})

test('an agent that may call itself is a circle of its own', () => {
  expect(graph(edges('research>research')).cycles).toMatchObject([[{ from: 'agent:research', to: 'agent:research' }]])
})

test('what an agent sets in motion is counted through others, and whom nobody can call is named', () => {
  const tool = `@id("t") permit(principal == Weir::Agent::"research", action == Weir::Action::"callTool", resource);`
  const { reach, unreachable } = graph(`${edges('console>orchestrator', 'orchestrator>research')}\n${tool}`)
  expect(reach.find(({ agent }) => agent === 'agent:console')).toMatchObject({
    agents: 2,
    tools: 1,
    writes: ['agent:orchestrator', 'agent:research'],
  })
  expect(unreachable).toEqual(['agent:writer', 'agent:critic'])
})

function diff(before: string, after: string) {
  const side = (text: string) => {
    const policy = shippedWith(text)
    return { hash: policy.hash, edges: new Surface(policy, universe).edges(allActions) }
  }
  const { edges: changed, widens } = diffOf(side(before), side(after))
  return { widens, changed: changed.map(({ from, to, change }) => `${change} ${from} ${to}`) }
}

test.each([
  ['nothing', ['orchestrator>research'], ['orchestrator>research'], [], false],
  [
    'an edge more',
    ['orchestrator>research'],
    ['orchestrator>research', 'orchestrator>writer'],
    ['added agent:orchestrator agent:writer'],
    true,
  ],
  [
    'an edge less',
    ['orchestrator>research', 'orchestrator>writer'],
    ['orchestrator>writer'],
    ['removed agent:orchestrator agent:research'],
    false,
  ],
  [
    'a condition',
    ['orchestrator>research'],
    ['orchestrator>research>when { context.humanPresent }'],
    ['narrower agent:orchestrator agent:research'],
    false,
  ],
  [
    'a condition less',
    ['orchestrator>research>when { context.humanPresent }'],
    ['orchestrator>research'],
    ['wider agent:orchestrator agent:research'],
    true,
  ],
  [
    'another condition',
    ['orchestrator>research>when { context.humanPresent }'],
    ['orchestrator>research>when { context.depth < 3 }'],
    ['changed agent:orchestrator agent:research'],
    true,
  ],
] as const)('a diff of %s says exactly that', (...[, before, after, changed, widens]) => {
  expect(diff(edges(...before), edges(...after))).toEqual({ widens, changed })
})

test('a forbid more narrows what it may hit, and a forbid less widens it', () => {
  const open = edges('orchestrator>research>when { context.humanPresent }')
  const forbid = `@id("no") forbid(principal, action, resource) when { context.taint != "none" };`
  expect(diff(open, `${open}\n${forbid}`)).toEqual({
    widens: false,
    changed: ['narrower agent:orchestrator agent:research'],
  })
  expect(diff(`${open}\n${forbid}`, open)).toEqual({
    widens: true,
    changed: ['wider agent:orchestrator agent:research'],
  })
})
