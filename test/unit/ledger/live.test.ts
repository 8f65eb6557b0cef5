/** What the archive thread tells of the ledger while somebody reads: bounded, folded, and honest about what was left out. */
import { expect, test } from 'vitest'
import type { RunId } from '../../../src/domain/ids.ts'
import type { CallRecord, RunEntry } from '../../../src/domain/record.ts'
import { type LiveBatch, LiveMemory, underWay_max } from '../../../src/ledger/live/contract.ts'
import { liveEventOf } from '../../../src/ledger/live/event-of.ts'
import { openLiveFeed } from '../../../src/ledger/live/feed.ts'
import type { Listener } from '../../../src/ledger/listener.ts'

const run = `run_${'0'.repeat(32)}` as RunId

function call(over: Partial<CallRecord> = {}): CallRecord {
  const outcome = { status: 'answered', fault: null, spent: { tokens: 1, cost_micros: 2 }, ms: 3, upstream_ms: 2 }
  const facts = { kind: 'call', v: 1, ts: 1000, rid: 'hop_0', run, agent: 'agent:a', target: 'agent:b', method: 'm' }
  const more = { decision: 'allow', code: null, rule: null, shadow: [], policies: [], approval: null, depth: 1 }
  return { ...facts, ...more, outcome, ...over } as unknown as CallRecord
}

interface Trial {
  readonly memory: LiveMemory
  readonly posted: LiveBatch[]
  readonly feed: Listener
  now: number
  /** Tells so many calls and lets what is gathered go. */
  calls(count: number, over?: Partial<CallRecord>): void
}

function open(level: 0 | 1 | 2): Trial {
  const shared = new SharedArrayBuffer(LiveMemory.bytes)
  const memory = new LiveMemory(shared)
  memory.want(level)
  const posted: LiveBatch[] = []
  let seq = 0
  const trial: Trial = {
    memory,
    posted,
    now: 10_000,
    feed: openLiveFeed({ memory: shared, now: () => trial.now, post: (batch) => void posted.push(batch) }),
    calls(count: number, over?: Partial<CallRecord>) {
      void trial.feed.entries?.(Array.from({ length: count }, () => ({ seq: ++seq, boot: 'b', entry: call(over) })))
    },
  }
  return trial
}

test('nothing is told where nobody reads', () => {
  const { feed, posted, calls } = open(0)
  calls(10)
  void feed.close?.()
  expect(posted).toEqual([])
})

test('without readers of calls only what concerns others is told, and which runs go on', () => {
  const { feed, posted, calls } = open(1)
  calls(5)
  calls(1, { decision: 'deny', rule: 'run.depth_max' })
  void feed.close?.()
  expect(posted).toHaveLength(1)
  expect(posted[0]).toMatchObject({ from: 1, to: 6, level: 1, lost: false, touched: [[run, 6]] })
  expect(posted[0]?.events.map(({ seq, topics }) => [seq, topics])).toEqual([[6, ['hops', 'denials', 'limits']]])
})

test('of one run only so many calls are told in a second, then the newest with how many were left out', () => {
  const trial = open(2)
  trial.calls(1000)
  trial.now += 1000
  void trial.feed.tick?.(trial.now)
  void trial.feed.close?.()
  const events = trial.posted.flatMap((batch) => batch.events)
  expect(events).toHaveLength(21)
  expect(events.at(-1)).toMatchObject({ seq: 1000, folded: 979 })
})

test('batches that nobody takes are dropped, and the next one says so', () => {
  const trial = open(2)
  const told = (level: 1 | 2): void => {
    trial.memory.want(level)
    trial.calls(1)
  }
  for (let batch = 0; batch < underWay_max + 3; batch++) told(batch % 2 === 0 ? 1 : 2)
  expect(trial.posted.map(({ lost }) => lost)).toEqual(Array.from({ length: underWay_max }, () => false))
  for (let taken = 0; taken < underWay_max; taken++) trial.memory.take()
  told(2)
  told(1)
  expect(trial.posted.slice(underWay_max).map(({ lost }) => lost)).toEqual([true, false])
})

test('a halt is told to those who look at halts and at runs', () => {
  const entry: RunEntry = {
    v: 1,
    ts: 5,
    kind: 'run',
    run,
    event: 'halted',
    root: call().agent,
    human: null,
    ends_at: 9,
    code: 'operator',
    reason: 'enough',
    actor: 'ana',
  } as RunEntry
  expect(liveEventOf(7, entry)).toMatchObject({ seq: 7, topics: ['halts', 'runs'], kind: 'run', row: { run } })
})
