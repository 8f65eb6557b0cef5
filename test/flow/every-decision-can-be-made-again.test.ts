/** A real gateway: what it allowed and refused is explained from its ledger alone, also when its policies are others by then. */
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isProblem } from '../../src/cli/exit-codes.ts'
import type { CallRecord } from '../../src/domain/record.ts'
import { replay, simulate, suggest, why } from '../../src/tools-whatif.ts'
import { refusalOf, say } from '../support/caller.ts'
import { ledgerOf } from '../support/ledger-entries.ts'
import { policyWith } from '../support/policy-with.ts'
import { completedTask, type ScriptedAgent, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, keyOf, startWeir, type Weir, type WeirConfig } from '../support/weir.ts'

const policies = `
@id("graph.entry")
permit(principal in Weir::AgentGroup::"entrypoints", action == Weir::Action::"invoke", resource == Weir::Agent::"orchestrator");
@id("graph.no-back-edge")
forbid(principal in Weir::AgentGroup::"subagents", action == Weir::Action::"invoke", resource == Weir::Agent::"orchestrator");
@id("graph.shallow")
permit(principal, action == Weir::Action::"invoke", resource == Weir::Agent::"research") when { context.depth > 3 };
@id("run.start")
permit(principal in Weir::AgentGroup::"entrypoints", action == Weir::Action::"startRun", resource);
@id("model.fake")
permit(principal, action == Weir::Action::"useModel", resource == Weir::Model::"fake/echo");
`
const dir = policyWith(policies)
let agent: ScriptedAgent
let weir: Weir
let config: WeirConfig
let suggested = ''
const configPath = (): string => join(weir.directory, 'weir.yaml')

