import { afterAll, expect, test } from 'vitest'
import type { CallRecord } from '../../src/domain/record.ts'
import { ledgerOf } from '../support/ledger-entries.ts'
import { serveMcpFixture } from '../support/mcp-server.ts'
import { configForTools, filesServer, messageOf, modernPost } from '../support/mcp-weir.ts'
import { apiKey, startWeir } from '../support/weir.ts'

const crowd = Array.from({ length: 50 }, (_, index) => `worker-${index}`)
const waits = { begun: 0, aborted: 0 }
const fixture = await serveMcpFixture(() => filesServer(waits))
const rows = {
  read: { effect: 'read', price: { call_micros: 7 }, external: true },
  wait: { concurrency_max: 5 },
}
const base = configForTools(fixture.url, { price: { call_micros: 100 }, tools: rows })
const user = { groups: ['users'], may_start_runs: true }
const weir = await startWeir({
  ...base,
  agents: { ...(base['agents'] as object), ...Object.fromEntries(crowd.map((name) => [name, user])) },
  identity: { api_keys: [...crowd, 'alice', 'bob'].map((name) => apiKey(name)) },
  limits: { run: { cost_micros_max: 100_000 } },
})

afterAll(async () => {
  await weir.stop()
  await fixture[Symbol.asyncDispose]()
})

function call(agent: string, name: string, args: object = {}, headers: Record<string, string> = {}): Promise<Response> {
  return modernPost(weir, agent, { method: 'tools/call', params: { name, arguments: args }, headers })
}

test('fifty agents on one tool: as many as it takes get in, the others read that they shall wait', async () => {
  const answers = await Promise.all(crowd.map(async (agent) => messageOf(await call(agent, 'wait'))))
  const refused = answers.filter((answer) => JSON.stringify(answer).includes('concurrency_limited'))
  expect([answers.length - refused.length, waits.begun]).toEqual([5, 5])
  expect(refused[0]).toMatchObject({
    result: {
      isError: true,
      content: [
        { text: expect.stringMatching(/Too many calls are under way at once.*Wait for one to finish/) as string },
      ],
      _meta: {
        'dev.weir/problem': {
          status: 429,
          rule: 'tool.concurrency_max',
          retryable: 'true',
          retry_after_ms: expect.stringMatching(/^\d+$/) as string,
        },
      },
    },
  })
  expect(await messageOf(await call('alice', 'wait'))).toHaveProperty('result.content.0.text', 'waited')
})

test('a tool has the price of its row, and taints and is judged by what its row says', async () => {
  const first = await call('bob', 'read', { path: 'a' })
  expect(await messageOf(first)).toMatchObject({ result: { content: [{ text: 'content of a' }] } })
  const run = { 'weir-run-id': first.headers.get('weir-run-id') ?? '' }
  // The answer came from outside, and the shipped guard lets nothing be written after that; reading goes on.
  const written = await messageOf(await call('bob', 'wait', {}, run))
  expect(written).toMatchObject({ result: { _meta: { 'dev.weir/problem': { rule: 'guard.taint-write-tool' } } } })
  expect(await messageOf(await call('bob', 'read', { path: 'b' }, run))).not.toHaveProperty('result.isError')
  const records = (await ledgerOf(weir)).filter((entry): entry is CallRecord => entry.kind === 'call')
  const reads = records.filter(({ target, decision }) => target === 'tool:files/read' && decision === 'allow')
  expect(reads.map(({ reserved }) => reserved.cost_micros)).toEqual([7, 7])
  expect(reads.map(({ taint }) => taint)).toEqual(['external', 'external'])
})
