import { describe, expect, it } from 'vitest'
import { answersTo, inputOf, readResponse } from '../../../../src/relay/drivers/foundry-words.ts'

const response = (more: object): unknown => ({ id: 'resp_1', status: 'completed', output: [], ...more })
const approval = { type: 'mcp_approval_request', id: 'mcpr_1', name: 'delete', server_label: 'files', arguments: '{}' }

describe('the words of the Responses API', () => {
  it.each([
    ['queued', 'TASK_STATE_SUBMITTED'],
    ['in_progress', 'TASK_STATE_WORKING'],
    ['completed', 'TASK_STATE_COMPLETED'],
    ['incomplete', 'TASK_STATE_FAILED'],
    ['failed', 'TASK_STATE_FAILED'],
    ['cancelled', 'TASK_STATE_CANCELED'],
    ['requires_action', 'TASK_STATE_INPUT_REQUIRED'],
  ])('%s is %s', (status, state) => {
    expect(readResponse(response({ status }))?.state).toBe(state)
  })

  it.each([
    null,
    [],
    'text',
    {},
    { id: '', status: 'completed' },
    { id: 'a', status: 'tomorrow' },
    { status: 'completed' },
  ])('%j is no response', (json) => {
    expect(readResponse(json)).toBeNull()
  })

  it('reads what the agent says, and not how it came to it', () => {
    const output = [
      { type: 'reasoning', id: 'rs_1', summary: [{ text: 'secret' }] },
      {
        type: 'message',
        id: 'msg_1',
        content: [
          { type: 'output_text', text: 'a' },
          { type: 'refusal', refusal: 'b' },
        ],
      },
      { type: 'message', id: 'msg_2', content: [{ type: 'output_text', text: '' }] },
      'nonsense',
    ]
    expect(readResponse(response({ output }))?.artifacts).toEqual([
      { artifactId: 'msg_1', parts: [{ text: 'a' }, { text: 'b' }] },
    ])
  })

  it.each([
    [[approval], 'TASK_STATE_INPUT_REQUIRED'],
    [[{ type: 'oauth_consent_request', id: 'o1', consent_link: 'https://a.example' }], 'TASK_STATE_AUTH_REQUIRED'],
    [[{ type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'f', arguments: '{}' }], 'TASK_STATE_INPUT_REQUIRED'],
    [
      [
        { type: 'function_call', id: 'fc_1', call_id: 'c1' },
        { type: 'function_call_output', call_id: 'c1' },
      ],
      'TASK_STATE_COMPLETED',
    ],
    [[approval, { type: 'mcp_approval_response', approval_request_id: 'mcpr_1' }], 'TASK_STATE_COMPLETED'],
  ])('what waits for somebody else is no end: %j', (output, state) => {
    expect(readResponse(response({ output }))?.state).toBe(state)
  })

  it('takes a consent for a wish where a hosted agent stops, and a call that was cut off for none', () => {
    const state = (output: unknown) => readResponse(response({ status: 'incomplete', output }))?.state
    expect(state([{ type: 'oauth_consent_request', id: 'o1' }])).toBe('TASK_STATE_AUTH_REQUIRED')
    expect(state([{ type: 'function_call', id: 'fc_1', call_id: 'c1' }])).toBe('TASK_STATE_FAILED')
  })

  it('shows no link that is not of the web', () => {
    const output = [{ type: 'oauth_consent_request', id: 'o1', consent_link: 'javascript:alert(1)' }]
    expect(JSON.stringify(readResponse(response({ output })))).not.toContain('javascript')
  })

  it('remembers at most eight wishes', () => {
    const output = Array.from({ length: 40 }, (_, i) => ({ ...approval, id: `mcpr_${i}` }))
    expect(readResponse(response({ output }))?.pending).toHaveLength(8)
  })

  it('counts tokens only where they are counts', () => {
    const usage = { input_tokens: 3, output_tokens: 4 }
    expect(readResponse(response({ usage }))?.usage).toEqual({ ...usage, total_tokens: 7 })
    expect(readResponse(response({ usage: { input_tokens: -1, output_tokens: '4' } }))?.usage).toBeNull()
  })

  it('sends texts as a text, and anything else as one item', () => {
    expect(
      inputOf([
        { kind: 'text', text: 'a' },
        { kind: 'data', data: { b: 1 } },
      ]),
    ).toBe('a\n{"b":1}')
    const about = { mediaType: 'image/png', filename: null }
    expect(
      inputOf([
        { kind: 'raw', raw: 'AA==', ...about },
        { kind: 'text', text: 'a' },
      ]),
    ).toEqual([
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: 'auto' },
          { type: 'input_text', text: 'a' },
        ],
      },
    ])
  })

  it('answers every approval with what was said, and never guesses', () => {
    const wished = [{ wish: 'approval', id: 'mcpr_1' }] as const
    const said = (text: string) => answersTo(wished, [{ kind: 'text', text }])
    expect(said('Yes.')).toEqual([{ type: 'mcp_approval_response', approval_request_id: 'mcpr_1', approve: true }])
    expect(said('no')).toEqual([{ type: 'mcp_approval_response', approval_request_id: 'mcpr_1', approve: false }])
    expect(said('yes, but only the first')).toBeNull()
    expect(answersTo(wished, [{ kind: 'data', data: { approve: false, reason: 'too risky' } }])).toEqual([
      { type: 'mcp_approval_response', approval_request_id: 'mcpr_1', approve: false, reason: 'too risky' },
    ])
  })

  it('answers one call with the text, several only by their ids', () => {
    const one = [{ wish: 'call', id: 'c1' }] as const
    const two = [...one, { wish: 'call', id: 'c2' }] as const
    expect(answersTo(one, [{ kind: 'text', text: '42' }])).toEqual([
      { type: 'function_call_output', call_id: 'c1', output: '42' },
    ])
    expect(answersTo(two, [{ kind: 'text', text: '42' }])).toBeNull()
    const both = ['c1', 'c2'].map((call_id) => ({ kind: 'data', data: { call_id, output: { ok: true } } }) as const)
    expect(answersTo(two, both)).toHaveLength(2)
  })
})