beforeAll(async () => {
  agent = await startScriptedAgent(() => completedTask('done'))
  config = {
    policy: { dir },
    identity: { api_keys: [apiKey('console', 'tomas'), apiKey('research'), apiKey('worker')] },
    agents: {
      console: { groups: ['entrypoints'], may_start_runs: true },
      worker: { groups: ['entrypoints'] },
      orchestrator: { url: agent.url },
      research: { url: agent.url, groups: ['subagents'] },
    },
    models: {
      providers: { fake: { api: 'fake' } },
      routes: { everyday: { to: [{ model: 'fake/loop' }], fallback: ['fake/echo'] } },
    },
  }
  weir = await startWeir(config)
  expect(refusalOf(await say(weir, { from: 'console', to: 'orchestrator' }))).toBeNull()
  // Refused by a forbid, by default, for a condition that does not hold, by the registry, and for want of a credential.
  await say(weir, { from: 'research', to: 'orchestrator' })
  await say(weir, { from: 'research', to: 'research' })
  await say(weir, { from: 'console', to: 'research' })
  await say(weir, { from: 'worker', to: 'orchestrator' })
  await say(weir, { from: 'console', to: 'orchestrator', authorization: 'Bearer nothing' })
  for (const model of ['everyday', 'fake/echo', 'fake/loop'])
    await fetch(`${weir.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${keyOf('console')}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hello' }] }),
    })
})

afterAll(async () => {
  await weir.stop()
  await agent.stop()
})

async function records(): Promise<readonly CallRecord[]> {
  return (await ledgerOf(weir)).filter((entry) => entry.kind === 'call')
}

async function explained() {
  return await Promise.all(
    (await records()).map(async (record) => {
      const account = await why({ configPath: configPath(), hop: record.rid })
      if (isProblem(account)) throw new Error(account.text)
      return { record, account }
    }),
  )
}

test('every decision comes out as it was recorded', async () => {
  const all = await explained()
  const verdicts = all.map(({ record, account }) => [record.agent, record.target, record.decision, account.verdict])
  expect(verdicts).toEqual([
    ['agent:console', 'agent:orchestrator', 'allow', 'agree'],
    ['agent:research', 'agent:orchestrator', 'deny', 'agree'],
    ['agent:research', 'agent:research', 'deny', 'agree'],
    ['agent:console', 'agent:research', 'deny', 'agree'],
    ['agent:worker', 'agent:orchestrator', 'deny', 'not_decided_by_policy'],
    [null, 'agent:orchestrator', 'deny', 'not_decided_by_policy'],
    ['agent:console', 'model:everyday', 'allow', 'agree'],
    ['agent:console', 'model:fake/echo', 'allow', 'agree'],
    ['agent:console', 'model:fake/loop', 'deny', 'agree'],
  ])
  const [allowed, forbidden, , conditional, registry] = all.map(({ account }) => account)
  expect(allowed?.questions.map(({ action, decided }) => [action, decided])).toEqual([
    ['invoke', ['graph.entry']],
    ['startRun', ['run.start']],
  ])
  expect(forbidden?.questions[0]?.covering[0]).toMatchObject({
    id: 'graph.no-back-edge',
    state: 'holds',
    place: { file: 'test.cedar', line: 4 },
  })
  expect(conditional?.questions[0]?.nearest[0]).toMatchObject({ id: 'graph.shallow', failing: 'context.depth > 3' })
  expect(conditional?.context).toMatchObject({ depth: 1, human: 'user:tomas' })
  expect(registry?.says).toContain('agents.may_start_runs')
})

test('the archive is readable by its owner alone', () => {
  const state = join(weir.directory, 'state', 'policies')
  const names = readdirSync(state, { recursive: true, encoding: 'utf8' })
  expect(names.length).toBeGreaterThan(4)
  for (const name of names) expect(statSync(join(state, name)).mode & 0o077).toBe(0)
})

test('other policies are tried on what was recorded, and what they flip is named', async () => {
  const asked = { configPath: configPath(), since: null, agent: null, target: null, run: null }
  const wide = policyWith(`@id("open") permit(principal, action, resource);`)
  const opened = await simulate({ ...asked, dir: wide }, () => undefined)
  if (isProblem(opened)) throw new Error(opened.text)
  const denied = (await records()).filter(
    ({ asked: each, decision, rule }) => each && decision === 'deny' && rule !== 'agents.may_start_runs',
  )
  expect(opened.deny_to_allow).toBe(denied.length)
  expect(opened.allow_to_deny).toBe(0)
  const shut = await simulate(
    { ...asked, dir: policyWith(`@id("shut") forbid(principal, action, resource);`) },
    () => undefined,
  )
  expect(shut).toMatchObject({
    deny_to_allow: 0,
    allow_to_deny: (await records()).filter(({ decision }) => decision === 'allow').length,
  })
})

test('policies that speak of a person know who it was', async () => {
  const asked = { configPath: configPath(), since: null, agent: null, target: null, run: null }
  const who = 'context has human && context.human == Weir::User::"tomas"'
  const forTomas = policyWith(`@id("tomas") permit(principal, action, resource) when { ${who} };`)
  expect(await simulate({ ...asked, dir: forTomas }, () => undefined)).toMatchObject({ allow_to_deny: 0 })
})

test('what is suggested allows what was allowed, and nothing that was refused', async () => {
  const suggestion = await suggest({ configPath: configPath(), since: null, run: null })
  if (isProblem(suggestion) || !('edges' in suggestion)) throw new Error('there is something to suggest')
  const asked = { configPath: configPath(), since: null, agent: null, target: null, run: null }
  const report = await simulate({ ...asked, dir: policyWith(suggestion.text) }, () => undefined)
  expect(report).toMatchObject({ allow_to_deny: 0, deny_to_allow: 0 })
})

test('a decision is explained by the policies of then, not by those of today', async () => {
  const [first] = await records()
  writeFileSync(
    join(dir, 'test.cedar'),
    policies.replace('graph.entry', 'graph.door').replace('"entrypoints"', '"nobody"'),
  )
  await expect
    .poll(
      async () => {
        await say(weir, { from: 'console', to: 'orchestrator' })
        return new Set((await records()).map(({ pol_hash }) => pol_hash)).size
      },
      { timeout: 20_000, interval: 300 },
    )
    .toBe(2)
  const account = await why({ configPath: configPath(), hop: first?.rid ?? '' })
  expect(account).toMatchObject({ verdict: 'agree', policies: { from: 'archive', exact: true } })
  for (const { account: each } of await explained()) expect(['agree', 'not_decided_by_policy']).toContain(each.verdict)
})

test('a run is replayed under policies that would have cut it', async () => {
  const first = (await records()).find(({ decision }) => decision === 'allow')
  const shut = policyWith(`@id("shut") forbid(principal, action, resource);`)
  const report = await replay({ configPath: configPath(), run: first?.run ?? '', dir: shut, limitsOf: null })
  expect(report).toMatchObject({ cut: { hop: first?.rid, rules: ['shut'] }, would: { cost_micros: 0 } })
})

test('observing policies let through what nothing permits, say so, and refuse what is forbidden', async () => {
  const other = await startWeir({ ...config, policy: { dir: policyWith(policies), mode: 'observe' } })
  try {
    expect(other.log()).toContain('OBSERVE')
    expect(refusalOf(await say(other, { from: 'console', to: 'research' }))).toBeNull()
    // What a policy forbids stays refused: nobody calls the orchestrator back.
    expect(refusalOf(await say(other, { from: 'research', to: 'orchestrator' }))).not.toBeNull()
    const [record] = (await ledgerOf(other)).filter((entry) => entry.kind === 'call')
    expect(record).toMatchObject({ decision: 'allow', policies: [], shadow: ['policy.default'] })
    const path = join(other.directory, 'weir.yaml')
    expect(await why({ configPath: path, hop: record?.rid ?? '' })).toMatchObject({ verdict: 'agree' })
    const suggestion = await suggest({ configPath: path, since: null, run: null })
    if (isProblem(suggestion) || !('edges' in suggestion)) throw new Error('there is something to suggest')
    suggested = suggestion.text
  } finally {
    await other.stop()
  }
}, 180_000)

test('what was suggested from it is enforced: what was seen goes through, and a new edge does not', async () => {
  const enforced = await startWeir({ ...config, policy: { dir: policyWith(suggested) } })
  try {
    expect(refusalOf(await say(enforced, { from: 'console', to: 'research' }))).toBeNull()
    expect(refusalOf(await say(enforced, { from: 'console', to: 'orchestrator' }))).toBe('not_found')
  } finally {
    await enforced.stop()
  }
}, 180_000)
