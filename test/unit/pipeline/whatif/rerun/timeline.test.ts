/** What of a run is sent again, in which order, and why the rest is not. */
import { expect, test } from 'vitest'
import type { PersonId } from '../../../../../src/domain/ids.ts'
import type { CallRecord, LedgerEntry } from '../../../../../src/domain/record.ts'
import { timelineOf } from '../../../../../src/pipeline/whatif/rerun/timeline.ts'
import { agent, call, hop, intent, noon, refusedCall, run, runEntry } from '../../../ledger/entries.ts'

const all = new Set([agent('a'), agent('b'), agent('c')])
const plain = { scope: null, adh: null, ext_head: null, bound: 'none', ts: noon } as const
const below = (parent: number, depth: number): Partial<CallRecord> => ({ ...plain, parent_rid: hop(parent), depth })
const leftOf = (...entries: readonly LedgerEntry[]) => [...timelineOf(entries, all).left]

test('what lay open at once lies open at once again', () => {
  const entries = [
    runEntry(run(1), 'opened'),
    intent(hop(1)),
    intent(hop(2)),
    intent(hop(3)),
    call(hop(2), below(1, 2)),
    refusedCall(hop(4), below(3, 3)),
    call(hop(3), below(1, 2)),
    call(hop(1), plain),
  ]
  const { moments, left } = timelineOf(entries, all)
  expect(left.size).toBe(0)
  expect(
    moments.map((moment) => (moment.kind === 'halt' ? moment.kind : `${moment.kind} ${moment.hop.slice(-1)}`)),
  ).toEqual(['begin 1', 'begin 2', 'begin 3', 'end 2', 'begin 4', 'end 3', 'end 1'])
})

test('a call whose intent is gone began before what it set in motion', () => {
  const { moments } = timelineOf([call(hop(2), below(1, 2)), call(hop(1), plain)], all)
  expect(moments.map(({ kind }) => kind)).toEqual(['begin', 'begin', 'end', 'end'])
  expect(moments[0]).toMatchObject({ hop: hop(1) })
})

test('an operator who halted it then halts it now, a limit does so by itself', () => {
  const halted = (facts: object) =>
    timelineOf([call(hop(1), plain), runEntry(run(1), 'halted', facts)], all).moments.at(-1)
  expect(halted({ code: 'operator', reason: 'enough' })).toEqual({ kind: 'halt', reason: 'enough' })
  expect(halted({})).toMatchObject({ kind: 'end' })
})

test.each<[string, Partial<CallRecord>]>([
  ['stranger', { agent: null }],
  ['no_work', { action: 'get' }],
  ['unregistered', { agent: agent('gone') }],
  ['cut', { target: 'agent:bbb…' }],
  ['approved', { approval: { id: 'apr_1', by: 'ana', args_hash: 'h' } as unknown as CallRecord['approval'] }],
  ['outside', { decision: 'deny', code: 'rate_limited', rule: 'agent.invokes_per_minute' }],
  ['outside', { decision: 'deny', code: 'run_time_exceeded', rule: 'run.wall_clock_ms' }],
  ['outside', { decision: 'deny', code: null }],
  ['authority', { decision: 'deny', code: 'depth_exceeded', rule: 'token.depth_max' }],
  ['orphan', { parent_rid: hop(9) }],
])('%s: %j', (why, facts) => {
  expect(leftOf(call(hop(1), { ...plain, ...facts }))).toEqual([[hop(1), why]])
})

test('below a call that is not sent again nothing is, whatever it was', () => {
  const approval = { id: 'apr_1', by: 'ana', args_hash: 'h' } as unknown as CallRecord['approval']
  const entries = [call(hop(3), below(2, 3)), call(hop(2), below(1, 2)), call(hop(1), { ...plain, approval })]
  expect(leftOf(...entries)).toEqual([
    [hop(1), 'approved'],
    [hop(2), 'below'],
    [hop(3), 'below'],
  ])
})

test('who was erased and whose credential said more is counted', () => {
  const human = `user:~${'a'.repeat(26)}` as PersonId
  const bound = call(hop(2), { ...plain, bound: 'dpop' })
  expect(timelineOf([call(hop(1), { ...plain, human }), bound], all)).toMatchObject({ erased: 1, unlike: 1 })
})
