/** A provider whose answer breaks off may bill it, and the call is tried again: budgets count all that was reserved. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ledgerOf } from '../support/ledger-entries.ts'
import { type ModelWeir, startModelWeir } from '../support/model-weir.ts'
import { keyOf } from '../support/weir.ts'

const usage = { prompt_tokens: 30, completion_tokens: 4, total_tokens: 34 }
const message = { role: 'assistant', content: 'ok' }
const whole = JSON.stringify({ id: 'c', choices: [{ index: 0, message, finish_reason: 'stop' }], usage })
const events = [
  { id: 'c', choices: [{ index: 0, delta: { content: 'ok' }, finish_reason: 'stop' }] },
  { id: 'c', choices: [], usage },
].map((event) => `data: ${JSON.stringify(event)}\n\n`)

/** 83 bytes; with `stream`, 97. */
const asked = { model: 'openai/echo', max_tokens: 50, messages: [{ role: 'user', content: 'go' }] }
const streamed = { model: 'openai/echo', max_tokens: 50, stream: true, messages: asked.messages }

let bench: ModelWeir

beforeAll(async () => {
  const run = { cost_micros_max: 10_000, tokens_max: 100_000 }
  bench = await startModelWeir({
    agents: { alice: {} },
    price: { input: 2, output: 10 },
    config: { limits: { run } },
  })
})

afterAll(async () => {
  await bench.stop()
})

async function ask(body: object): Promise<{ readonly answer: Response; readonly text: string }> {
  const answer = await fetch(`${bench.weir.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keyOf('alice')}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { answer, text: await answer.text() }
}

async function outcomeOf(answer: Response): Promise<unknown> {
  const hop = answer.headers.get('weir-hop-id')
  const calls = (await ledgerOf(bench.weir)).filter((entry) => entry.kind === 'call')
  return calls.find(({ rid }) => rid === hop)?.outcome
}

test('one that was answered when it was tried again', async () => {
  bench.provider.next({ chunks: [whole], cutAfter_bytes: 10 })
  bench.provider.next({ chunks: [whole] })
  const { answer, text } = await ask(asked)
  expect([text, bench.provider.recorded.length]).toEqual([whole, 2])
  // 83 + 1024 are 1107 read at most and 50 written: 1107 x 2 + 50 x 10. The answer itself: 30 x 2 + 4 x 10.
  expect(await outcomeOf(answer)).toMatchObject({
    status: 'answered',
    spent: { tokens: 1157, cost_micros: 2714 },
    metered: { source: 'provider', cost_micros: 100, lost: 1 },
  })
  expect(answer.headers.get('weir-cost')).toBe('2714;unit=micro-usd')
  expect(answer.headers.get('weir-run-budget')).toContain('cost;q=10000;r=7286;')
})

test('one that was answered with a stream then', async () => {
  const headers = { 'content-type': 'text/event-stream' }
  bench.provider.next({ headers, chunks: [': wait\n\n', ' '], cutAfter_bytes: 8 })
  bench.provider.next({ headers, chunks: [...events, 'data: [DONE]\n\n'] })
  const { answer, text } = await ask(streamed)
  // 97 + 1024 are 1121: 1121 x 2 + 50 x 10
  expect(text).toContain(': weir cost=0.002742 ')
  expect(await outcomeOf(answer)).toMatchObject({ spent: { tokens: 1171, cost_micros: 2742 }, metered: { lost: 1 } })
})

test('one that was refused then, which alone would cost nothing', async () => {
  bench.provider.next({ chunks: [whole], cutAfter_bytes: 10 })
  bench.provider.next({ status: 400, chunks: ['{"error":{"message":"no"}}'] })
  const { answer } = await ask(asked)
  expect(answer.status).toBe(400)
  expect(await outcomeOf(answer)).toMatchObject({
    spent: { tokens: 1157, cost_micros: 2714 },
    metered: { source: 'reserved', lost: 1 },
  })
})
