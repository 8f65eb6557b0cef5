/** The fake provider is faithful: the real SDKs take it for the provider they were made for. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { anthropicClient } from '../support/model-sdk-anthropic.ts'
import { openaiClient } from '../support/model-sdk-openai.ts'
import { modelSdks } from '../support/model-sdks.ts'
import { type RecordingProvider, sha256, startRecordingProvider } from '../support/recording-provider.ts'

let provider: RecordingProvider

beforeAll(async () => {
  provider = await startRecordingProvider()
})
beforeEach(() => provider.clear())
afterAll(async () => provider.stop())

const door = (): { url: string; key: string } => ({ url: provider.url, key: 'sk-test' })
const text = 'say this back  please'

describe.each(modelSdks)('$name', (sdk) => {
  test.each([false, true])('completes a text, streaming %s', async (streaming) => {
    const answer = await sdk.ask(door(), { model: 'echo', text, streaming })
    expect(answer).toMatchObject({ text, toolCalls: [], usage: { input: 4, output: 4 }, error: null, sent: 1 })
    expect(provider.recorded).toMatchObject([{ method: 'POST', path: sdk.path, answer: { status: 200, end: 'whole' } }])
    expect(sha256(answer.received?.body ?? Buffer.alloc(0))).toBe(provider.last().answer.digest)
  })

  test.each([false, true])('calls a tool, streaming %s', async (streaming) => {
    const answer = await sdk.ask(door(), { model: 'loop', text, streaming, tool: true })
    expect(answer).toMatchObject({
      text: '',
      toolCalls: [{ name: 'find', arguments: { q: text } }],
      usage: { input: 4, output: 5 },
      error: null,
      sent: 1,
    })
  })

  test.each([false, true])('is cut off where it may say no more, streaming %s', async (streaming) => {
    const answer = await sdk.ask(door(), { model: 'echo', text, streaming, outputMax: 2 })
    expect(answer).toMatchObject({ text: 'say this', usage: { input: 4, output: 2 }, error: null })
  })

  test.each([401, 403, 404])('reads the message of a %d and asks once', async (status) => {
    const model = status === 404 ? 'gpt-unknown' : `error-${status}`
    const answer = await sdk.ask(door(), { model, text })
    const said = JSON.parse(provider.last().answer.text) as { error: { message: string } }
    expect([answer.sent, answer.error?.status]).toEqual([1, status])
    expect(answer.error?.message).toContain(said.error.message)
  })

  test('asks again after a 429 that says when', async () => {
    const body = JSON.stringify({ error: { message: 'later', type: 'requests', param: null, code: null } })
    provider.next({ status: 429, headers: { 'retry-after': '0' }, chunks: [body] })
    const answer = await sdk.ask(door(), { model: 'echo', text })
    expect(answer).toMatchObject({ text, error: null, sent: 2 })
  })

  test('notices a stream that is lost in the middle', async () => {
    const answer = await sdk.ask(door(), { model: 'cut', text, streaming: true })
    expect(answer.error).not.toBeNull()
    expect(provider.last().answer.end).toBe('cut')
  })

  test('notices an error in the middle of a stream', async () => {
    const answer = await sdk.ask(door(), { model: 'cut-error', text, streaming: true })
    expect(answer.error).not.toBeNull()
  })
})

test('a stream is understood however it is cut into pieces', async () => {
  const [sdk] = modelSdks
  await sdk?.ask(door(), { model: 'echo', text, streaming: true })
  const whole = Buffer.from(provider.last().answer.text)
  const chunks = Array.from({ length: Math.ceil(whole.length / 7) }, (_, at) => whole.subarray(at * 7, at * 7 + 7))
  provider.next({ headers: { 'content-type': 'text/event-stream' }, chunks })
  const answer = await sdk?.ask(door(), { model: 'echo', text: 'other', streaming: true })
  expect(answer).toMatchObject({ text, error: null })
  expect(provider.last().answer.digest).toBe(sha256(whole))
})

test('a provider can be slow, lose a connection after so many bytes, and be itself again', async () => {
  const [sdk] = modelSdks
  provider.next({ cutAfter_bytes: 40, wait_ms: 20 })
  const cut = await sdk?.ask(door(), { model: 'echo', text, streaming: true })
  expect(cut?.error).not.toBeNull()
  expect(provider.last().answer).toMatchObject({ end: 'cut', text: expect.stringMatching(/^.{40}$/) as string })
  provider.next({ status: 500, chunks: ['{}'] }, 2)
  const again = await sdk?.ask(door(), { model: 'echo', text })
  expect(again).toMatchObject({ text, error: null, sent: 3 })
})

test('the official SDKs embed, count and list', async () => {
  const openai = openaiClient(door())
  const { data, usage } = await openai.embeddings.create({ model: 'echo', input: ['one two', 'three'], dimensions: 4 })
  expect([data.map(({ embedding }) => embedding.length), usage.prompt_tokens]).toEqual([[4, 4], 3])
  expect(JSON.parse(provider.last().body.toString())).toMatchObject({ encoding_format: 'base64' })
  const names: string[] = []
  for await (const { id } of openai.models.list()) names.push(id)
  expect(names).toContain('echo')
  expect(await openai.models.retrieve('loop')).toMatchObject({ id: 'loop' })
  const anthropic = anthropicClient(door())
  const messages = [{ role: 'user' as const, content: 'one two three' }]
  expect(await anthropic.messages.countTokens({ model: 'echo', messages })).toEqual({ input_tokens: 3 })
  const others: string[] = []
  for await (const { id } of anthropic.models.list()) others.push(id)
  expect(others).toEqual(names)
})
