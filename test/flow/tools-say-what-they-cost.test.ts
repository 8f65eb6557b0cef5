import { McpServer } from '@modelcontextprotocol/server'
import { afterAll, expect, test } from 'vitest'
import { z } from 'zod'
import type { CallRecord } from '../../src/domain/record.ts'
import { ledgerOf } from '../support/ledger-entries.ts'
import { serveMcpFixture } from '../support/mcp-server.ts'
import {
  configForTools,
  everythingListed,
  federatedPost,
  generations,
  messageOf,
  modernPost,
  toolClient,
} from '../support/mcp-weir.ts'
import { metricOf, startWeir } from '../support/weir.ts'

const tools = {
  plain: { price: { call_micros: 7 } },
  pages: { price: { call_micros: 5, units: { at: '/structuredContent/pages', micros: 30, max: 10 } } },
  usd: { price: { reported: { cost_usd: '/_meta/cost~1usd', max_micros: 400 } } },
  tokens: {
    price: {
      tokens_as: 'fake/echo',
      reported: {
        input_tokens: '/_meta/usage/in',
        output_tokens: '/_meta/usage/out',
        model: '/_meta/usage/model',
        max_tokens: 100,
        max_micros: 50,
      },
    },
  },
}

/** Every tool answers what it is told to answer. */
function saying(): McpServer {
  const server = new McpServer({ name: 'files', version: '1.0.0' })
  const inputSchema = z.object({ meta: z.any().optional(), structured: z.any().optional() })
  for (const name of Object.keys(tools))
    server.registerTool(name, { description: name, inputSchema }, async ({ meta, structured }) => ({
      content: [{ type: 'text', text: name }],
      ...(meta === undefined ? {} : { _meta: meta as Record<string, unknown> }),
      ...(structured === undefined ? {} : { structuredContent: structured as Record<string, unknown> }),
    }))
  return server
}

const fixture = await serveMcpFixture(saying)
const models = { providers: { fake: { api: 'fake' } } }
const weir = await startWeir(configForTools(fixture.url, { tools }, { models }))

afterAll(async () => {
  await weir.stop()
  await fixture[Symbol.asyncDispose]()
})

const usd = (cost: unknown): object => ({ meta: { 'cost/usd': cost } })

interface Called {
  readonly run: string
  readonly message: Readonly<Record<string, unknown>>
}

async function call(name: string, args: object, run?: string): Promise<Called> {
  const headers = run === undefined ? {} : { 'weir-run-id': run }
  const answer = await modernPost(weir, 'alice', { method: 'tools/call', params: { name, arguments: args }, headers })
  return { run: answer.headers.get('weir-run-id') ?? run ?? '', message: await messageOf(answer) }
}

async function recordsOf(of: (record: CallRecord) => boolean): Promise<readonly CallRecord[]> {
  const calls = (await ledgerOf(weir)).filter((entry) => entry.kind === 'call')
  return calls.filter(({ action }) => action === 'call_tool').filter(of)
}

async function recordOf({ run }: Called): Promise<CallRecord | undefined> {
  return (await recordsOf((record) => record.run === run)).at(-1)
}

test.each([
  [3, { cost_micros: 95, units: 3, source: 'provider' }],
  [0, { cost_micros: 5, units: 0, source: 'provider' }],
  [2.5, { cost_micros: 80, units: 2.5, source: 'provider' }],
  [-1, { cost_micros: 305, units: null, source: 'reserved' }],
  ['three', { cost_micros: 305, units: null, source: 'reserved' }],
])('%j pages are paid for by the page', async (pages, { cost_micros, units, source }) => {
  const record = await recordOf(await call('pages', { structured: { pages } }))
  expect(record).toMatchObject({
    reserved: { cost_micros: 305 },
    outcome: { status: 'answered', spent: { cost_micros, tokens: 0 }, used: { source, units } },
  })
})

