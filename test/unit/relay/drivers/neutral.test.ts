import { expect, test } from 'vitest'
import { sayNeutral } from '../../../../src/protocol/a2a/neutral.ts'
import { readSaid } from '../../../../src/protocol/a2a/read-said.ts'
import { agentMessage, artifactEvent, statusEvent, taskEvent } from '../../../../src/relay/drivers/neutral.ts'

const ids = { taskId: 't1', contextId: 'c1', thread: 'not for callers' }
const timestamp = '2026-11-28T00:00:00.000Z'
const message = agentMessage(ids, 'm1', [{ text: 'sure?' }])

test.each([
  ['a task', taskEvent(ids, { state: 'TASK_STATE_WORKING', timestamp })],
  ['a task that is over', taskEvent(ids, { state: 'TASK_STATE_COMPLETED', timestamp }, { artifacts: [] })],
  ['a question', statusEvent(ids, { state: 'TASK_STATE_INPUT_REQUIRED', timestamp, message })],
  ['an end', statusEvent(ids, { state: 'TASK_STATE_FAILED', timestamp }, { a: 1 })],
  ['a piece', artifactEvent(ids, { artifactId: 'a1', parts: [{ text: 'x' }], append: true, last: false })],
  ['a message', { message }],
])('what we say of %s is what a reader of 1.0 sees in it', (_, event) => {
  const said = sayNeutral(event)
  const from = { dialect: 'a2a-1.0-rest', operation: 'stream', rpcId: 'null', status: 200, event: null } as const
  expect(readSaid(said.payload, from)).toMatchObject({ kind: 'said', seen: said.seen })
  expect(said.payload.toString()).not.toContain('not for callers')
})
