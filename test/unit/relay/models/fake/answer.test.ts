import { describe, expect, test } from 'vitest'
import {
  type Json,
  ask,
  chatPath,
  created_s,
  dig,
  like,
  messagesPath,
  outbound,
  saying,
  textOf,
} from '../../../../support/fake-ear.ts'

const responsesPath = '/v1/responses'
function eventsOf(path: string, body: object): readonly Json[] {
  const text = textOf(outbound(path, { ...body, stream: true }))
  return [...text.matchAll(/^data: (\{.*)$/gm)].map(([, json]) => JSON.parse(json ?? '') as Json)
}

/** Three words before, two and one of them of the user. */
const asked = {
  model: 'echo',
  messages: [
    { role: 'system', content: 'be brief' },
    { role: 'user', content: [{ type: 'text', text: 'hello  there' }] },
  ],
}
const tools = [{ type: 'function', function: { name: 'find', parameters: { properties: { q: { type: 'string' } } } } }]

describe('chat completions', () => {
  test('an answer has the words of the user and the count of all words', () => {
    expect(ask(chatPath, asked)).toMatchObject({
      id: like(/^chatcmpl-[0-9a-f]{24}$/),
      object: 'chat.completion',
      created: created_s,
      model: 'echo',
      choices: [{ index: 0, message: { role: 'assistant', content: 'hello  there' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 4, completion_tokens: 2, total_tokens: 6 },
    })
  })

  test.each(['max_tokens', 'max_completion_tokens'])('%s ends it early', (name) => {
    expect(ask(chatPath, { ...asked, [name]: 1 })).toMatchObject({
      choices: [{ message: { content: 'hello' }, finish_reason: 'length' }],
      usage: { completion_tokens: 1 },
    })
  })

  test('several answers cost as much as they are', () => {
    const several = ask(chatPath, { ...asked, n: 3 })
    expect(several['choices']).toHaveLength(3)
    expect(several['usage']).toMatchObject({ prompt_tokens: 4, completion_tokens: 6, total_tokens: 10 })
  })

  test('a stream opens with the role, ends with a reason and tells what was used only where it is asked', () => {
    const chunks = eventsOf(chatPath, asked)
    const deltas = chunks.map((chunk) => dig(chunk, 'choices', 0))
    expect(deltas).toMatchObject([
      { delta: { role: 'assistant', content: '' } },
      { delta: { content: 'hello' } },
      { delta: { content: '  there' } },
      { delta: {}, finish_reason: 'stop' },
    ])
    expect(chunks.some((chunk) => 'usage' in chunk)).toBe(false)
    const told = eventsOf(chatPath, { ...asked, stream_options: { include_usage: true } })
    expect(told.slice(0, -1).map(({ usage }) => usage)).toEqual(Array.from({ length: 4 }, () => null))
    expect(told.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 4, completion_tokens: 2 } })
    expect(textOf(outbound(chatPath, { ...asked, stream: true }))).toMatch(/data: \[DONE\]\n\n$/)
  })

  test('a loop calls the first tool with the words of the user, in one piece and in pieces', () => {
    const looped = { ...asked, model: 'loop', tools }
    const called = { name: 'find', arguments: '{"q":"hello  there"}' }
    expect(ask(chatPath, looped)).toMatchObject({
      choices: [
        {
          message: {
            content: null,
            tool_calls: [{ id: like(/^call_/), type: 'function', function: called }],
          },
          finish_reason: 'tool_calls',
        },
      ],
      usage: { completion_tokens: 1 + 2 },
    })
    const pieces = eventsOf(chatPath, looped).map((chunk) => dig(chunk, 'choices', 0, 'delta', 'tool_calls', 0))
    expect(pieces[0]).toMatchObject({ index: 0, type: 'function', function: { name: 'find', arguments: '' } })
    expect(pieces.map((piece) => dig(piece, 'function', 'arguments')).join('')).toBe(called.arguments)
  })
})

describe('responses', () => {
  const body = { model: 'echo', instructions: 'be brief', input: 'hello there you' }

  test('an answer is one message', () => {
    expect(ask(responsesPath, body)).toMatchObject({
      id: like(/^resp_/),
      object: 'response',
      created_at: created_s,
      status: 'completed',
      output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'hello there you' }] }],
      usage: { input_tokens: 5, output_tokens: 3, total_tokens: 8 },
    })
  })

  test('one that is too long is incomplete, in a stream too', () => {
    const short = { ...body, max_output_tokens: 2 }
    const cut = { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }
    expect(ask(responsesPath, short)).toMatchObject(cut)
    expect(eventsOf(responsesPath, short).at(-1)).toMatchObject({ type: 'response.incomplete', response: cut })
  })

  test('the events of a stream are numbered and in the order of the API', () => {
    const events = eventsOf(responsesPath, body)
    expect(events.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ])
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, at) => at))
    expect(events.at(-1)).toMatchObject({ response: { usage: { total_tokens: 8 } } })
  })

  test('a tool is called, and its result counts as what was said before', () => {
    const call = { type: 'function_call', call_id: 'c1', name: 'find', arguments: '{}' }
    const output = { type: 'function_call_output', call_id: 'c1', output: 'three more words' }
    const looped = {
      model: 'loop',
      input: [{ role: 'user', content: [{ type: 'input_text', text: 'go' }] }, call, output],
      tools: [{ type: 'function', name: 'find', parameters: {} }],
    }
    expect(ask(responsesPath, looped)).toMatchObject({
      output: [{ type: 'function_call', name: 'find', arguments: '{}', status: 'completed' }],
      usage: { input_tokens: 4, output_tokens: 2 },
    })
    expect(eventsOf(responsesPath, looped).map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.done',
      'response.output_item.done',
      'response.completed',
    ])
  })
})

