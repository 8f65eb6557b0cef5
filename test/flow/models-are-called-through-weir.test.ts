/** The road of models from end to end, with the provider that Weir plays itself. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { policyOpen } from '../support/loop.ts'
import { ledgerOf } from '../support/ledger-entries.ts'
import { apiKey, keyOf, startWeir, type Weir } from '../support/weir.ts'

let weir: Weir

beforeAll(async () => {
  weir = await startWeir({
    gateway: { public_url: undefined },
    identity: { api_keys: [apiKey('alice', 'ana')] },
    agents: { alice: { may_start_runs: true } },
    models: {
      providers: {
        fake: {
          api: 'fake',
          models: { echo: { price: { input: 2, output: 10 } }, loop: { price: { input: 2, output: 10 } } },
        },
      },
      routes: { everyday: { to: [{ model: 'fake/error' }], fallback: ['fake/echo'] } },
    },
    policy: { dir: policyOpen },
  })
})

afterAll(async () => {
  await weir.stop()
})

function ask(path: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${weir.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keyOf('alice')}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

async function recordOf({ headers }: Response): Promise<unknown> {
  const hop = headers.get('weir-hop-id')
  return (await ledgerOf(weir)).find((entry) => entry.kind === 'call' && entry.rid === hop)
}

const hello = { messages: [{ role: 'user', content: 'one two three' }] }

test('a chat completion is answered, and its record says what it came to', async () => {
  const answer = await ask('/v1/chat/completions', { model: 'fake/echo', ...hello })
  expect(answer.status).toBe(200)
  expect(await answer.json()).toMatchObject({
    choices: [{ message: { content: 'one two three' } }],
    usage: { prompt_tokens: 3, completion_tokens: 3 },
  })
  const record = await recordOf(answer)
  expect(record).toMatchObject({
    target: 'model:fake/echo',
    dialect: 'openai-chat',
    action: 'generate',
    outcome: {
      status: 'answered',
      spent: { tokens: 6, cost_micros: 36 },
      metered: { model: 'fake/echo', source: 'provider', cost_micros: 36, prices: 'config' },
    },
  })
})

test('messages of Anthropic are answered to whoever shows a key of ours as theirs', async () => {
  const answer = await fetch(`${weir.url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': keyOf('alice'), 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({ model: 'fake/echo', max_tokens: 20, ...hello }),
  })
  expect(answer.status).toBe(200)
  expect(await answer.json()).toMatchObject({ content: [{ text: 'one two three' }] })
})

test('counting costs nothing and starts no run, and its record is found by the id of its answer', async () => {
  const answer = await ask('/v1/messages/count_tokens', { model: 'fake/echo', ...hello })
  expect(await answer.json()).toEqual({ input_tokens: 3 })
  expect(answer.headers.get('request-id')).toBe(answer.headers.get('weir-hop-id'))
  expect(await recordOf(answer)).toMatchObject({ run: null, action: 'count', outcome: { spent: { cost_micros: 0 } } })
})

test('a stream ends with what it cost, and without the usage nobody asked for', async () => {
  const answer = await ask('/v1/chat/completions', { model: 'fake/echo', stream: true, ...hello })
  expect(answer.headers.get('content-type')).toContain('text/event-stream')
  const text = await answer.text()
  expect(text).toMatch(/: weir cost=0\.000036 run=run_[0-9a-f]+\n\ndata: \[DONE\]\n\n$/)
  expect(text).not.toContain('prompt_tokens')
})

test('a route goes on to its fallback before the first byte', async () => {
  const answer = await ask('/v1/chat/completions', { model: 'everyday', ...hello })
  expect(answer.status).toBe(200)
  const record = await recordOf(answer)
  expect(record).toMatchObject({ target: 'model:everyday', outcome: { metered: { model: 'fake/echo' } } })
})

test('a model nobody has answers like one that may not be used', async () => {
  const answer = await ask('/v1/chat/completions', { model: 'nobody/gpt', ...hello })
  expect(answer.status).toBe(404)
  expect(await answer.json()).toMatchObject({ error: { code: 'not_found', type: 'weir_not_found' } })
})

test('what is there is listed in either shape', async () => {
  const headers = { authorization: `Bearer ${keyOf('alice')}` }
  const openai = await (await fetch(`${weir.url}/v1/models`, { headers })).json()
  expect(openai).toMatchObject({
    object: 'list',
    data: [{ id: 'everyday' }, { id: 'fake/echo' }, { id: 'fake/loop' }, { id: 'fake/error' }],
  })
  const one = await fetch(`${weir.url}/v1/models/fake/echo`, { headers })
  expect(await one.json()).toMatchObject({ id: 'fake/echo', object: 'model', owned_by: 'fake' })
  const anthropic = { ...headers, 'anthropic-version': '2023-06-01' }
  expect(await (await fetch(`${weir.url}/v1/models`, { headers: anthropic })).json()).toMatchObject({ has_more: false })
})

test('nobody known is told so in the shape that was asked', async () => {
  const answer = await fetch(`${weir.url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{',
  })
  expect(answer.status).toBe(401)
  expect(await answer.json()).toMatchObject({ type: 'error', error: { type: 'authentication_error' } })
})