test.each([
  [0.0001, 100],
  [0.00010000001, 101],
  ['0.0001', 400],
  [null, 400],
  [-0.0001, 400],
])('%j dollars are %d micro-dollars', async (cost, cost_micros) => {
  expect((await recordOf(await call('usd', usd(cost))))?.outcome.spent).toEqual({ cost_micros, tokens: 0 })
})

test('an answer that says nothing is booked at the most it may cost, and its record says why', async () => {
  expect((await recordOf(await call('usd', {})))?.outcome).toMatchObject({
    spent: { cost_micros: 400 },
    used: { source: 'reserved', why: 'nothing at /_meta/cost~1usd' },
  })
  const plain = (await recordOf(await call('plain', usd(1))))?.outcome
  expect(plain).toMatchObject({ spent: { cost_micros: 7 } })
  expect(plain).not.toHaveProperty('used')
})

test('tokens are counted, and the call says of which model they are', async () => {
  const record = await recordOf(await call('tokens', { meta: { usage: { in: 30, out: 4, model: 'x' } } }))
  expect(record).toMatchObject({ reserved: { tokens: 100, cost_micros: 50 }, outcome: { spent: { tokens: 34 } } })
  expect(record?.outcome.metered).toMatchObject({
    model: 'fake/echo',
    source: 'provider',
    usage: { input_tokens: 30, output_tokens: 4 },
  })
})

test.each(generations)('%s hears the answer as it is, alone or in a stream', async (generation) => {
  const before = (await recordsOf(({ target }) => target === 'tool:files/usd')).length
  await using client = await toolClient(weir, 'alice', generation)
  const meta = { 'cost/usd': 0.00015 }
  expect(await client.call('usd', { meta })).toMatchObject({ text: 'usd', meta })
  const records = (await recordsOf(({ target }) => target === 'tool:files/usd')).slice(before)
  expect(records.map(({ outcome }) => outcome.spent.cost_micros)).toEqual([150])
})

test('one address of all servers reads the same', async () => {
  const { names } = await everythingListed(weir, 'alice', Object.keys(tools).length)
  const name = names.find((each) => each.endsWith('usd'))
  const answer = await federatedPost(weir, 'alice', {
    method: 'tools/call',
    params: { name, arguments: usd(0.000222) },
  })
  const run = answer.headers.get('weir-run-id') ?? ''
  expect(await messageOf(answer)).toMatchObject({ result: { _meta: { 'cost/usd': 0.000222 } } })
  expect((await recordOf({ run, message: {} }))?.outcome).toMatchObject({
    spent: { cost_micros: 222 },
    used: { source: 'provider' },
  })
})

test('a run spends its budget to the last micro-dollar, and not one more', async () => {
  const { run } = await call('usd', usd(0.0003))
  for (const cost of [0.0003, 0, 0.0004]) expect((await call('usd', usd(cost), run)).message).toHaveProperty('result')
  const refused = await call('usd', usd(0), run)
  expect(JSON.stringify(refused.message)).toContain('run_budget_exhausted')
  const view = await weir.ask<{ spent: object; reserved: object }>(`/api/v1/runs/${run}`)
  expect(view.spent).toEqual({ cost_micros: 1000, tokens: 0 })
  expect(await metricOf(weir, 'weir_budget_overshoot_micros_total')).toBe(0)
})

test('more than the most is booked as far as the budget goes, counted beyond it, and said once', async () => {
  const { run } = await call('usd', usd(0.0006))
  const over = await call('usd', usd(0.0009), run)
  expect(over.message).toHaveProperty('result')
  expect((await recordOf(over))?.outcome.spent.cost_micros).toBe(900)
  expect(await metricOf(weir, 'weir_budget_overshoot_micros_total')).toBe(500)
  // What a process writes comes when it comes.
  await expect
    .poll(() => weir.log().match(/a call of tool:files\/usd cost more than its price allows/g))
    .toHaveLength(1)
})
