/** From what an agent answers to what it means: the tables, row by row. */
import { expect, test } from 'vitest'
import type { FindingResult } from '../../../../src/domain/checkup.ts'
import { verdictOf } from '../../../../src/domain/checkup.ts'
import type { Heard } from '../../../../src/relay/doctor/heard.ts'
import { type Asked, judge, judgeFeature } from '../../../../src/relay/doctor/judge.ts'
import { outcomeOf, taskIn } from '../../../../src/relay/doctor/outcome.ts'
import { answered, answeredRest, failed, faulty, heardOf, message, page, task } from './heard-kit.ts'

type Case = readonly [what: string, asked: Asked, heard: Heard, result: FindingResult, key: string | null]

const cases: readonly Case[] = [
  ['an unknown task that is called unknown', 'lookup', failed(-32001, 'Task not found'), 'ok', null],
  ['a method that is not known', 'lookup', failed(-32601), 'problem', 'versions'],
  ['a version that is not spoken', 'lookup', failed(-32009), 'problem', 'versions'],
  ['an agent without tasks', 'lookup', failed(-32004), 'emulated', null],
  ['a task that nobody has started', 'lookup', task('TASK_STATE_COMPLETED'), 'unknown', null],
  ['an error of its own', 'lookup', failed(-32603, 'oops'), 'unknown', null],
  ['a web page', 'lookup', page, 'problem', 'url'],
  ['silence', 'lookup', faulty('first_byte_timeout'), 'problem', 'timeouts.first_byte_ms'],
  ['a closed door', 'lookup', faulty('bad_answer', 'refused the credentials with 401'), 'problem', 'headers'],
  ['nobody', 'lookup', faulty('connect_failed'), 'problem', 'url'],
  ['a message', 'send', message, 'ok', null],
  ['a task that is done', 'send', task('TASK_STATE_COMPLETED'), 'ok', null],
  ['a task that asks back', 'send', task('TASK_STATE_INPUT_REQUIRED'), 'ok', null],
  ['a task that failed', 'send', task('TASK_STATE_FAILED'), 'unknown', null],
  ['an agent that does not wait', 'send', task('TASK_STATE_SUBMITTED'), 'emulated', null],
  ['an older A2A', 'send', page, 'problem', 'driver.kind'],
  ['no streams', 'stream', failed(-32004), 'emulated', 'streams'],
  ['a stream nobody knows', 'stream', failed(-32601), 'emulated', 'streams'],
  ['a stream that ends too early', 'stream', task('TASK_STATE_WORKING'), 'emulated', null],
  ['a task that goes on', 'immediately', task('TASK_STATE_WORKING'), 'ok', null],
  ['a task that is over at once', 'immediately', task('TASK_STATE_COMPLETED'), 'unknown', null],
  ['no way back to a task', 'subscribe', failed(-32601), 'emulated', null],
  ['a task that is told from here', 'subscribe', task('TASK_STATE_WORKING'), 'ok', null],
  ['a task that stops', 'cancel', task('TASK_STATE_CANCELED'), 'ok', null],
  ['a task that was over', 'cancel', failed(-32002), 'unknown', null],
  ['an agent that cannot stop', 'cancel', failed(-32004), 'emulated', null],
  ['a task that its agent has forgotten', 'cancel', failed(-32001), 'unknown', 'shared_task_store'],
  ['webhooks', 'push', failed(-32001), 'ok', null],
  ['no webhooks', 'push', failed(-32003), 'emulated', null],
]

test.each(cases.map((each) => [each[0], each[1], each] as const))(
  '%s, asked by %s',
  (_what, asked, [, , heard, result, key]) => {
    const found = judge(asked, '1.0 jsonrpc', heard)
    expect([found.result, found.at]).toEqual([result, '1.0 jsonrpc'])
    if (key === null) expect(found.keys).toEqual([])
    else expect(found.keys).toContain(key)
    expect(found.advice === null).toBe(result === 'ok' && asked !== 'push')
  },
)

test('a path that leads nowhere is not taken for a task that does not exist', () => {
  const details = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'TASK_NOT_FOUND' }]
  const error = { code: 404, status: 'NOT_FOUND', message: 'no', details }
  expect(outcomeOf(heardOf(answeredRest({ error }, 404)))).toBe('unknown_task')
  expect(outcomeOf(heardOf(answeredRest({ message: 'Task not found' }, 404)))).toBe('unknown_task')
  expect(outcomeOf(heardOf(answeredRest({ detail: 'Not Found' }, 404)))).toBe('not_found')
})

test('nothing that an agent writes is told as it stands', () => {
  const { seen } = judge(
    'send',
    null,
    failed(-32603, `\u001b[2J<script>x</script> see https://evil.example/ ${'y'.repeat(500)}`),
  )
  for (const piece of ['\u001b', '<', 'evil']) expect(seen).not.toContain(piece)
  expect(seen.length).toBeLessThan(200)
})

test('the last task that was named counts, and whether it goes on', () => {
  const update = { taskId: 't1', contextId: 'c1', status: { state: 'TASK_STATE_COMPLETED' } }
  expect(taskIn(task('TASK_STATE_WORKING'))).toEqual({ id: 't1', open: true })
  expect(
    taskIn(heardOf(...task('TASK_STATE_WORKING').answers, answered({ result: { statusUpdate: update } }))),
  ).toEqual({
    id: 't1',
    open: false,
  })
  expect(taskIn(message)).toBeNull()
})

test('what a driver does not offer is made up for, in its own words where it has some', () => {
  expect(judgeFeature('stream', null)).toMatchObject({ check: 'stream', result: 'emulated' })
  expect(judgeFeature('cancel', null, 'It cannot.').advice).toBe('It cannot.')
})

test('a problem breaks an agent, emulation does not, and what is unknown is no problem', () => {
  const of = (...results: readonly FindingResult[]) => verdictOf(results.map((result) => ({ result })))
  expect(of('ok', 'unknown')).toBe('ready')
  expect(of('ok', 'emulated')).toBe('works with emulation')
  expect(of('emulated', 'problem')).toBe('broken')
})
