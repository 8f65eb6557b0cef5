import { expect, test } from 'vitest'
import type { DialectName, Operation } from '../../../../src/domain/call.ts'
import { neutralOf } from '../../../../src/protocol/a2a/neutral.ts'
import { readPushBody, readSaid } from '../../../../src/protocol/a2a/read-said.ts'
import type { AgentError, Said } from '../../../../src/protocol/a2a/said.ts'
import { writeSaid, writeSaidEvent } from '../../../../src/protocol/a2a/write-said.ts'

interface Asked {
  readonly operation?: Operation
  readonly status?: number
  readonly rpcId?: string
  readonly event?: Buffer | null
}

function read(value: unknown, dialect: DialectName, asked: Asked = {}): Said | AgentError | null {
  const bytes = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
  return readSaid(bytes, { dialect, operation: 'send', rpcId: '1', status: 200, event: null, ...asked })
}

function said(value: unknown, dialect: DialectName, asked: Asked = {}): Said {
  const answer = read(value, dialect, asked)
  if (answer?.kind !== 'said') throw new Error('it is an answer')
  return answer
}

const task = { id: 't', contextId: 'c', status: { state: 'TASK_STATE_WORKING' }, generation: 7 }
const old = { kind: 'task', id: 't', contextId: 'c', status: { state: 'working' } }

test('a payload is the very bytes of the result', () => {
  const text = `{"jsonrpc":"2.0","id":1,"result": {"task":${JSON.stringify(task)}} }`
  const { payload, origin } = said(text, 'a2a-1.0-jsonrpc')
  expect(payload.toString()).toBe(`{"task":${JSON.stringify(task)}}`)
  expect(payload.buffer).toBe(origin?.bytes.buffer)
})

test('a bare task is given the form of an event, and those who expect it bare get it bare', () => {
  for (const dialect of ['a2a-1.0-rest', 'a2a-0.3-rest'] as const) {
    const got = said(task, dialect, { operation: 'get' })
    expect(JSON.parse(got.payload.toString())).toEqual({ task })
    expect(writeSaid(got, { dialect, operation: 'get', rpcId: 'null' }).toString()).toBe(JSON.stringify(task))
    const streamed = writeSaidEvent(got, { dialect, operation: 'subscribe', rpcId: 'null' })
    expect(streamed.toString()).toBe(`data: {"task":${JSON.stringify(task)}}\n\n`)
  }
})

test('a server that wraps the task it was asked for is understood, and its caller gets it bare', () => {
  const got = said({ jsonrpc: '2.0', id: 1, result: { task } }, 'a2a-1.0-jsonrpc', { operation: 'get' })
  const text = writeSaid(got, { dialect: 'a2a-1.0-jsonrpc', operation: 'get', rpcId: '1' }).toString()
  expect(JSON.parse(text)).toEqual({ jsonrpc: '2.0', id: 1, result: task })
})

test.each(['1', '"a"', '9007199254740993', '"\\u0061"', '1.0'])('the id %s is echoed as it was spelled', (rpcId) => {
  const answer = said({ jsonrpc: '2.0', id: 2, result: old }, 'a2a-0.3-jsonrpc', { rpcId: '2' })
  const call = { dialect: 'a2a-0.3-jsonrpc', operation: 'send', rpcId } as const
  expect(writeSaid(answer, call).toString()).toBe(`{"jsonrpc":"2.0","id":${rpcId},"result":${JSON.stringify(old)}}`)
})

test('members that nobody knows survive within a version and stay behind between versions', () => {
  const answer = said({ task }, 'a2a-1.0-rest')
  expect(writeSaid(answer, { dialect: 'a2a-1.0-jsonrpc', operation: 'send', rpcId: '5' }).toString()).toBe(
    `{"jsonrpc":"2.0","id":5,"result":{"task":${JSON.stringify(task)}}}`,
  )
  expect(writeSaid(answer, { dialect: 'a2a-0.3-jsonrpc', operation: 'send', rpcId: '5' }).toString()).not.toContain(
    'generation',
  )
})

