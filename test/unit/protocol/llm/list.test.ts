import { expect, test } from 'vitest'
import { type ListedModel, writeModel, writeModelList } from '../../../../src/protocol/llm/list.ts'

const big: ListedModel = { id: 'openai/gpt-5.5', owner: 'openai', description: null, output_tokens_max: 128_000 }
const small: ListedModel = { id: 'fast', owner: 'weir', description: 'The fast one', output_tokens_max: null }

test('OpenAI lists its models as objects', () => {
  const { status, body } = writeModelList('openai-models', [big, small])
  expect([status, JSON.parse(body)]).toEqual([
    200,
    {
      object: 'list',
      data: [
        { id: 'openai/gpt-5.5', object: 'model', created: 0, owned_by: 'openai' },
        { id: 'fast', object: 'model', created: 0, owned_by: 'weir' },
      ],
    },
  ])
})

test('Anthropic lists its models on a page, the only one', () => {
  expect(JSON.parse(writeModelList('anthropic-models', [big, small]).body)).toMatchObject({
    data: [
      { type: 'model', id: 'openai/gpt-5.5', display_name: 'openai/gpt-5.5', max_tokens: 128_000 },
      {
        type: 'model',
        id: 'fast',
        display_name: 'The fast one',
        created_at: '1970-01-01T00:00:00.000Z',
        max_tokens: null,
      },
    ],
    has_more: false,
    first_id: 'openai/gpt-5.5',
    last_id: 'fast',
  })
})

test('a list may be empty', () => {
  expect(JSON.parse(writeModelList('openai-models', []).body)).toEqual({ object: 'list', data: [] })
  expect(JSON.parse(writeModelList('anthropic-models', []).body)).toMatchObject({
    data: [],
    first_id: null,
    last_id: null,
  })
})

test('one model is what it is in a list', () => {
  for (const dialect of ['openai-models', 'anthropic-models'] as const) {
    const list = JSON.parse(writeModelList(dialect, [big]).body) as { data: unknown[] }
    expect(JSON.parse(writeModel(dialect, big).body)).toEqual(list.data[0])
  }
})
