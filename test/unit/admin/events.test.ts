/** The live stream at the gateway's side: resume, reset, slow readers, and how many there may be. */
import { beforeEach, expect, test } from 'vitest'
import { EventBus } from '../../../src/admin/event-bus.ts'
import { ManualClock } from '../../../src/base/clock.ts'
import { everything } from '../../../src/domain/filter.ts'
import { readFilter } from '../../../src/domain/filter-read.ts'
import type { Filter } from '../../../src/domain/filter.ts'
import type { RunId } from '../../../src/domain/ids.ts'
import { type LiveEvent, liveTopics } from '../../../src/domain/live-event.ts'
import { LiveMemory } from '../../../src/ledger/live/contract.ts'
import { MemoryReply } from '../../support/reply.ts'

const run = 'run_1' as RunId
let clock: ManualClock
let memory: LiveMemory
let draining = false
let bus: EventBus

beforeEach(() => {
  clock = new ManualClock()
  const shared = new SharedArrayBuffer(LiveMemory.bytes)
  memory = new LiveMemory(shared)
  draining = false
  bus = new EventBus({
    clock,
    memory: shared,
    runNow: (id) => ({ root: 'agent:a', id }),
    ledger: () => 'ok',
    streams_max: () => 2,
    draining: () => draining,
  })
})

function event(seq: number): LiveEvent {
  return {
    seq,
    at: seq,
    topics: ['halts'],
    kind: 'run',
    row: { run, agent: seq % 2 === 0 ? 'agent:even' : 'agent:odd' },
  }
}

function take(from: number, to: number, lost = false): void {
  const events = Array.from({ length: to - from + 1 }, (_, at) => event(from + at))
  bus.take({ from, to, level: 2, lost, events, touched: [] })
}

function read(after: number | null = null, filter: Filter = everything, reply = new MemoryReply()): MemoryReply {
  bus.read({ topics: new Set(liveTopics), filter }, after, reply)
  return reply
}

function idsOf(reply: MemoryReply): readonly string[] {
  return reply.text.split('\n\n').flatMap((frame) => {
    const [, id = '', kind = ''] = /^id: (\d+)\nevent: (\w+)/.exec(frame) ?? []
    return id === '' ? [] : [`${kind} ${id}`]
  })
}

test('who comes back is told what came meanwhile, once', () => {
  const first = read()
  take(1, 3)
  first.cut()
  take(4, 6)
  expect(idsOf(first)).toEqual(['ready 0', 'run 1', 'run 2', 'run 3'])
  expect(idsOf(read(3))).toEqual(['ready 6', 'run 4', 'run 5', 'run 6'])
})

test.each([-1, 7, 1_000_000])('a place that is not kept any more or never was is a reset: %i', (after) => {
  read()
  take(5, 6)
  expect(idsOf(read(after))).toEqual(['ready 6', 'reset 6'])
})

test('what was pushed out of the memory is a reset', () => {
  read()
  take(1, 5000)
  expect(idsOf(read(10))).toEqual(['ready 5000', 'reset 5000'])
  expect(idsOf(read(4999)).slice(1)).toEqual(['run 5000'])
})

test('a filter leaves out the others', () => {
  const reply = read(null, readFilter('agent:even', 0) as Filter)
  take(1, 4)
  expect(idsOf(reply)).toEqual(['ready 0', 'run 2', 'run 4'])
})

test('a reader who does not read is held a little, then told to look anew', () => {
  const reply = new MemoryReply()
  reply.reads = false
  reply.highWater = 200
  read(null, everything, reply)
  for (let at = 0; at < 100; at++) take(100 * at + 1, 100 * at + 100)
  expect(reply.bufferedMax).toBeLessThan(1000)
  reply.reads = true
  reply.drain()
  expect(idsOf(reply).at(-1)).toBe('reset 10000')
  take(10_001, 10_001)
  expect(idsOf(reply).at(-1)).toBe('run 10001')
})

test('a batch that was dropped before is a reset for everybody', () => {
  const reply = read()
  take(1, 1)
  take(9, 9, true)
  expect(idsOf(reply)).toEqual(['ready 0', 'run 1', 'reset 1', 'run 9'])
})

test('runs that go on are told as they are now, with how many calls that was', () => {
  const reply = read()
  bus.take({ from: 1, to: 500, level: 2, lost: false, events: [], touched: [[run, 300]] })
  bus.take({ from: 501, to: 900, level: 2, lost: false, events: [], touched: [[run, 200]] })
  bus.tick()
  bus.tick()
  expect(reply.text.match(/"folded":500/g)).toHaveLength(1)
  expect(idsOf(reply)).toEqual(['ready 0', 'run_now 900'])
})

test('the other thread hears what is wanted, and a minute after the last reader that nothing is', () => {
  expect(memory.wanted).toBe(0)
  const reply = read()
  expect(memory.wanted).toBe(2)
  reply.cut()
  bus.tick()
  expect(memory.wanted).toBe(2)
  clock.advance(60_001)
  bus.tick()
  expect(memory.wanted).toBe(0)
})

test('a silent stream says a comment, and the streams end with the gateway', () => {
  const reply = read()
  clock.advance(15_000)
  bus.tick()
  expect(reply.text.endsWith(':\n\n')).toBe(true)
  expect(bus.isFull).toBe(false)
  read()
  expect(bus.isFull).toBe(true)
  draining = true
  bus.tick()
  expect(reply.ended).toBe(true)
})
