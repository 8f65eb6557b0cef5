import { World } from '../../../src/policy/world.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { decide, visibleTo } from '../../../src/policy/decide.ts'
import {
  agentId,
  calm,
  cast,
  decideNow,
  invoke,
  localOracle,
  noOracle,
  personId,
  snapshotOf,
  sourceWith,
} from './fixtures.ts'

const schema = readFileSync(join(import.meta.dirname, '../../../config/policy/schema.cedarschema'), 'utf8')
const source = (text: string) => sourceWith(schema, text)
const everything = '@id("all") permit(principal, action, resource);'
/** Outside the compiled subset, and true only in production. */
const uncovered = `@id("ip") forbid(principal, action, resource == Weir::Agent::"critic")
  when { ip("10.0.0.1").isInRange(ip("10.0.0.0/8")) && context.env == "prod" };`

test('a permit names the policies that decided and the hash of the set', () => {
  const text = source(`${everything} @id("also") permit(principal, action, resource) when { context.depth < 9 };`)
  const snapshot = snapshotOf(text)
  expect(decideNow(snapshot, invoke('console', 'writer'))).toMatchObject({
    kind: 'permit',
    policies: ['all', 'also'],
    policyHash: text.hash,
  })
})

test('every forbid that holds is reported, the first as the rule', () => {
  const snapshot = snapshotOf(
    source(`${everything}
    @id("no.a") forbid(principal, action, resource);
    @id("no.never") forbid(principal, action, resource) when { context.depth > 9 };
    @id("no.b") forbid(principal, action, resource);`),
  )
  expect(decideNow(snapshot, invoke('console', 'writer'))).toMatchObject({
    code: 'policy_denied',
    rule: 'no.a',
    detail: 'agent:console may not invoke agent:writer: forbidden by no.a, no.b',
  })
})

test('a denial by default names the permit that came nearest', () => {
  const snapshot = snapshotOf(source('@id("shallow") permit(principal, action, resource) when { context.depth < 3 };'))
  expect(decideNow(snapshot, invoke('console', 'writer', { depth: 3 }))).toMatchObject({
    rule: 'default',
    detail: 'agent:console may not invoke agent:writer: no policy permits it; the condition of shallow does not hold',
  })
})

test('a detail stays short however many policies forbid', () => {
  const many = Array.from({ length: 40 }, (_, at) => `@id("no.${at}") forbid(principal, action, resource);`)
  const verdict = decideNow(snapshotOf(source(many.join('\n'))), invoke('console', 'writer'))
  expect(verdict).toMatchObject({ detail: expect.stringMatching(/no\.4 and 35 more$/) as unknown })
})

test('only an edge that an uncovered policy covers waits for the oracle', async () => {
  const snapshot = snapshotOf(source(`${everything} ${uncovered}`), cast, localOracle)
  expect(snapshot.uncovered).toEqual(['ip'])
  expect(decideNow(snapshot, invoke('orchestrator', 'writer'))).toMatchObject({ kind: 'permit', policies: ['all'] })
  const waiting = decide(snapshot, invoke('orchestrator', 'critic', { human: personId('tomas') }))
  expect(waiting).toBeInstanceOf(Promise)
  expect(await waiting).toMatchObject({ kind: 'permit', policies: ['all'] })
  expect(await decide(snapshot, invoke('orchestrator', 'critic', { env: 'prod' }))).toMatchObject({ rule: 'ip' })
})

test('an oracle that does not answer means busy, never yes', async () => {
  const snapshot = snapshotOf(source(`${everything} ${uncovered}`), cast, noOracle)
  expect(await decide(snapshot, invoke('orchestrator', 'critic'))).toMatchObject({ kind: 'denial', code: 'busy' })
})

test('agents that only the oracle could judge are not shown', () => {
  const snapshot = snapshotOf(source(`${everything} ${uncovered}`), cast, noOracle)
  expect(visibleTo(snapshot, agentId('research'), calm)).not.toContain(agentId('critic'))
  expect(visibleTo(snapshot, agentId('research'), calm)).toContain(agentId('writer'))
})

test('facts about tools, models and people reach the rules', () => {
  const rules = `
    @id("reads") permit(principal, action == Weir::Action::"callTool", resource in Weir::ToolServer::"web")
      when { resource.effect == "read" };
    @id("models") permit(principal in Weir::Team::"insights", action == Weir::Action::"useModel",
      resource in Weir::ModelGroup::"eu");
    @id("people") forbid(principal, action, resource) when { context has human && context.human.disabled };`
  const facts = {
    ...cast,
    providers: [{ id: 'house', region: 'eu', groups: new Map([['small', ['eu']]]) }],
    disabled: [personId('mallory')],
  }
  const snapshot = snapshotOf(source(rules), facts)
  const tool = {
    ...invoke('writer', 'writer'),
    action: 'callTool',
    resource: { kind: 'tool', id: 'web/search' },
  } as const
  const model = { ...tool, action: 'useModel', resource: { kind: 'model', id: 'house/small' } } as const
  expect(decideNow(snapshot, tool)).toMatchObject({ policies: ['reads'] })
  expect(decideNow(snapshot, model)).toMatchObject({ policies: ['models'] })
  expect(decideNow(snapshot, { ...model, principal: agentId('console') })).toMatchObject({ rule: 'default' })
  const disabled = { ...tool, context: { ...calm, human: personId('mallory') } }
  expect(decideNow(snapshot, disabled)).toMatchObject({ rule: 'people' })
  expect(decideNow(snapshot, { ...tool, resource: { kind: 'tool', id: 'rm' } })).toMatchObject({ rule: 'default' })
})

test('a tool nobody registered is known by its server, and stays the same for as long as it is remembered', () => {
  const world = new World({ agents: [], servers: [{ id: 'files', effect: 'read' }] })
  const tool = world.target({ kind: 'tool', id: 'files/a/b' })
  expect(tool).toMatchObject({ type: 'Weir::Tool', id: 'files/a/b' })
  expect([...(tool?.ancestors ?? [])]).toEqual(['Weir::ToolServer files'])
  expect(world.target({ kind: 'tool', id: 'files/a/b' })).toBe(tool)
  expect(world.find({ type: 'Weir::Tool', id: 'files/a/b' })).toBe(tool)
  expect(world.target({ kind: 'server', id: 'files' })).toMatchObject({ type: 'Weir::ToolServer' })
  expect(world.target({ kind: 'tool', id: 'web/a' })).toBeUndefined()
  expect(world.target({ kind: 'server', id: 'web' })).toBeUndefined()
})

test('however many tools are asked about, only so many are remembered', () => {
  const world = new World({ agents: [], servers: [{ id: 'files', effect: 'read' }] })
  const first = world.target({ kind: 'tool', id: 'files/0' })
  for (let i = 1; i <= 4096; i += 1) world.target({ kind: 'tool', id: `files/${i}` })
  const again = world.target({ kind: 'tool', id: 'files/0' })
  expect(again).not.toBe(first)
  expect(again?.key).toBe(first?.key)
})
