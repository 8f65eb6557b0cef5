import { expect, test } from 'vitest'
import type { DialectName } from '../../../../src/domain/call.ts'
import { readSaid } from '../../../../src/protocol/a2a/read-said.ts'
import type { Observation } from '../../../../src/protocol/a2a/revision.ts'

/** What is seen in a result over JSON-RPC. */
function seen(result: unknown, dialect: DialectName = 'a2a-1.0-jsonrpc'): Observation | null {
  const bytes = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, result }))
  const said = readSaid(bytes, { dialect, operation: 'stream', rpcId: '1', status: 200, event: null })
  return said?.kind === 'said' ? said.seen : null
}

test('an interruption is told from an end, and a snapshot of one does not end a stream', () => {
  const status = { state: 'TASK_STATE_INPUT_REQUIRED' }
  expect(seen({ statusUpdate: { taskId: 't', status } })).toMatchObject({ kind: 'interrupted', last: true })
  expect(seen({ task: { id: 't', status } })).toMatchObject({ kind: 'interrupted', last: false })
  const update = { kind: 'status-update', taskId: 't', status: { state: 'input-required' }, final: true }
  expect(seen(update, 'a2a-0.3-jsonrpc')).toMatchObject({ kind: 'interrupted', last: true })
  const working = { ...update, status: { state: 'working' } }
  expect(seen(working, 'a2a-0.3-jsonrpc')?.kind).toBe('interrupted')
})

test('a message is an answer by itself', () => {
  expect(seen({ message: { role: 'ROLE_AGENT' } })).toMatchObject({ kind: 'message', last: true })
  const said = seen({ kind: 'message', contextId: 'c' }, 'a2a-0.3-jsonrpc')
  expect(said).toMatchObject({ kind: 'message', contextId: 'c' })
})

test('only what moves changes the mark', () => {
  const mark = (text: string, timestamp: string) => {
    const status = { state: 'TASK_STATE_WORKING', timestamp, message: { parts: [{ text }] } }
    return seen({ statusUpdate: { taskId: 't', status } })?.mark
  }
  expect(mark('a', '1')).toBe(mark('a', '2'))
  expect(mark('a', '1')).not.toBe(mark('b', '1'))
})
