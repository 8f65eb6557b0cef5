import { expect, test } from 'vitest'
import { HopLog, hopsKept } from '../../../src/limits/hops.ts'
import { hopId, orchestrator, research } from './fixture.ts'

function hop(number: number) {
  return { id: hopId(number), parent: null, from: orchestrator, to: research, depth: 1, at: 0 }
}

test('the newest hops are kept and the oldest leave', () => {
  const log = new HopLog()
  for (let number = 0; number <= hopsKept; number++) log.add(hop(number), 'open')
  expect([log.views.length, log.views[0]?.id]).toEqual([hopsKept, hopId(1)])
})

test('a hop that has left the log is concluded without a trace', () => {
  const log = new HopLog()
  log.conclude(hopId(1), 'answered', 5)
  expect(log.views).toEqual([])
})

test('why a hop was halted outlives its settlement', () => {
  const log = new HopLog()
  log.add(hop(1), 'open')
  log.mark(hopId(1), { state: 'halted', code: 'run_halted', rule: 'run.depth_max' })
  log.conclude(hopId(1), 'failed', 5)
  expect(log.views).toMatchObject([{ state: 'halted', code: 'run_halted', rule: 'run.depth_max', cost_micros: 5 }])
})

test('a parent has as many children as may be, and one more after one was taken back', () => {
  const log = new HopLog()
  expect([log.enterChild(null, 2), log.enterChild(null, 2), log.enterChild(null, 2)]).toEqual([true, true, false])
  log.leaveChild(null)
  expect([log.enterChild(null, 2), log.children(null), log.children(hopId(1))]).toEqual([true, 2, 0])
})
