/** The real SDKs of OpenAI and Anthropic, answered by what a refusal looks like: the sentence surfaces, and nobody tries again. */
import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import Anthropic from '@anthropic-ai/sdk'
import { generateText, streamText } from 'ai'
import OpenAI from 'openai'
import { expect, onTestFinished, test } from 'vitest'
import type { ModelDialect } from '../../src/domain/call.ts'
import { type DenialCode, denials } from '../../src/domain/denials.ts'
import { deny } from '../../src/domain/verdict.ts'
import { streamHeaders, type Written } from '../../src/protocol/jsonrpc.ts'
import { type ModelRefused, writeModelDenial, writeModelDenialEvents } from '../../src/protocol/llm/faces.ts'
import { type ListedModel, writeModel, writeModelList } from '../../src/protocol/llm/list.ts'
import { idHeaders } from '../../src/protocol/run-headers.ts'
import { openCannedProvider } from '../support/canned-provider.ts'
import { modelHop } from '../support/model-inbound.ts'

async function provide(written: Written): Promise<Awaited<ReturnType<typeof openCannedProvider>>> {
  const provider = await openCannedProvider(written)
  onTestFinished(() => provider.close())
  return provider
}

function refused(dialect: ModelDialect): ModelRefused {
  return { call: { id: modelHop, dialect, target: { kind: 'model', id: 'm' } }, run: null, alternatives: null }
}

const messages = [{ role: 'user' as const, content: 'Hi' }]

interface Sdk {
  readonly name: string
  readonly dialect: ModelDialect
  ask(url: string): Promise<unknown>
  stream(url: string): Promise<unknown>
}

const openAi = (url: string): OpenAI => new OpenAI({ apiKey: 'k', baseURL: `${url}/v1` })
const anthropic = (url: string): Anthropic => new Anthropic({ apiKey: 'k', baseURL: url })
const aiOpenAi = (url: string) => createOpenAI({ apiKey: 'k', baseURL: `${url}/v1` })
const aiAnthropic = (url: string) => createAnthropic({ apiKey: 'k', baseURL: `${url}/v1` })

async function drain(events: AsyncIterable<unknown>): Promise<void> {
  for await (const _event of events);
}

/** The AI SDK hands errors of a stream on as parts of it. */
async function drainParts(events: AsyncIterable<{ type: string; error?: unknown }>): Promise<void> {
  for await (const part of events) if (part.type === 'error') throw part.error
}

const quiet = { onError: () => undefined }

const sdks: readonly Sdk[] = [
  {
    name: 'openai, chat',
    dialect: 'openai-chat',
    ask: (url) => openAi(url).chat.completions.create({ model: 'm', messages }),
    stream: async (url) => drain(await openAi(url).chat.completions.create({ model: 'm', messages, stream: true })),
  },
  {
    name: 'openai, responses',
    dialect: 'openai-responses',
    ask: (url) => openAi(url).responses.create({ model: 'm', input: 'Hi' }),
    stream: async (url) => drain(await openAi(url).responses.create({ model: 'm', input: 'Hi', stream: true })),
  },
  {
    name: '@anthropic-ai/sdk',
    dialect: 'anthropic-messages',
    ask: (url) => anthropic(url).messages.create({ model: 'm', messages, max_tokens: 9 }),
    stream: async (url) =>
      drain(await anthropic(url).messages.create({ model: 'm', messages, max_tokens: 9, stream: true })),
  },
  {
    name: 'ai, chat',
    dialect: 'openai-chat',
    ask: (url) => generateText({ model: aiOpenAi(url).chat('m'), prompt: 'Hi' }),
    stream: (url) => drainParts(streamText({ model: aiOpenAi(url).chat('m'), prompt: 'Hi', ...quiet }).fullStream),
  },
  {
    name: 'ai, responses',
    dialect: 'openai-responses',
    ask: (url) => generateText({ model: aiOpenAi(url).responses('m'), prompt: 'Hi' }),
    stream: (url) => drainParts(streamText({ model: aiOpenAi(url).responses('m'), prompt: 'Hi', ...quiet }).fullStream),
  },
  {
    name: 'ai, messages',
    dialect: 'anthropic-messages',
    ask: (url) => generateText({ model: aiAnthropic(url)('m'), prompt: 'Hi' }),
    stream: (url) => drainParts(streamText({ model: aiAnthropic(url)('m'), prompt: 'Hi', ...quiet }).fullStream),
  },
]

async function failureOf(asked: Promise<unknown>): Promise<string> {
  try {
    await asked
  } catch (error) {
    return error instanceof Error ? error.message : JSON.stringify(error)
  }
  throw new Error('Nobody heard of the refusal')
}

