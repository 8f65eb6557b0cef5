/** A call that goes on from a response Weir has seen holds what that one came to, and not a whole context. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ledgerOf } from '../support/ledger-entries.ts'
import { policyOpen } from '../support/loop.ts'
import { type RecordingProvider, startRecordingProvider } from '../support/recording-provider.ts'
import { apiKey, keyOf, startWeir, type Weir } from '../support/weir.ts'

let provider: RecordingProvider
let weir: Weir

beforeAll(async () => {
  provider = await startRecordingProvider()
  const price = { input: 2, output: 10 }
  const sha256 = createHash('sha256').update(keyOf('alice-for-ana')).digest('hex')
  weir = await startWeir({
    policy: { dir: policyOpen },
    identity: {
      api_keys: [
        apiKey('alice', 'tomas'),
        apiKey('bob', 'tomas'),
        { id: 'alice-for-ana', agent: 'alice', person: 'ana', sha256 },
      ],
    },
    agents: { alice: { may_start_runs: true }, bob: { may_start_runs: true } },
    models: {
      providers: { openai: { api: 'openai', url: provider.v1, models: { echo: { price }, other: { price } } } },
      routes: { either: { to: [{ model: 'openai/echo' }], fallback: ['openai/other'] } },
    },
    // A whole context would cost more than two dollars.
    limits: { run: { cost_micros_max: 20_000 } },
  })
})

afterAll(async () => {
  await weir.stop()
  await provider.stop()
})

const said = (id: string, input_tokens: number, output_tokens: number): object => ({
  id,
  object: 'response',
  status: 'completed',
  output: [],
  usage: { input_tokens, output_tokens, total_tokens: input_tokens + output_tokens },
})

async function ask(from: string, body: object): Promise<Response> {
  const answer = await fetch(`${weir.url}/v1/responses`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keyOf(from)}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  await answer.text()
  return answer
}

async function reservedFor(answer: Response): Promise<unknown> {
  const hop = answer.headers.get('weir-hop-id')
  const calls = (await ledgerOf(weir)).filter((entry) => entry.kind === 'call')
  return calls.find(({ rid }) => rid === hop)?.reserved
}

const going = (id: string) => ({
  model: 'openai/echo',
  max_output_tokens: 50,
  input: 'go on',
  previous_response_id: id,
})

test('what a response read and wrote is what is held for the next one, whether it was a stream or not', async () => {
  provider.next({ chunks: [JSON.stringify(said('resp_a', 1000, 200))] })
  expect((await ask('alice', { model: 'openai/echo', max_output_tokens: 300, input: 'begin' })).status).toBe(200)

  const completed = { type: 'response.completed', response: said('resp_b', 1210, 50) }
  const event = `event: response.completed\ndata: ${JSON.stringify(completed)}\n\n`
  provider.next({ headers: { 'content-type': 'text/event-stream' }, chunks: [event] })
  const second = await ask('alice', { ...going('resp_a'), stream: true })
  // 108 bytes and 1024 are 1132, with 1000 + 200 before them 2332, and 50: 2332 x 2 + 50 x 10
  expect(await reservedFor(second)).toEqual({ tokens: 2382, cost_micros: 5164 })

  provider.next({ chunks: [JSON.stringify(said('resp_c', 1270, 50))] })
  const third = await ask('alice', going('resp_b'))
  // 94 bytes and 1024 are 1118, with 1210 + 50 before them 2378, and 50: 2378 x 2 + 50 x 10
  expect(await reservedFor(third)).toEqual({ tokens: 2428, cost_micros: 5256 })
})

test.each([
  ['nobody has seen', 'alice', going('resp_x')],
  ['another agent was given', 'bob', going('resp_a')],
  ['the same agent was given for somebody else', 'alice-for-ana', going('resp_a')],
  ['another model gave', 'alice', { ...going('resp_a'), model: 'openai/other' }],
  ['only one of the models that may answer gave', 'alice', { ...going('resp_a'), model: 'either' }],
  ['is known, with a tool that reads by itself', 'alice', { ...going('resp_a'), tools: [{ type: 'web_search' }] }],
  ['is known, with a stored prompt', 'alice', { ...going('resp_a'), prompt: { id: 'pmpt_1' } }],
])('a response that %s is a whole context', async (_, from, body) => {
  const before = provider.recorded.length
  const answer = await ask(from, body)
  expect([answer.status, answer.headers.get('weir-decision')]).toEqual([402, 'deny;code=budget_exhausted'])
  expect(provider.recorded.length).toBe(before)
})
