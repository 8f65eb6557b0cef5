/**
 * The real SDKs through Weir, changed in nothing but URL and key. Where nothing has to change, the provider gets the bytes of
 * the SDK and the SDK those of the provider; what is edited is what decision 0015 names, and a comment tells the cost.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { anthropicClient } from '../support/model-sdk-anthropic.ts'
import { openaiClient } from '../support/model-sdk-openai.ts'
import { modelSdks } from '../support/model-sdks.ts'
import { type ModelWeir, providerKey, startModelWeir } from '../support/model-weir.ts'
import { sha256 } from '../support/recording-provider.ts'
import { keyOf } from '../support/weir.ts'

const text = 'say this back  please'
/** Dollars for a million tokens: the bill of a text is 4 * 3 + 4 * 15 micro-dollars. */
const price = { input: 3, output: 15 }

let world: ModelWeir
let priced: ModelWeir

beforeAll(async () => {
  world = await startModelWeir({ agents: { app: {} } })
  priced = await startModelWeir({ agents: { app: {} }, price })
})
beforeEach(() => {
  world.provider.clear()
  priced.provider.clear()
})
afterAll(async () => {
  await world.stop()
  await priced.stop()
})

describe.each(modelSdks)('$name', (sdk) => {
  test.each([false, true])('a text crosses byte for byte, streaming %s', async (streaming) => {
    const answer = await sdk.ask(world.door('app'), { model: 'echo', text, streaming })
    expect(answer).toMatchObject({ text, usage: { input: 4, output: 4 }, error: null, sent: 1 })
    expectSameBytes(answer, world)
  })

  test.each([false, true])('a call of a tool crosses byte for byte, streaming %s', async (streaming) => {
    const answer = await sdk.ask(world.door('app'), { model: 'loop', text, streaming, tool: true })
    expect(answer).toMatchObject({ toolCalls: [{ name: 'find', arguments: { q: text } }], error: null, sent: 1 })
    expectSameBytes(answer, world)
  })

  test.each([false, true])('of a name with its provider only the name is changed, streaming %s', async (streaming) => {
    const answer = await sdk.ask(world.door('app'), { model: `${sdk.family}/echo`, text, streaming })
    expect(answer).toMatchObject({ text, error: null })
    const sent = answer.sentBody.toString()
    expect(sent).toContain(`"model":"${sdk.family}/echo"`)
    expect(world.provider.last().body.toString()).toBe(sent.replace(`"${sdk.family}/echo"`, '"echo"'))
    expectSameAnswer(answer, world)
  })

  test('the provider gets its own key and nothing that speaks for the caller', async () => {
    await sdk.ask(world.door('app'), { model: 'echo', text })
    const { headers } = world.provider.last()
    const shown = sdk.family === 'openai' ? headers.authorization : headers['x-api-key']
    expect(shown).toBe(sdk.family === 'openai' ? `Bearer ${providerKey}` : providerKey)
    expect(JSON.stringify(headers)).not.toContain(keyOf('app'))
    expect(Object.keys(headers).filter((name) => name.startsWith('weir-'))).toEqual([])
  })

  test.each([false, true])('a cost is told beside the answer and disturbs nobody, streaming %s', async (streaming) => {
    const answer = await sdk.ask(priced.door('app'), { model: 'echo', text, streaming })
    expect(answer).toMatchObject({ text, usage: { input: 4, output: 4 }, error: null, sent: 1 })
    const received = answer.received?.body.toString() ?? ''
    const comments = received.match(/^: weir .*\n\n/gm) ?? []
    if (streaming) expect(comments).toEqual([expect.stringMatching(/^: weir cost=0\.000072 run=run_/)])
    else expect(answer.received?.headers.get('weir-cost')).toBe('72;unit=micro-usd;in=12;out=60')
    expectSameAnswer(answer, priced)
  })

  test.each([false, true])('the fake provider answers without a network, streaming %s', async (streaming) => {
    const answer = await sdk.ask(world.door('app'), { model: 'fake/echo', text, streaming })
    expect(answer).toMatchObject({ text, usage: { input: 4, output: 4 }, error: null, sent: 1 })
    const called = await sdk.ask(world.door('app'), { model: 'fake/loop', text, streaming, tool: true })
    expect(called.toolCalls).toEqual([{ name: 'find', arguments: { q: text } }])
    expect(world.provider.recorded).toEqual([])
  })

  test('what the provider says against a request is read as if it had said so itself', async () => {
    const answer = await sdk.ask(world.door('app'), { model: 'error-400', text })
    const said = JSON.parse(world.provider.last().answer.text) as { error: { message: string } }
    expect([answer.sent, answer.error?.status]).toEqual([1, 400])
    expect(answer.error?.message).toContain(said.error.message)
  })

  // Most SDKs take the second for an answer where it comes from the provider itself.
  test.each(['cut', 'cut-quiet'])(
    'a stream that breaks off ends with an error and passes for no answer, %s',
    async (model) => {
      const answer = await sdk.ask(world.door('app'), { model, text, streaming: true })
      expect(answer.error?.message).toContain('[weir:upstream_unavailable]')
    },
  )
})

