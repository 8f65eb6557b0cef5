import { afterAll, expect, test } from 'vitest'
import type { CallRecord } from '../../src/domain/record.ts'
import { ledgerOf } from '../support/ledger-entries.ts'
import { serveMcpFixture } from '../support/mcp-server.ts'
import { configForTools, filesServer, generations, messageOf, modernPost, toolClient } from '../support/mcp-weir.ts'
import { keyOf, startWeir } from '../support/weir.ts'

const fixture = await serveMcpFixture(filesServer)
const weir = await startWeir(configForTools(fixture.url, { price: { call_micros: 100 } }))

afterAll(async () => {
  await weir.stop()
  await fixture[Symbol.asyncDispose]()
})

const read = { method: 'tools/call', params: { name: 'read', arguments: { path: 'a' } } }

test.each(generations)('%s calls a tool, reads a resource and sees what it may call', async (generation) => {
  await using client = await toolClient(weir, 'alice', generation)
  expect(await client.tools()).toEqual(['read', 'erase', 'wait'])
  expect(await client.call('read', { path: 'a' })).toMatchObject({ isError: false, text: 'content of a' })
  expect(await client.read('note://1')).toMatchObject({ contents: [{ text: 'a note' }] })
  await using carol = await toolClient(weir, 'carol', generation)
  expect(await carol.tools()).toEqual(['read', 'erase', 'vault', 'wait'])
})

test.each(generations)('%s reads the sentence of a refused call as its result', async (generation) => {
  await using client = await toolClient(weir, 'alice', generation)
  const refused = await client.call('erase')
  expect(refused.isError).toBe(true)
  expect(refused.text).toMatch(/^\[weir:policy_denied\] This call is not allowed by policy\. .* ref hop_[0-9a-f]{16}$/)
  expect(refused.meta).toMatchObject({
    'dev.weir/problem': { code: 'policy_denied', status: 403, rule: 'mcp.erase', retryable: 'false' },
  })
})

test('a tool that a caller may not see answers like one that does not exist', async () => {
  const answers = await Promise.all(
    ['vault', 'nothing/at all'].map(async (name) => {
      const answer = await modernPost(weir, 'bob', { method: 'tools/call', params: { name } })
      return [answer.status, withoutRefs(await answer.text())]
    }),
  )
  // bob may call whatever else the server has, so only what policy hides from him by name is hidden.
  expect(answers[0]?.[0]).toBe(200)
  expect(answers[0]?.[1]).toContain('-32602')
  const hidden = await modernPost(weir, 'mallory', { method: 'tools/list' })
  const missing = await modernPost(weir, 'mallory', { method: 'tools/list', server: 'nowhere' })
  expect([hidden.status, withoutRefs(await hidden.text())]).toEqual([404, withoutRefs(await missing.text())])
  const called = await modernPost(weir, 'mallory', read)
  const nowhere = await modernPost(weir, 'mallory', { ...read, server: 'nowhere' })
  expect([called.status, withoutRefs(await called.text())]).toEqual([404, withoutRefs(await nowhere.text())])
})

function withoutRefs(text: string): string {
  return text.replaceAll(/hop_[0-9a-f]{16}/g, 'hop')
}

test('a run ends at exactly the number of calls it can pay for', async () => {
  const first = await modernPost(weir, 'alice', read)
  const run = { 'weir-run-id': first.headers.get('weir-run-id') ?? '' }
  const calls = fixture.seen.length
  for (let i = 2; i <= 10; i++)
    expect(await messageOf(await modernPost(weir, 'alice', { ...read, headers: run }))).toHaveProperty('result.content')
  const eleventh = await messageOf(await modernPost(weir, 'alice', { ...read, headers: run }))
  expect(eleventh).toMatchObject({
    id: 7,
    result: { isError: true, resultType: 'complete', _meta: { 'dev.weir/problem': { code: 'run_budget_exhausted' } } },
  })
  expect(fixture.seen.length - calls).toBe(9)
  const after = await messageOf(await modernPost(weir, 'alice', { ...read, headers: run }))
  expect(after).toMatchObject({ result: { _meta: { 'dev.weir/problem': { code: 'run_halted' } } } })
})

test('every message leaves one record, and only calls of tools belong to runs', async () => {
  const before = (await recordsOf()).length
  const answer = await modernPost(weir, 'carol', read)
  await modernPost(weir, 'carol', { method: 'tools/list' })
  const [call, list, ...more] = (await recordsOf()).slice(before)
  expect(more).toEqual([])
  expect(call).toMatchObject({
    run: answer.headers.get('weir-run-id'),
    agent: 'agent:carol',
    chain: ['agent:carol'],
    depth: 1,
    target: 'tool:files/read',
    dialect: 'mcp-2026-07-28',
    action: 'call_tool',
    method: 'tools/call',
    decision: 'allow',
    policies: ['mcp.call'],
    outcome: { status: 'answered', spent: { cost_micros: 100 } },
  })
  expect(list).toMatchObject({ run: null, target: 'server:files', action: 'pass', method: 'tools/list' })
})

async function recordsOf(): Promise<readonly CallRecord[]> {
  return (await ledgerOf(weir)).filter((entry) => entry.kind === 'call')
}

test('nothing a caller shows reaches the server, and what Weir shows it does', () => {
  for (const { headers } of fixture.seen) {
    expect(headers).toHaveProperty('x-backend-key', 'of-weir')
    expect(JSON.stringify(headers)).not.toContain(keyOf('alice'))
    expect(headers).not.toHaveProperty('authorization')
  }
})
