/** The page of a run answers who started it, where it loops, what it cost and why it stopped. */
import { expect, test } from 'vitest'
import { paintWith } from '../../../src/cli/paint.ts'
import { runPage } from '../../../src/cli/run-view.ts'
import { now, sampleRun } from './sample-run.ts'

const plain = paintWith(false)

test('one page shows the state, the starter, the loop, the halt, the budget and the edges', () => {
  expect(runPage(sampleRun(), plain, now)).toBe(
    [
      'run_01   HALTED   1.2 s   $0.13   5 hops   1 refused   max depth 5',
      'started   2027-01-15T08:00:00Z by agent:console for user:tomas',
      'loop      agent:research → agent:orchestrator   first at depth 3   2 laps   $0.06',
      'halted    depth_exceeded: depth 6 of 5   by weir at 2027-01-15T08:00:01Z',
      'shadow    would have been refused by run.calls_max',
      'taint     external',
      'left      $4.87, no token limit',
      '',
      'FROM            TO                  CALLS  REFUSED  DEPTH  TOKENS   COST',
      'agent:research  agent:orchestrator      2        0    3-5   2,400  $0.06',
      '',
    ].join('\n'),
  )
})

test('a run under way counts what its open calls hold, and its clock runs', () => {
  const reserved = { tokens: 0, cost_micros: 50_000 }
  const page = runPage(sampleRun({ state: 'active', halt: null, open: 2, reserved }), plain, now)
  expect(page).toContain('run_01   ACTIVE   10.0 s   $0.18   5 hops   1 refused   2 open   max depth 5')
  expect(page).not.toContain('halted')
})

test('a run that ended is as long as its last hop says', () => {
  expect(runPage(sampleRun({ state: 'ended', halt: null }), plain, now)).toContain('ENDED   5 ms')
})

test('a halt reason cannot steer the terminal', () => {
  const halt = { code: 'operator', reason: 'x\u001b[2J', actor: 'ana', at: now, hop: null }
  expect(runPage(sampleRun({ halt }), plain, now)).toContain('operator: x\\u001b[2J')
})

test('what nobody knows the price of stands beside what is known', () => {
  expect(runPage(sampleRun({ unpriced: 2 }), plain, now)).toContain('$0.13 + unknown (2 calls)')
})
