/** Agents answer the stock SDK of OpenAI as if they were models, and stay agents: conversations, questions, refusals. */
import { createOpenAI } from '@ai-sdk/openai'
import { ChatOpenAI } from '@langchain/openai'
import { generateText, streamText } from 'ai'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../support/relay.ts'
import { startTalkingAgent, type TalkingAgent } from '../support/talking-agent.ts'
import { apiKey, keyOf, startWeir, type Weir, type WeirConfig } from '../support/weir.ts'

let agent: TalkingAgent
let weir: Weir

const configFor = (url: string): WeirConfig => ({
  identity: { api_keys: [apiKey('console', 'tomas'), apiKey('portal', 'vera')] },
  agents: {
    console: { groups: ['entrypoints'], may_start_runs: true },
    portal: { groups: ['entrypoints'], may_start_runs: true },
    orchestrator: { url },
    vault: { url },
  },
})

beforeAll(async () => {
  agent = await startTalkingAgent()
  weir = await startWeir(configFor(agent.url))
})

afterAll(async () => {
  await weir?.stop()
  await agent?.stop()
})

/** Retries are left on: a refusal must not be tried again. */
const as = (caller: string): OpenAI => new OpenAI({ apiKey: keyOf(caller), baseURL: `${weir.url}/v1` })

const model = 'a2a/orchestrator'

/** What Weir adds to the objects of OpenAI. */
interface Told {
  readonly a2a: { readonly context_id: string; readonly task_id: string; readonly state: string }
}

const toldIn = (answer: object): Told['a2a'] => (answer as Told).a2a

function asking(content: string): { model: string; messages: [{ role: 'user'; content: string }] } {
  return { model, messages: [{ role: 'user', content }] }
}

async function allOf<T>(stream: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = []
  for await (const each of stream) all.push(each)
  return all
}

/** Of a promise that must fail. */
async function failureOf(call: PromiseLike<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  const caught = await Promise.resolve(call).then(
    () => null,
    (error: unknown) => error,
  )
  if (!(caught instanceof OpenAI.APIError)) throw new Error('it did not fail as it should')
  return caught
}

const counted = 'one two\n\n```json\n{\n  "three": 3\n}\n```'

test('a chat completion is the whole answer of the agent, with what it says it used', async () => {
  const { data, response } = await as('console').chat.completions.create(asking('count')).withResponse()
  expect(data.choices).toEqual([
    {
      index: 0,
      message: { role: 'assistant', content: counted, refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    },
  ])
  expect(data).toMatchObject({
    model,
    usage: { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 },
    a2a: { state: 'completed', context_id: response.headers.get('x-a2a-context-id') },
  })
  expect(response.headers.get('weir-run-id')).toMatch(/^run_/)
})

test('a stream of a chat completion tells each chunk as it comes and nothing that is no answer', async () => {
  const asked = { ...asking('count'), stream: true, stream_options: { include_usage: true } } as const
  const chunks = await allOf(await as('console').chat.completions.create(asked))
  const deltas = chunks.flatMap((chunk) => chunk.choices[0]?.delta.content || [])
  expect(deltas).toEqual(['one ', 'two', '\n\n```json\n{\n  "three": 3\n}\n```'])
  expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop')
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 12 } })
})

test('a response is the same, whole and as a stream', async () => {
  const whole = await as('console').responses.create({ model, input: 'count' })
  expect(whole).toMatchObject({ output_text: counted, status: 'completed', usage: { input_tokens: 7 } })
  const stream = as('console').responses.stream({ model, input: 'count' })
  const types = (await allOf(stream)).map(({ type }) => type)
  expect(types.slice(0, 4)).toEqual([
    'response.created',
    'response.in_progress',
    'response.output_item.added',
    'response.content_part.added',
  ])
  expect(types.at(-1)).toBe('response.completed')
  expect((await stream.finalResponse()).output_text).toBe(counted)
})