describe('messages', () => {
  const body = { ...saying('echo', 'hello there'), system: [{ type: 'text', text: 'be brief' }] }
  const used = { input_tokens: 4, output_tokens: 2 }

  test('an answer is one block of text', () => {
    expect(ask(messagesPath, body)).toMatchObject({
      id: like(/^msg_/),
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: 'hello there' }],
      stop_reason: 'end_turn',
      usage: used,
    })
    expect(ask(messagesPath, { ...body, max_tokens: 1 })).toMatchObject({ stop_reason: 'max_tokens' })
  })

  test('a stream runs from message_start to message_stop, with a ping', () => {
    const events = eventsOf(messagesPath, body)
    expect(events.map(({ type }) => type)).toEqual([
      'message_start',
      'content_block_start',
      'ping',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
    expect(events[0]).toMatchObject({ message: { stop_reason: null, usage: { input_tokens: 4, output_tokens: 1 } } })
    expect(events[6]).toMatchObject({ delta: { stop_reason: 'end_turn' }, usage: used })
    expect(textOf(outbound(messagesPath, { ...body, stream: true }))).toMatch(/^event: message_start\ndata: /)
  })

  test('a tool is called whatever came back from it', () => {
    const result = { type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: 'no more of this' }] }
    const looped = {
      ...body,
      model: 'loop',
      tools: [{ name: 'find', input_schema: { properties: { q: { type: 'string' } } } }],
      messages: [
        { role: 'user', content: 'go' },
        { role: 'user', content: [result] },
      ],
    }
    expect(ask(messagesPath, looped)).toMatchObject({
      content: [{ type: 'tool_use', id: like(/^toolu_/), name: 'find', input: { q: 'go' } }],
      stop_reason: 'tool_use',
      usage: { input_tokens: 2 + 1 + 4, output_tokens: 2 },
    })
    const deltas = eventsOf(messagesPath, looped).map(({ delta }) => dig(delta, 'partial_json'))
    expect(deltas.join('')).toBe('{"q":"go"}')
  })

  test('counting counts what an answer would', () => {
    expect(ask('/v1/messages/count_tokens', body)).toEqual({ input_tokens: 4 })
  })
})

test('embeddings are of length one, alike for the same text, and the same in both forms', () => {
  const plain = ask('/v1/embeddings', { model: 'echo', input: ['one two', 'three', 'one two'] })
  expect(plain).toMatchObject({ object: 'list', usage: { prompt_tokens: 5, total_tokens: 5 } })
  const [first, second, third] = plain['data'] as { embedding: number[] }[]
  expect(first?.embedding).toEqual(third?.embedding)
  expect(first?.embedding).not.toEqual(second?.embedding)
  expect(Math.hypot(...(first?.embedding ?? []))).toBeCloseTo(1)
  const packed = ask('/v1/embeddings', { model: 'echo', input: 'one two', encoding_format: 'base64' })
  const bytes = Buffer.from(String(dig(packed, 'data', 0, 'embedding')), 'base64')
  const floats = first?.embedding.map((_, at) => bytes.readFloatLE(at * 4))
  expect(floats).toEqual(first?.embedding)
})