test('a state that nobody knows is open, and comes back under its name', () => {
  const update = { kind: 'status-update', taskId: 't', contextId: 'c', status: { state: 'pondering' }, final: false }
  const answer = said({ jsonrpc: '2.0', id: 1, result: update }, 'a2a-0.3-jsonrpc')
  expect(answer.seen).toMatchObject({ kind: 'open', state: 'TASK_STATE_UNSPECIFIED', last: false })
  const event = neutralOf(answer)
  expect(event).toMatchObject({ statusUpdate: { status: { state: 'TASK_STATE_UNSPECIFIED' } } })
  const rest = writeSaid(answer, { dialect: 'a2a-1.0-rest', operation: 'stream', rpcId: 'null' })
  const back = writeSaid(said(rest.toString(), 'a2a-1.0-rest'), {
    dialect: 'a2a-0.3-jsonrpc',
    operation: 'stream',
    rpcId: '1',
  })
  expect(JSON.parse(back.toString())).toMatchObject({ result: { status: { state: 'pondering' } } })
})

test('agents that mix the spellings of states are understood', () => {
  const mixed = said({ task: { ...task, status: { state: 'input_required' } } }, 'a2a-1.0-rest')
  expect(mixed.seen).toMatchObject({ kind: 'interrupted', state: 'TASK_STATE_INPUT_REQUIRED' })
  expect(neutralOf(mixed)).toMatchObject({ task: { status: { state: 'TASK_STATE_INPUT_REQUIRED' }, generation: 7 } })
  const proto = said({ task: { ...task, status: { state: 'TASK_STATE_CANCELLED' } } }, 'a2a-0.3-rest')
  expect(proto.seen.state).toBe('TASK_STATE_CANCELED')
})

test('0.3 is told that a status is the last word where it ends, waits, or the stream is over', () => {
  const update = (state: string) => ({ statusUpdate: { taskId: 't', contextId: 'c', status: { state } } })
  const call = { dialect: 'a2a-0.3-jsonrpc', operation: 'stream', rpcId: '1' } as const
  const final = (state: string, last = false) => {
    const text = writeSaid(said(update(state), 'a2a-1.0-rest'), call, last).toString()
    return (JSON.parse(text) as { result: { final: boolean } }).result.final
  }
  expect(final('TASK_STATE_WORKING')).toBe(false)
  expect(final('TASK_STATE_WORKING', true)).toBe(true)
  expect(final('TASK_STATE_INPUT_REQUIRED')).toBe(true)
  expect(final('TASK_STATE_FAILED')).toBe(true)
})

test('a status of 0.3 is the last word when it says so', () => {
  const update = { kind: 'status-update', taskId: 't', contextId: 'c', status: { state: 'working' }, final: true }
  const { seen } = said({ jsonrpc: '2.0', id: 1, result: update }, 'a2a-0.3-jsonrpc')
  expect(seen).toMatchObject({ kind: 'interrupted', last: true, state: 'TASK_STATE_WORKING' })
})

test('errors of REST are read in all their shapes', () => {
  const aip = {
    error: { code: 404, status: 'NOT_FOUND', message: 'no', details: [{ reason: 'TASK_NOT_FOUND', domain: 'd' }] },
  }
  expect(read(aip, 'a2a-1.0-rest', { status: 404 })).toMatchObject({
    code: -32001,
    message: 'no',
    data: JSON.stringify(aip.error.details),
  })
  const of = (value: unknown, status: number, operation: Operation = 'get') =>
    read(value, 'a2a-1.0-rest', { status, operation })
  expect(of({ error: { code: 404, message: 'no' } }, 404)).toMatchObject({ code: -32001, data: null })
  expect(of({ error: { code: 404, message: 'no' } }, 404, 'send')).toMatchObject({ code: -32601 })
  expect(of({ code: -32002, message: 'no' }, 400)).toMatchObject({ code: -32002, message: 'no' })
  expect(of({ type: 'about:blank', title: 'Bad', detail: 'no', status: 415 }, 415)).toMatchObject({
    code: -32005,
    message: 'no',
  })
  expect(of({ message: 'Task not found' }, 404)).toMatchObject({ code: -32001, message: 'Task not found' })
  expect(of({ message: 'no' }, 409, 'cancel')).toMatchObject({ code: -32002 })
  expect(of({ message: 'Service Unavailable' }, 503)).toBeNull()
  expect(of({ message: 'no' }, 204)).toBeNull()
  expect(of({ error: {} }, 500)).toMatchObject({ code: -32603, message: '' })
  expect(read({ error: { code: 500, message: 'mid' } }, 'a2a-1.0-rest', { event: Buffer.from('x') })).toMatchObject({
    kind: 'agent_error',
    code: -32603,
  })
})

