import { describe, expect, it } from 'vitest'
import { readRpc, sendParams } from '../../../../src/relay/drivers/fasta2a-wire.ts'

const answer = (task: object): unknown => ({ jsonrpc: '2.0', id: 'x', result: { kind: 'task', ...task } })
const task = { id: 't', contextId: 'c', status: { state: 'submitted', timestamp: '2026-11-21T00:00:00.000000' } }

describe('a request of A2A 0.2.5', () => {
  it('names output modes always, because the server fails without them', () => {
    const params = sendParams({ message: { messageId: 'm', parts: [{ text: 'a' }] } }, null)
    expect(params).toEqual({
      message: { kind: 'message', role: 'user', messageId: 'm', parts: [{ kind: 'text', text: 'a' }] },
      configuration: { acceptedOutputModes: ['text/plain', 'application/json'], blocking: true },
    })
  })

  it('holds every kind of part', () => {
    const parts = [
      { data: [1] },
      { raw: 'AA==', mediaType: 'image/png', filename: 'a.png' },
      { url: 'https://a.example/b' },
    ]
    expect(sendParams({ message: { messageId: 'm', parts } }, 'c')['message']).toMatchObject({
      contextId: 'c',
      parts: [
        { kind: 'data', data: { value: [1] } },
        { kind: 'file', file: { bytes: 'AA==', mimeType: 'image/png', name: 'a.png' } },
        { kind: 'file', file: { uri: 'https://a.example/b', mimeType: 'application/octet-stream' } },
      ],
    })
  })
})

describe('an answer of A2A 0.2.5', () => {
  it.each([
    ['submitted', 'TASK_STATE_SUBMITTED'],
    ['working', 'TASK_STATE_WORKING'],
    ['input-required', 'TASK_STATE_INPUT_REQUIRED'],
    ['auth-required', 'TASK_STATE_AUTH_REQUIRED'],
    ['completed', 'TASK_STATE_COMPLETED'],
    ['canceled', 'TASK_STATE_CANCELED'],
    ['failed', 'TASK_STATE_FAILED'],
    ['rejected', 'TASK_STATE_REJECTED'],
    ['TASK_STATE_WORKING', 'TASK_STATE_WORKING'],
  ])('%s is %s', (state, expected) => {
    expect(readRpc(answer({ ...task, status: { state } }), 200)).toMatchObject({ state: expected })
  })

  it('gets the zone its time lacks', () => {
    const read = readRpc(answer(task), 200)
    expect(read).toMatchObject({ task: { status: { timestamp: '2026-11-21T00:00:00.000000Z' } } })
  })

  it('is read from newer servers as well, which wrap it', () => {
    expect(readRpc({ jsonrpc: '2.0', result: { task } }, 200)).toMatchObject({ id: 't', state: 'TASK_STATE_SUBMITTED' })
  })

  it('holds files and data in the words of 1.0', () => {
    const parts = [
      { kind: 'file', file: { bytes: 'AA==', mimeType: 'image/png', name: 'a.png' } },
      { kind: 'data', data: { result: 1 }, metadata: { json_schema: {} } },
    ]
    expect(readRpc(answer({ ...task, artifacts: [{ artifactId: 'a', parts }] }), 200)).toMatchObject({
      task: {
        artifacts: [
          {
            parts: [
              { raw: 'AA==', mediaType: 'image/png', filename: 'a.png' },
              { data: { result: 1 }, metadata: { json_schema: {} } },
            ],
          },
        ],
      },
    })
  })

  it.each([
    null,
    {},
    { jsonrpc: '2.0' },
    answer({}),
    answer({ ...task, status: { state: 'dreaming' } }),
    answer({ ...task, id: '' }),
    { jsonrpc: '2.0', error: { code: 'x' } },
  ])('is none: %j', (json) => {
    expect(readRpc(json, 200)).toBeNull()
  })

  it('tells nothing of what an error says inside', () => {
    const error = { code: -32603, message: 'Traceback /srv/agent.py' }
    expect(readRpc({ jsonrpc: '2.0', error }, 200)).toMatchObject({ code: -32603, message: 'The agent failed.' })
  })
})