test('an agent that does not say what it used is not said to have used nothing', async () => {
  expect((await as('console').chat.completions.create(asking('hello'))).usage).toBeUndefined()
  expect((await as('console').responses.create({ model, input: 'hello' })).usage).toBeNull()
})

test('only the last turn of the user goes to the agent, with its files', async () => {
  await as('console').chat.completions.create({
    model,
    messages: [
      { role: 'system', content: 'be brief' },
      { role: 'user', content: 'before' },
      { role: 'assistant', content: 'long ago' },
      { role: 'user', content: 'look' },
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } }] },
    ],
  })
  expect(agent.messages.at(-1)?.parts).toEqual([{ text: 'look' }, { raw: 'aGk=', mediaType: 'image/png' }])
})

test('the id of a response goes on with its conversation, over a stream too', async () => {
  const client = as('console')
  const first = await client.responses.create({ model, input: 'hello' })
  const second = await client.responses.create({ model, input: 'and', previous_response_id: first.id })
  const stream = client.responses.stream({ model, input: 'then', previous_response_id: second.id })
  const third = await stream.finalResponse()
  expect([first, second, third].map((one) => one.output_text)).toEqual(['turn 1: hello', 'turn 2: and', 'turn 3: then'])
  expect(new Set([first, second, third].map((one) => toldIn(one).context_id)).size).toBe(1)
})

test('a conversation goes by the headers of chat completions', async () => {
  const client = as('console')
  const { response } = await client.chat.completions.create(asking('hello')).withResponse()
  const names = ['x-a2a-context-id', 'x-a2a-task-id']
  const headers = Object.fromEntries(names.map((name) => [name, response.headers.get(name)]))
  const again = await client.chat.completions.create(asking('again'), { headers })
  expect(again.choices[0]?.message.content).toBe('turn 2: again')
})

test('the question of an agent ends the turn, and the answer goes on with its task', async () => {
  const client = as('console')
  const question = await client.responses.create({ model, input: 'ask' })
  expect(question).toMatchObject({ output_text: 'Which city?', status: 'completed', a2a: { state: 'input_required' } })
  const answer = await client.responses.create({ model, input: 'Oslo', previous_response_id: question.id })
  expect(answer).toMatchObject({ output_text: 'thank you: Oslo', a2a: { task_id: toldIn(question).task_id } })

  const asked = await client.chat.completions.create(asking('ask'))
  expect(asked.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'Which city?' } })
  const { context_id, task_id } = toldIn(asked)
  const told = { ...asking('Rome'), stream: true, a2a: { context_id, task_id } } as const
  const chunks = await allOf(await client.chat.completions.create(told))
  expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('thank you: Rome')
})

test('another caller cannot use the id of a response, nor the ids in it', async () => {
  const mine = await as('console').responses.create({ model, input: 'ask' })
  const { context_id, task_id } = toldIn(mine)
  const before = agent.messages.length
  const stolen = await failureOf(as('portal').responses.create({ model, input: 'x', previous_response_id: mine.id }))
  expect(stolen).toMatchObject({ status: 404, code: 'task_not_found' })
  for (const a2a of [{ context_id }, { task_id }]) {
    const asked = { ...asking('x'), a2a } as Parameters<OpenAI['chat']['completions']['create']>[0]
    expect(await failureOf(as('portal').chat.completions.create(asked))).toMatchObject({ status: 404 })
  }
  expect(agent.messages).toHaveLength(before)
})

test('the id of a response leads back to its conversation and its open question after a restart', async () => {
  const question = await as('console').responses.create({ model, input: 'ask' })
  await weir.kill('SIGTERM')
  weir = await startWeir(configFor(agent.url), weir.directory)
  const answer = await as('console').responses.create({ model, input: 'Oslo', previous_response_id: question.id })
  expect(answer.output_text).toBe('thank you: Oslo')
  const stolen = as('portal').responses.create({ model, input: 'x', previous_response_id: question.id })
  expect(await failureOf(stolen)).toMatchObject({ status: 404 })
})