test('an error of JSON-RPC is one whatever its status, and a result is none without success', () => {
  const error = { jsonrpc: '2.0', id: null, error: { code: -32001, message: 'no', data: [{ reason: 'X' }] } }
  expect(read(error, 'a2a-1.0-jsonrpc', { status: 500 })).toMatchObject({
    code: -32001,
    message: 'no',
    data: '[{"reason":"X"}]',
    origin: { rpcId: 'null' },
  })
  expect(read({ jsonrpc: '2.0', id: 1, result: { task } }, 'a2a-1.0-jsonrpc', { status: 500 })).toBeNull()
  expect(read({ task }, 'a2a-1.0-rest', { status: 302 })).toBeNull()
})

test.each(['', 'null', '[]', '{}', '<html>', '{"task":{}}', '{"task":7}', '{"result":{}}', '{"kind":"film"}', '"x"'])(
  '%j is no answer',
  (text) => {
    for (const dialect of ['a2a-1.0-jsonrpc', 'a2a-1.0-rest', 'a2a-0.3-jsonrpc', 'a2a-0.3-rest'] as const)
      expect(read(text, dialect)).toBeNull()
    expect(readPushBody(Buffer.from(text))).toBeNull()
  },
)

test('a first server of the line, which names no kinds, is understood', () => {
  const { kind: _, ...bare } = old
  const answer = said({ jsonrpc: '2.0', id: 1, result: bare }, 'a2a-0.3-jsonrpc')
  expect(neutralOf(answer)).toMatchObject({ task: { id: 't', status: { state: 'TASK_STATE_WORKING' } } })
})

test('a webhook body of either version is read', () => {
  const body = (value: unknown) => {
    const pushed = readPushBody(Buffer.from(JSON.stringify(value)))
    return pushed && neutralOf(pushed)
  }
  const state = { status: { state: 'TASK_STATE_WORKING' } }
  expect(body({ task })).toEqual({ task })
  expect(body(task)).toEqual({ task })
  expect(body(old)).toMatchObject({ task: { id: 't', ...state } })
  expect(body({ kind: 'status-update', taskId: 't', contextId: 'c', status: old.status, final: false })).toEqual({
    statusUpdate: { taskId: 't', contextId: 'c', ...state },
  })
})

test('an event of 4 MiB passes as it is, and is translated whole', () => {
  const text = 'x'.repeat(4 * 1024 * 1024)
  const artifact = { artifactId: 'a', parts: [{ text }] }
  const event = said({ artifactUpdate: { taskId: 't', contextId: 'c', artifact } }, 'a2a-1.0-rest')
  const spliced = writeSaid(event, { dialect: 'a2a-1.0-jsonrpc', operation: 'stream', rpcId: '1' })
  expect(spliced.length).toBeGreaterThan(text.length)
  const translated = writeSaidEvent(event, { dialect: 'a2a-0.3-jsonrpc', operation: 'stream', rpcId: '1' }).toString()
  expect(JSON.parse(translated.slice('data: '.length))).toMatchObject({
    result: { kind: 'artifact-update', artifact: { parts: [{ kind: 'text', text }] } },
  })
})
