import { describe, expect, it } from 'vitest'
import { pseudonymOf } from '../../../../src/relay/drivers/vertex.ts'
import { messageFor, readEvent, responsesTo, shownOf } from '../../../../src/relay/drivers/vertex-words.ts'

const event = (more: object): Record<string, unknown> => ({ invocation_id: 'e-1', author: 'root', ...more })

describe('the events of the Agent Development Kit', () => {
  it('are read in both spellings', () => {
    const usage = { prompt_token_count: 3, candidates_token_count: 4, total_token_count: 9 }
    const snake = readEvent(event({ content: { parts: [{ text: 'a' }] }, usage_metadata: usage }))
    const camel = readEvent({
      invocationId: 'e-1',
      author: 'root',
      content: { parts: [{ text: 'a' }] },
      usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 4, totalTokenCount: 9 },
    })
    expect(camel).toEqual(snake)
    expect(snake?.usage).toEqual({ input_tokens: 3, output_tokens: 6, total_tokens: 9 })
  })

  it.each([{}, { content: { parts: [{ text: 'a' }] } }, { invocation_id: '' }, { invocation_id: 'x'.repeat(500) }])(
    '%j is none',
    (json) => {
      expect(readEvent(json)).toBeNull()
    },
  )

  it('say nothing of thoughts, calls and their responses', () => {
    const parts = [
      { text: 'secret', thought: true },
      { function_call: { id: 'c', name: 'f', args: {} } },
      { function_response: { id: 'c', name: 'f', response: {} } },
      { text: 'a' },
      null,
    ]
    expect(readEvent(event({ content: { parts } }))).toMatchObject({ text: 'a', files: [], pending: [] })
  })

  it('bring files', () => {
    const parts = [
      { inline_data: { data: 'a-_b', mime_type: 'image/png' } },
      { file_data: { file_uri: 'gs://b/o', mime_type: 'text/csv' } },
    ]
    expect(readEvent(event({ content: { parts } }))?.files).toEqual([
      { raw: 'a+/b', mediaType: 'image/png' },
      { url: 'gs://b/o', mediaType: 'text/csv' },
    ])
  })

  it.each([
    ['adk_request_confirmation', 'approval'],
    ['adk_request_credential', 'credential'],
    ['ask_manager', 'result'],
  ])('wait for the caller in a long call: %s', (name, wish) => {
    const content = { parts: [{ function_call: { id: 'c', name, args: {} } }] }
    expect(readEvent(event({ content }))?.pending).toEqual([])
    expect(readEvent(event({ content, long_running_tool_ids: ['c'] }))?.pending).toMatchObject([
      { wish, id: 'c', name },
    ])
  })

  it('are shown in words that callers understand, and in those of the app', () => {
    const ask = (hint: string): string => {
      const args = { originalFunctionCall: { name: 'delete' }, toolConfirmation: { hint } }
      return shownOf({ wish: 'approval', id: 'c', name: 'adk_request_confirmation', args }).sentence
    }
    expect(ask('Really?')).toMatch(/^Really\? Answer with yes or no/)
    expect(ask('Please respond with a FunctionResponse.')).toMatch(
      /^The agent asks whether it may call delete\. Answer/,
    )
  })

  const call = { function_call: { id: 'c', name: 'f', args: {} } }
  const result = { function_response: { id: 'c', name: 'f', response: {} } }

  it.each([
    [{ content: { parts: [{ text: 'a' }] } }, false],
    [{ content: { parts: [{ text: 'a' }, call] } }, true],
    [{ content: { parts: [result] } }, true],
    [{ content: { parts: [result] }, actions: { skip_summarization: true } }, false],
    [{ content: { parts: [result] }, actions: { escalate: true } }, false],
    [{ content: { parts: [call] }, long_running_tool_ids: ['c'] }, false],
    [{ actions: { state_delta: { a: 1 } } }, null],
  ])('say whether more must follow: %j', (more, open) => {
    expect(readEvent(event(more))?.open).toBe(open)
  })

  it.each([
    [event({ error_code: 'MAX_TOKENS', error_message: 'secret' }), /limit of output tokens/],
    [event({ error_code: 'OTHER', error_message: 'secret' }), /^The agent failed\.$/],
    [{ code: 498, message: 'secret' }, /^The agent failed\.$/],
    [{ error: { code: 500, message: 'secret', status: 'INTERNAL' } }, /^The agent failed\.$/],
  ])('fail in a fixed sentence: %j', (json, sentence) => {
    expect(readEvent(json)?.failure).toMatch(sentence)
  })
})

describe('a message to the kit', () => {
  it('is a text where it can be one, else content', () => {
    expect(messageFor([{ kind: 'text', text: 'a' }])).toBe('a')
    const file = { kind: 'raw', raw: 'AA==', mediaType: 'image/png', filename: null } as const
    expect(messageFor([{ kind: 'text', text: 'a' }, file])).toEqual({
      role: 'user',
      parts: [{ text: 'a' }, { inline_data: { data: 'AA==', mime_type: 'image/png' } }],
    })
  })

  const approval = { wish: 'approval', id: 'c1', name: 'adk_request_confirmation' } as const
  const result = { wish: 'result', id: 'c2', name: 'ask_manager' } as const

  it('answers a confirmation, and never by a guess', () => {
    const response = { id: 'c1', name: 'adk_request_confirmation', response: { confirmed: true } }
    expect(responsesTo([approval], [{ kind: 'text', text: 'yes' }])).toEqual({
      role: 'user',
      parts: [{ function_response: response }],
    })
    expect(responsesTo([approval], [{ kind: 'text', text: 'go ahead if it is safe' }])).toBeNull()
  })

  it('answers several calls by their ids only', () => {
    expect(responsesTo([approval, result], [{ kind: 'text', text: 'yes' }])).toBeNull()
    const own = { kind: 'data', data: { id: 'c2', response: { ok: 1 } } } as const
    expect(responsesTo([approval, result], [{ kind: 'text', text: 'yes' }, own])?.['parts']).toHaveLength(2)
  })

  it('completes a credential with data only', () => {
    const wished = [{ wish: 'credential', id: 'c3', name: 'adk_request_credential' }] as const
    expect(responsesTo(wished, [{ kind: 'text', text: 'my password' }])).toBeNull()
    expect(responsesTo(wished, [{ kind: 'data', data: { exchanged_auth_credential: {} } }])).not.toBeNull()
  })
})

describe('a pseudonym', () => {
  it('is the same for the same person, and tells neither kind nor name', () => {
    const ada = pseudonymOf(['person', 'ada@example.com'], 'pepper')
    expect(pseudonymOf(['person', 'ada@example.com'], 'pepper')).toBe(ada)
    expect(pseudonymOf(['agent', 'ada@example.com'], 'pepper')).not.toBe(ada)
    expect(pseudonymOf(['person', 'ada@example.com'], 'salt')).not.toBe(ada)
    expect(ada).toMatch(/^[0-9a-f]{64}$/)
  })
})
