import { expect, test } from 'vitest'
import type { JsonObject } from '../../../../src/base/json.ts'
import { sayNeutral } from '../../../../src/protocol/a2a/neutral.ts'
import { EventLog } from '../../../../src/relay/feed/event-log.ts'

const caps = { stream_log_events: 8, stream_log_bytes: 65_536, answer_bytes: 100_000 }
const ids = { taskId: 't1', contextId: 'c1' }
const text = 'x'.repeat(10_000)

type Make = (no: number) => JsonObject

const floods: readonly (readonly [what: string, make: Make, newest: string])[] = [
  ['artifacts', (no) => artifact(`a${no}`, text, false), '"a199"'],
  ['pieces of one artifact', (no) => artifact('a', `${no}:${text}`, true), '"199:x'],
  ['messages', (no) => status({ message: { messageId: `m${no}`, parts: [{ text }] } }), '"m199"'],
  ['metadata', (no) => ({ statusUpdate: { ...ids, status: working, metadata: { [`k${no}`]: text } } }), '"t1"'],
]

const working = { state: 'TASK_STATE_WORKING' }

function status(more: object): JsonObject {
  return { statusUpdate: { ...ids, status: { ...working, ...more } } }
}

function artifact(artifactId: string, said: string, append: boolean): JsonObject {
  return { artifactUpdate: { ...ids, artifact: { artifactId, parts: [{ text: said }] }, append } }
}

test.each(floods)(
  'a flood of %s leaves a task of bounded size, with what is newest and a mark',
  (_what, make, newest) => {
    const log = new EventLog(caps)
    log.push(sayNeutral({ task: { id: 't1', contextId: 'c1', status: working } }))
    let largest = 0
    for (let no = 0; no < 200; no += 1) {
      log.push(sayNeutral(make(no)))
      largest = Math.max(largest, JSON.stringify(log.task()).length)
    }
    expect(largest).toBeLessThan(caps.answer_bytes + 2 * text.length)
    const task = JSON.stringify(log.task())
    expect(task).toContain(newest)
    expect(task).toContain('"weir.dev/shortened":true')
  },
)

test('a task that stays small says everything, however often its status changes', () => {
  const log = new EventLog(caps)
  log.push(sayNeutral(artifact('first', 'kept', false)))
  for (let no = 0; no < 2000; no += 1)
    log.push(sayNeutral({ statusUpdate: { ...ids, status: { ...working, timestamp: text.slice(0, 100) } } }))
  expect(JSON.stringify(log.task())).toContain('"kept"')
  expect(JSON.stringify(log.task())).not.toContain('shortened')
})