type Answer = Awaited<ReturnType<(typeof modelSdks)[number]['ask']>>

function expectSameBytes(answer: Answer, at: ModelWeir): void {
  expect(answer.sentBody.length).toBeGreaterThan(0)
  expect(sha256(answer.sentBody)).toBe(at.provider.last().digest)
  expectSameAnswer(answer, at)
}

/** All that is added to a stream is one comment, which tells the cost. */
function expectSameAnswer({ received }: Answer, { provider }: ModelWeir): void {
  const { answer } = provider.last()
  const body = received?.body ?? Buffer.alloc(0)
  const isStream = received?.headers.get('content-type')?.startsWith('text/event-stream') === true
  const [comment = '', ...more] = body.toString('latin1').match(/^: weir .*\n\n/gm) ?? []
  expect([isStream, more]).toEqual([comment !== '', []])
  expect(sha256(Buffer.from(body.toString('latin1').replace(comment, ''), 'latin1'))).toBe(answer.digest)
}

test('a stream that does not ask for usage does not see that Weir did', async () => {
  const client = openaiClient(priced.door('app'))
  const stream = await client.chat.completions.create({
    model: 'echo',
    messages: [{ role: 'user', content: text }],
    stream: true,
  })
  const chunks = []
  for await (const chunk of stream) chunks.push(chunk)
  expect(chunks.map(({ choices: [choice] }) => choice?.delta.content ?? '').join('')).toBe(text)
  expect(chunks.every(({ choices, usage }) => choices.length === 1 && !usage)).toBe(true)
  const { body, answer } = priced.provider.last()
  expect(JSON.parse(body.toString())).toMatchObject({ stream_options: { include_usage: true } })
  expect(answer.text).toContain('"total_tokens":8')
})

test('embeddings, counts and lists go through', async () => {
  const openai = openaiClient(world.door('app'))
  const { data, usage } = await openai.embeddings.create({ model: 'echo', input: ['one two', 'three'] })
  expect([data.map(({ embedding }) => embedding.length), usage.prompt_tokens]).toEqual([[8, 8], 3])
  const names: string[] = []
  for await (const { id } of openai.models.list()) names.push(id)
  expect(names).toContain('openai/echo')
  const anthropic = anthropicClient(world.door('app'))
  const messages = [{ role: 'user' as const, content: 'one two three' }]
  expect(await anthropic.messages.countTokens({ model: 'echo', messages })).toEqual({ input_tokens: 3 })
  const others: string[] = []
  for await (const { id } of anthropic.models.list()) others.push(id)
  expect(others).toContain('anthropic/echo')
})
