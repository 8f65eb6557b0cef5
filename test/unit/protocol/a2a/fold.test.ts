import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JsonObject } from '../../../../src/base/json.ts'
import { fold, foldAll, trimHistory } from '../../../../src/protocol/a2a/fold.ts'
import { neutralOf } from '../../../../src/protocol/a2a/neutral.ts'
import { readSaid } from '../../../../src/protocol/a2a/read-said.ts'
import { recorded } from '../../../support/wire-log.ts'

const task = { id: 't', contextId: 'c', status: { state: 'TASK_STATE_SUBMITTED' } }

function status(state: string, messageId?: string): JsonObject {
  const message = messageId === undefined ? {} : { message: { messageId, role: 'ROLE_AGENT', parts: [] } }
  return { statusUpdate: { taskId: 't', contextId: 'c', status: { state, ...message } } }
}

function chunk(text: string, more: JsonObject = {}): JsonObject {
  return { artifactUpdate: { taskId: 't', contextId: 'c', artifact: { artifactId: 'a', parts: [{ text }] }, ...more } }
}

function foldEach(events: readonly JsonObject[], first: JsonObject | null = task): JsonObject | null {
  return events.reduce<JsonObject | null>((before, event) => fold(before, event), first)
}

test.each(['a2a-1.0-jsonrpc', 'a2a-1.0-rest', 'a2a-0.3-jsonrpc', 'a2a-0.3-rest'] as const)(
  'the events of a recorded stream of %s fold into what its server keeps',
  (dialect) => {
    const all = recorded(dialect)
    const begins = all.findIndex((one) => one.operation === 'stream')
    const events = all.slice(begins, begins + 5).map((one) => {
      const read = readSaid(one.bytes, one)
      return read?.kind === 'said' ? neutralOf(read) : {}
    })
    expect(foldEach(events, null)).toMatchObject({
      status: { state: 'TASK_STATE_COMPLETED' },
      artifacts: [{ artifactId: 'a1', name: 'out', parts: [{ text: 'chunk0 ' }, { text: 'chunk1 ' }] }],
      history: [{ role: 'ROLE_USER' }, { role: 'ROLE_AGENT', parts: [{ text: 'working' }] }],
    })
  },
)

test('what the status said before becomes history, once', () => {
  const after = foldEach([
    status('TASK_STATE_WORKING', 'm1'),
    status('TASK_STATE_WORKING', 'm2'),
    status('TASK_STATE_COMPLETED'),
  ])
  expect(after).toMatchObject({
    status: { state: 'TASK_STATE_COMPLETED' },
    history: [{ messageId: 'm1' }, { messageId: 'm2' }],
  })
  const kept = {
    ...task,
    status: { state: 'TASK_STATE_WORKING', message: { messageId: 'm1' } },
    history: [{ messageId: 'm1' }],
  }
  expect(fold(kept, status('TASK_STATE_COMPLETED'))).toMatchObject({ history: [{ messageId: 'm1' }] })
})

test('chunks are appended as parts of their own, and a new artifact takes the place of the old one', () => {
  const two = foldEach([chunk('1'), chunk('2', { append: true, lastChunk: true })])
  expect(two).toMatchObject({ artifacts: [{ artifactId: 'a', parts: [{ text: '1' }, { text: '2' }] }] })
  expect(fold(two, chunk('3'))).toMatchObject({ artifacts: [{ artifactId: 'a', parts: [{ text: '3' }] }] })
})

test('a straggler does not bring a finished task back', () => {
  const done = foldEach([status('TASK_STATE_CANCELED')])
  expect(fold(done, status('TASK_STATE_WORKING'))).toBe(done)
})

test('messages and events of other tasks change nothing', () => {
  expect(fold(null, { message: { messageId: 'm' } })).toBeNull()
  expect(fold(task, { message: { messageId: 'm' } })).toBe(task)
  expect(fold(task, { task: { ...task, id: 'other' } })).toBe(task)
  expect(fold(task, {})).toBe(task)
})

test('an update that is the first of its task begins it', () => {
  expect(fold(null, status('TASK_STATE_WORKING'))).toMatchObject({
    id: 't',
    contextId: 'c',
    status: { state: 'TASK_STATE_WORKING' },
  })
  expect(fold(null, chunk('1'))).toMatchObject({ id: 't', artifacts: [{ artifactId: 'a' }] })
})

test('a snapshot that leaves something out does not undo it', () => {
  const before = foldEach([chunk('1'), status('TASK_STATE_WORKING', 'm1'), status('TASK_STATE_WORKING')])
  const after = fold(before, { task: { ...task, status: { state: 'TASK_STATE_COMPLETED' } } })
  expect(after).toMatchObject({
    status: { state: 'TASK_STATE_COMPLETED' },
    artifacts: [{}],
    history: [{ messageId: 'm1' }],
  })
})

test('lists lose their oldest beyond their maximum', () => {
  const max = { history: 2, artifacts: 1, parts: 2 }
  const events = ['1', '2', '3'].flatMap((text) => [status('TASK_STATE_WORKING', text), chunk(text, { append: true })])
  const after = [...events, status('TASK_STATE_COMPLETED')].reduce<JsonObject | null>((b, e) => fold(b, e, max), task)
  expect(after).toMatchObject({
    history: [{ messageId: '2' }, { messageId: '3' }],
    artifacts: [{ parts: [{ text: '2' }, { text: '3' }] }],
  })
})

test('nothing that goes in is changed', () => {
  const events = [status('TASK_STATE_WORKING', 'm'), chunk('1'), chunk('2', { append: true })]
  const before = structuredClone([task, events])
  foldEach(events)
  expect([task, events]).toEqual(before)
})

test('a history is cut to its newest, to nothing, or left alone', () => {
  const long = { ...task, history: [{ messageId: '1' }, { messageId: '2' }] }
  expect(trimHistory(long, null)).toBe(long)
  expect(trimHistory(long, 0)).toEqual(task)
  expect(trimHistory(long, 1)).toEqual({ ...task, history: [{ messageId: '2' }] })
  expect(trimHistory(long, 2)).toBe(long)
  expect(trimHistory(task, 3)).toBe(task)
})

const anyChunk = fc
  .record({
    taskId: fc.constantFrom('t', 'other'),
    artifactId: fc.constantFrom('a', 'b'),
    append: fc.constantFrom(true, true, true, false),
    text: fc.string({ maxLength: 3 }),
    note: fc.constantFrom({}, { metadata: { n: 1 } }, { metadata: { m: 2 } }),
    named: fc.constantFrom({}, { name: '' }, { name: 'out' }),
  })
  .map(({ taskId, artifactId, append, text, note, named }) => {
    const artifact = { artifactId, parts: [{ text }], ...named, ...note }
    return { artifactUpdate: { taskId, contextId: 'c', artifact, append, ...note } }
  })

const anyEvent = fc.oneof(
  { weight: 6, arbitrary: anyChunk },
  {
    weight: 1,
    arbitrary: fc.constantFrom(status('TASK_STATE_WORKING', 'm'), status('TASK_STATE_COMPLETED'), { task }),
  },
)

test('events that are folded together make the same task as one after the other', () => {
  fc.assert(
    fc.property(fc.constantFrom(task, null), fc.array(anyEvent, { maxLength: 12 }), (first, events) => {
      expect(foldAll(first, events)).toEqual(foldEach(events, first))
    }),
    { numRuns: 300 },
  )
})
