import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CallRecord } from '../../src/domain/record.ts'
import { callHeaders, say, sendMessage } from '../support/caller.ts'
import { configFor, type FrameworkName, type Frameworks, startFrameworks, words } from '../support/frameworks.ts'
import { ledgerOf } from '../support/ledger-entries.ts'
import { openStream } from '../support/open-stream.ts'
import { startWeir, type Weir } from '../support/weir.ts'

const told = ['langgraph', 'agentcore', 'foundry', 'vertex'] as const
type Told = (typeof told)[number]

/** What the agent behind each says it used for one answer, and how it calls its model. */
const used: Readonly<Record<Told, readonly [input: number, output: number, model: string]>> = {
  langgraph: [7, 5, 'unknown'],
  agentcore: [3, 2, 'unknown'],
  foundry: [3, 4, 'gpt-4.1'],
  vertex: [3, 4, 'unknown'],
}

let all: Frameworks
let weir: Weir

beforeAll(async () => {
  all = await startFrameworks()
  const config = configFor(all)
  const agents = config['agents'] as Readonly<Record<FrameworkName | 'orchestrator', object>>
  const price = { reported: { max_tokens: 1000, max_micros: 300 }, tokens_as: 'house/unpriced' }
  const priced = Object.fromEntries(
    told.map((name) => [`${name}-held`, { facet_of: name, groups: ['subagents'], price }]),
  )
  const models = { providers: { house: { api: 'openai', url: 'http://127.0.0.1:9/v1' } } }
  weir = await startWeir({ ...config, agents: { ...agents, ...priced }, models })
})

afterAll(async () => {
  await weir.stop()
  await all.stop()
})

async function recordOf(run: string | null): Promise<CallRecord | undefined> {
  return (await ledgerOf(weir)).filter((entry) => entry.kind === 'call').findLast((record) => record.run === run)
}

/** Asks for a stream and goes away with its first bytes; the run it was. */
async function leave(to: string, text: string): Promise<string | null> {
  const leaving = new AbortController()
  const answer = await fetch(`${weir.url}/a2a/${to}/`, {
    method: 'POST',
    headers: callHeaders('orchestrator'),
    body: sendMessage(text).replace('SendMessage', 'SendStreamingMessage'),
    signal: leaving.signal,
  })
  await answer.body?.getReader().read()
  leaving.abort()
  return answer.headers.get('weir-run-id')
}

describe.each(told)('an agent of %s', (name) => {
  const [input_tokens, output_tokens, model] = used[name]
  const usage = { input_tokens, output_tokens, cached_tokens: 0, cache_write_tokens: 0, reasoning_tokens: 0 }

  it('says the tokens it used, whose cost is unknown and not zero', async () => {
    const said = await say(weir, { from: 'orchestrator', to: name })
    const record = await recordOf(said.headers.get('weir-run-id'))
    expect(record?.reserved.tokens).toBe(0)
    expect(record?.outcome).toMatchObject({
      spent: { tokens: input_tokens + output_tokens, cost_micros: 0 },
      metered: { model, source: 'provider', usage, cost_micros: null, prices: null },
    })
    expect(record?.outcome).not.toHaveProperty('used')
    const run = await weir.ask<{ readonly spent: object }>(`/api/v1/runs/${record?.run}`)
    expect(run.spent).toEqual({ tokens: input_tokens + output_tokens, cost_micros: 0 })
  })

  it('says them in a stream as well, of what was reserved', async () => {
    const stream = await openStream(weir, 'orchestrator', `${name}-held`)
    await stream.ended
    const record = await recordOf(stream.headers.get('weir-run-id'))
    expect(record?.reserved).toEqual({ tokens: 1000, cost_micros: 300 })
    expect(record?.outcome).toMatchObject({
      status: 'answered',
      metered: { model: 'house/unpriced', source: 'provider', cost_micros: null },
      used: { source: 'provider', units: null, why: null },
    })
    expect(record?.outcome.spent.tokens).toBeGreaterThan(0)
    expect(record?.outcome.spent.tokens).toBeLessThan(100)
  })

  it('is booked at the most where its caller leaves it in the middle', async () => {
    const run = await leave(`${name}-held`, words[name].hold)
    await expect.poll(async () => (await recordOf(run))?.outcome.status).toBe('aborted')
    expect((await recordOf(run))?.outcome).toMatchObject({
      spent: { tokens: 1000, cost_micros: 300 },
      used: { source: 'reserved' },
    })
  })
})
