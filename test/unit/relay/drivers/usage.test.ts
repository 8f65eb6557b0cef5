import { expect, test } from 'vitest'
import { readResponse } from '../../../../src/relay/drivers/foundry-words.ts'
import { readMessage } from '../../../../src/relay/drivers/langgraph-words.ts'
import { usageByModel, withUsage } from '../../../../src/relay/drivers/neutral.ts'
import { readEvent } from '../../../../src/relay/drivers/vertex-words.ts'

const none = { cached_tokens: 0, cache_write_tokens: 0, reasoning_tokens: 0 }

test('LangGraph says what a model read from caches and only thought, and how it is called', () => {
  const { usage } = readMessage({
    type: 'ai',
    usage_metadata: {
      input_tokens: 100,
      output_tokens: 20,
      total_tokens: 120,
      input_token_details: { cache_read: 40, cache_creation: 10, audio: 1 },
      output_token_details: { reasoning: 15 },
    },
    response_metadata: { model_name: 'gpt-5.5-2026' },
  })
  expect(usageByModel([usage])).toEqual([
    {
      model: 'gpt-5.5-2026',
      usage: {
        input_tokens: 100,
        cached_tokens: 40,
        cache_write_tokens: 10,
        output_tokens: 20,
        reasoning_tokens: 15,
      },
    },
  ])
})

test('Foundry says it in the words of the Responses API', () => {
  const response = readResponse({
    id: 'resp_1',
    status: 'completed',
    model: 'gpt-4.1',
    usage: {
      input_tokens: 30,
      input_tokens_details: { cached_tokens: 20 },
      output_tokens: 9,
      output_tokens_details: { reasoning_tokens: 4 },
      total_tokens: 39,
    },
  })
  expect(usageByModel([response?.usage ?? null])).toEqual([
    {
      model: 'gpt-4.1',
      usage: { input_tokens: 30, cached_tokens: 20, cache_write_tokens: 0, output_tokens: 9, reasoning_tokens: 4 },
    },
  ])
})

test.each([{ total_token_count: 60 }, {}])(
  'Vertex counts thoughts as written, and what tools brought as read: %j',
  (total) => {
    const counts = {
      prompt_token_count: 30,
      tool_use_prompt_token_count: 10,
      candidates_token_count: 5,
      thoughts_token_count: 15,
      cached_content_token_count: 8,
      ...total,
    }
    const event = readEvent({ invocation_id: 'e-1', usage_metadata: counts, model_version: 'gemini-3-pro' })
    expect(usageByModel([event?.usage ?? null])).toEqual([
      {
        model: 'gemini-3-pro',
        usage: { input_tokens: 40, cached_tokens: 8, cache_write_tokens: 0, output_tokens: 20, reasoning_tokens: 15 },
      },
    ])
  },
)

test('each model counts for itself, and whatever a total has beyond its parts was written', () => {
  const one = { input_tokens: 1, output_tokens: 2, total_tokens: 3, model: 'a' }
  const other = { input_tokens: 10, output_tokens: 0, total_tokens: 30 }
  expect(usageByModel([one, null, other, one])).toEqual([
    { model: 'a', usage: { ...none, input_tokens: 2, output_tokens: 4 } },
    { model: null, usage: { ...none, input_tokens: 10, output_tokens: 20 } },
  ])
  expect(usageByModel([])).toEqual([])
})

test('no number a framework makes up breaks the books', () => {
  const absurd = {
    input_tokens: Number.MAX_SAFE_INTEGER,
    output_tokens: 0,
    total_tokens: 0,
    cached_tokens: Number.MAX_SAFE_INTEGER,
    cache_write_tokens: 5,
    reasoning_tokens: 7,
  }
  const max = 1_000_000_000_000
  expect(usageByModel([absurd, absurd])).toEqual([
    {
      model: null,
      usage: { input_tokens: max, cached_tokens: max, cache_write_tokens: 0, output_tokens: 0, reasoning_tokens: 0 },
    },
  ])
})

test('sixteen models are told apart, and what more of them use is not lost', () => {
  const models = Array.from({ length: 40 }, (_, n) => ({
    input_tokens: 1,
    output_tokens: 1,
    total_tokens: 2,
    model: `m${n}`,
  }))
  const used = models.reduce(withUsage, [])
  expect(used).toHaveLength(16)
  expect(used.reduce((sum, { total_tokens }) => sum + total_tokens, 0)).toBe(80)
})
