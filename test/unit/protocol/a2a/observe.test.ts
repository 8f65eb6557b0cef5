import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type Answer, isInternal, readAnswer } from '../../../../src/protocol/a2a/observe.ts'
import type { Revision } from '../../../../src/protocol/a2a/revision.ts'
import { a2a03 } from '../../../../src/protocol/a2a/v03.ts'
import { a2a10 } from '../../../../src/protocol/a2a/v1.ts'
import { SseSplitter } from '../../../../src/protocol/sse.ts'

function fixture(name: string): Buffer {
  return readFileSync(new URL(`../../../fixtures/a2a/${name}`, import.meta.url))
}

function answer(value: unknown, revision: Revision = a2a10, rpcId = '1'): Answer | null {
  return readAnswer(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), rpcId, revision)
}

function result(value: unknown, revision: Revision = a2a10): Answer | null {
  return answer({ jsonrpc: '2.0', id: 1, result: value }, revision)
}

test.each([a2a10, a2a03])('a recorded stream of $version is understood event by event', (revision) => {
  const events = new SseSplitter(100_000).push(fixture(`stream-${revision.version}.sse`))
  const seen = events.map((event) => readAnswer(event.data ?? Buffer.alloc(0), '3', revision)?.seen)
  expect(seen.map((one) => one?.kind)).toEqual(['open', 'open', 'open', 'open', 'terminal'])
  expect(seen.map((one) => one?.last)).toEqual([false, false, false, false, true])
  expect(new Set(seen.map((one) => one?.taskId)).size).toBe(1)
  expect(new Set(seen.map((one) => one?.mark)).size).toBe(5)
})

test.each([a2a10, a2a03])('a recorded task of $version is terminal', (revision) => {
  const bytes = fixture(`task-${revision.version}.rpc`)
  const read = readAnswer(bytes, '2', revision)
  expect(read?.seen).toMatchObject({ kind: 'terminal', last: true })
  expect(read?.bytes).toBe(bytes)
})

test('an interruption is told from an end, and a snapshot of one does not end a stream', () => {
  const status = { state: 'TASK_STATE_INPUT_REQUIRED' }
  expect(result({ statusUpdate: { taskId: 't', status } })?.seen).toMatchObject({ kind: 'interrupted', last: true })
  expect(result({ task: { id: 't', status } })?.seen).toMatchObject({ kind: 'interrupted', last: false })
  const update = { kind: 'status-update', taskId: 't', status: { state: 'input-required' } }
  expect(result({ ...update, final: true }, a2a03)?.seen).toMatchObject({ kind: 'interrupted', last: true })
  expect(result({ ...update, status: { state: 'working' }, final: true }, a2a03)?.seen.kind).toBe('interrupted')
})

test('a message is an answer by itself', () => {
  expect(result({ message: { role: 'ROLE_AGENT' } })?.seen).toMatchObject({ kind: 'message', last: true })
  expect(result({ kind: 'message', contextId: 'c' }, a2a03)?.seen).toMatchObject({ kind: 'message', contextId: 'c' })
})

test('only what moves changes the mark', () => {
  const update = (text: string, timestamp: string) =>
    result({
      statusUpdate: { taskId: 't', status: { state: 'TASK_STATE_WORKING', timestamp, message: { parts: [{ text }] } } },
    })?.seen.mark
  expect(update('a', '1')).toBe(update('a', '2'))
  expect(update('a', '1')).not.toBe(update('b', '1'))
})

test.each([
  '',
  'null',
  '[]',
  '{}',
  '{"result":null}',
  '{"result":{}}',
  '{"error":{}}',
  '{"error":"no"}',
  '<html>',
  '{"result":{"task":{}}}',
])('%j is no answer', (text) => {
  expect(answer(text)).toBeNull()
  expect(answer(text, a2a03)).toBeNull()
})

test.each([
  ['{"jsonrpc":"2.0","id":9007199254740992,"error":{"code":-32001,"message":"no"}}'],
  ['{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"no"}}'],
  ['{"jsonrpc":"2.0", "error":{"code":-32001,"message":"no"}}'],
])('the caller gets its own id back whatever the target echoed in %s', (text) => {
  const read = answer(text, a2a10, '9007199254740993')
  expect(read?.bytes.toString()).toContain('"id":9007199254740993')
  expect(JSON.parse(read?.bytes.toString() ?? '')).toMatchObject({ jsonrpc: '2.0', error: { code: -32001 } })
})

test('an internal error of a target is recognised, so that its text can be kept back', () => {
  const read = answer({ id: 1, error: { code: -32603, message: 'kaboom at /srv/agent.ts' } })
  expect(read && isInternal(read)).toBe(true)
  expect(read?.errorText).toBe('kaboom at /srv/agent.ts')
})