const final: readonly DenialCode[] = [
  'policy_denied',
  'run_budget_exhausted',
  'run_halted',
  'not_found',
  'price_unknown',
]
const cases = sdks.flatMap((sdk) => final.map((code) => [sdk.name, code, sdk] as const))

test.each(cases)('%s hears %s once, word for word', async (_, code, sdk) => {
  const provider = await provide(writeModelDenial(deny(code, ''), refused(sdk.dialect)))
  expect(await failureOf(sdk.ask(provider.url))).toContain(`[weir:${code}] ${denials[code].sentence}`)
  expect(await failureOf(sdk.stream(provider.url))).toContain(`[weir:${code}] ${denials[code].sentence}`)
  expect(provider.asked).toBe(2)
})

interface Said {
  readonly type: string
  readonly [member: string]: unknown
}

function events(list: readonly Said[]): string {
  return list.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')
}

const item = { type: 'message', id: 'msg_1', status: 'in_progress', role: 'assistant', content: [] }
const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: null }

/** What a stream has said before it is ended: the AI SDK takes an end before any word for a fault of the wire, and tries again. */
const begun: Readonly<Partial<Record<ModelDialect, string>>> = {
  'openai-chat': 'data: {"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"Hel"}}]}\n\n',
  'openai-responses': events([
    { type: 'response.created', sequence_number: 0, response: { id: 'resp_1', created_at: 1, model: 'm' } },
    { type: 'response.output_item.added', sequence_number: 1, output_index: 0, item },
    {
      type: 'response.output_text.delta',
      sequence_number: 2,
      item_id: 'msg_1',
      output_index: 0,
      content_index: 0,
      delta: 'Hel',
    },
  ]),
  'anthropic-messages': events([
    { type: 'message_start', message: { ...message, usage: { input_tokens: 1, output_tokens: 1 } } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hel' } },
  ]),
}

test.each(sdks.map((sdk) => [sdk.name, sdk] as const))('%s hears why an open stream ended', async (_, sdk) => {
  const end = writeModelDenialEvents(deny('run_halted', ''), refused(sdk.dialect))
  const provider = await provide({ status: 200, headers: streamHeaders, body: `${begun[sdk.dialect] ?? ''}${end}` })
  expect(await failureOf(sdk.stream(provider.url))).toContain('[weir:run_halted] This run was halted')
  expect(provider.asked).toBe(1)
})

test.each(sdks.slice(0, 3).map((sdk) => [sdk.name, sdk] as const))(
  '%s waits for a budget that is held',
  async (_, sdk) => {
    const provider = await provide(
      writeModelDenial(deny('budget_held', '', { retryAfter_ms: 10 }), refused(sdk.dialect)),
    )
    expect(await failureOf(sdk.ask(provider.url))).toContain('[weir:budget_held]')
    expect(provider.asked).toBe(3)
  },
)

/** As the road writes it. */
function marked(dialect: ModelDialect): Written {
  const written = writeModelDenial(deny('run_halted', ''), refused(dialect))
  return { ...written, headers: [...written.headers, ...idHeaders({ hop: modelHop, run: null, isOfModel: true })] }
}

test('the id of the hop is the id of the request', async () => {
  const openAiSees = await provide(marked('openai-chat'))
  await expect(openAi(openAiSees.url).models.list()).rejects.toMatchObject({ requestID: modelHop, code: 'run_halted' })
  const anthropicSees = await provide(marked('anthropic-models'))
  const heard = { requestID: modelHop, type: 'permission_error', status: 403 }
  await expect(anthropic(anthropicSees.url).models.list()).rejects.toMatchObject(heard)
})

const models: readonly ListedModel[] = [
  { id: 'openai/gpt-5.5', owner: 'openai', description: null, output_tokens_max: 128_000 },
  { id: 'fast', owner: 'weir', description: null, output_tokens_max: null },
]

test('both SDKs read the models', async () => {
  const names: string[] = []
  const openAiList = await provide(writeModelList('openai-models', models))
  for await (const { id } of openAi(openAiList.url).models.list()) names.push(id)
  const anthropicList = await provide(writeModelList('anthropic-models', models))
  for await (const { id } of anthropic(anthropicList.url).models.list()) names.push(id)
  expect(names).toEqual(['openai/gpt-5.5', 'fast', 'openai/gpt-5.5', 'fast'])
  const one = await provide(writeModel('openai-models', models[0] as ListedModel))
  expect(await openAi(one.url).models.retrieve('openai/gpt-5.5')).toMatchObject({ id: 'openai/gpt-5.5' })
})