test('the words of an agent that failed surface, and nobody calls it again', async () => {
  const before = agent.messages.length
  const client = as('console')
  expect(await failureOf(client.chat.completions.create(asking('fail')))).toMatchObject({
    status: 403,
    code: 'agent_failed',
    message: '403 The oven is broken.',
  })
  expect(await failureOf(client.chat.completions.create({ ...asking('reject'), stream: true }))).toMatchObject({
    status: 403,
    code: 'agent_rejected',
  })
  const chat = await client.chat.completions.create({ ...asking('fail'), stream: true })
  expect((await failureOf(allOf(chat))).message).toBe('The oven is broken.')
  const response = await client.responses.create({ model, input: 'fail', stream: true })
  expect((await failureOf(allOf(response))).message).toBe('The oven is broken.')
  expect(agent.messages).toHaveLength(before + 4)
})

test('a denial keeps its sentence and its status', async () => {
  for (const stream of [false, true]) {
    const denied = await failureOf(
      as('console').chat.completions.create({ ...asking('x'), model: 'a2a/vault', stream }),
    )
    expect(denied).toMatchObject({ status: 404, code: 'not_found', type: 'weir_not_found' })
    expect(denied.message).toMatch(/\[weir:not_found\] .* ref hop_/)
    const stranger = new OpenAI({ apiKey: 'wk_nobody_x', baseURL: `${weir.url}/v1` })
    expect(await failureOf(stranger.responses.create({ model, input: 'x', stream }))).toMatchObject({ status: 401 })
  }
})

test('what no agent gives is refused in words', async () => {
  const chat = as('console').chat.completions
  const weather = { type: 'function', function: { name: 'weather', parameters: {} } } as const
  expect((await chat.create({ ...asking('hello'), tools: [weather], max_tokens: 3 })).choices).toHaveLength(1)
  const forced = await failureOf(chat.create({ ...asking('hello'), tools: [weather], tool_choice: 'required' }))
  expect(forced).toMatchObject({ status: 400, param: 'tool_choice' })
  expect(await failureOf(chat.create({ ...asking('hello'), n: 2 }))).toMatchObject({ status: 400, param: 'n' })
})

test('a caller that leaves stops the agent', async () => {
  const stream = await as('console').chat.completions.create({ ...asking('wait'), stream: true })
  let task = ''
  for await (const chunk of stream) {
    task ||= toldIn(chunk).task_id
    if (chunk.choices[0]?.delta.content) break
  }
  await until(() => agent.cancelled.length > 0)
  expect(agent.cancelled).toEqual([task])
})

test.each(['chat', 'responses'] as const)('the AI SDK hears agents over %s', async (api) => {
  const provider = createOpenAI({ apiKey: keyOf('console'), baseURL: `${weir.url}/v1` })
  const whole = await generateText({ model: provider[api](model), prompt: 'count' })
  expect(whole).toMatchObject({ text: counted, finishReason: 'stop', usage: { totalTokens: 12 } })
  const stream = streamText({ model: provider[api](model), prompt: 'hello' })
  expect(await stream.text).toBe('turn 1: hello')
  expect((await stream.usage).totalTokens).toBeUndefined()
  const failed = generateText({ model: provider[api](model), prompt: 'fail' })
  await expect(failed).rejects.toThrow('The oven is broken.')
})

test('LangChain hears agents, and does not call one again that failed', async () => {
  const chat = new ChatOpenAI({ model, apiKey: keyOf('console'), configuration: { baseURL: `${weir.url}/v1` } })
  expect((await chat.invoke('count')).text).toBe(counted)
  const pieces = await allOf(await chat.stream('hello'))
  expect(pieces.map((piece) => piece.text).join('')).toBe('turn 1: hello')
  const before = agent.messages.length
  await expect(chat.invoke('fail')).rejects.toThrow('The oven is broken.')
  expect(agent.messages).toHaveLength(before + 1)
})
