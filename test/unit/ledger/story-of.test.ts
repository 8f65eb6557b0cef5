/** Entries of the ledger become rows and stories: what is settled, what is under way, what was refused. */
import { expect, test } from 'vitest'
import type { LedgerEntry } from '../../../src/domain/record.ts'
import { type Numbered, storyOf, StoryTally } from '../../../src/ledger/story-of.ts'
import { storyRun } from '../../support/stories.ts'

const base = { v: 1, run: storyRun, human: 'user:tomas', agent: 'agent:a' }
const opened = {
  v: 1,
  ts: 100,
  kind: 'run',
  run: storyRun,
  event: 'opened',
  root: 'agent:a',
  human: 'user:tomas',
  ends_at: 900,
  code: null,
  reason: null,
  actor: null,
}
const intent = (rid: string, ts: number, micros: number) => {
  const reserved = { tokens: 0, cost_micros: micros }
  return { ...base, ts, kind: 'intent', rid, depth: 1, target: 'agent:b', reserved }
}
const decided = { decision: 'allow', code: null, rule: null, detail: null, policies: ['p'], pol_hash: 'h', shadow: [] }
const called = {
  target: 'agent:b',
  method: 'm',
  dialect: 'a2a-1.0-jsonrpc',
  parent_rid: null,
  run_origin: 'new',
  depth: 1,
}
const call = (rid: string, ts: number, more: object = {}, spent: object = { tokens: 5, cost_micros: 40 }) => {
  const outcome = { status: 'answered', fault: null, spent, ms: 3, upstream_ms: 2 }
  return { ...base, ...called, ...decided, ts, kind: 'call', rid, outcome, ...more }
}

function numbered(entries: readonly object[]): readonly Numbered[] {
  return entries.map((entry, at) => ({ seq: at + 1, entry: entry as LedgerEntry }))
}

const entries = numbered([
  opened,
  intent('hop_1', 110, 50),
  intent('hop_2', 120, 60),
  call('hop_1', 110),
  call('hop_3', 130, { decision: 'deny', code: 'policy_denied', policies: [] }, { tokens: 0, cost_micros: 0 }),
  { ...opened, run: `run_${'2'.repeat(32)}`, ts: 140 },
])

test('a story holds what is settled, what is open with what it holds, and what was refused', async () => {
  const story = await storyOf(entries, storyRun)
  expect(story?.run).toMatchObject({
    calls: 2,
    refused: 1,
    open: 1,
    cost_micros: 40,
    held_micros: 60,
    tokens: 5,
    state: 'active',
  })
  expect(story?.run).toMatchObject({
    started_at: 100,
    last_at: 130,
    ends_at: 900,
    seq_first: 1,
    seq_last: 5,
    depth_max: 1,
  })
  expect(story?.hops.map(({ id, status, seq }) => [id, status, seq])).toEqual([
    ['hop_2', 'open', 3],
    ['hop_1', 'answered', 4],
    ['hop_3', 'answered', 5],
  ])
  expect(story?.edges).toMatchObject([{ from: 'agent:a', to: 'agent:b', calls: 2, refused: 1, cost_micros: 40 }])
  expect(story?.complete).toBe(true)
})

test('an intent whose call was refused in the end is no call', async () => {
  const refused = numbered([
    intent('hop_1', 1, 50),
    call('hop_1', 1, { decision: 'deny' }, { tokens: 0, cost_micros: 0 }),
  ])
  expect((await storyOf(refused, storyRun))?.run).toMatchObject({ calls: 0, refused: 1, open: 0, held_micros: 0 })
})

test('of a run that is not there nothing is told', async () => {
  expect(await storyOf(entries, `run_${'f'.repeat(32)}` as typeof storyRun)).toBeNull()
})

test('rows come newest first, and the first halt is the one that counts', () => {
  const tally = new StoryTally(false)
  const halted = { ...opened, event: 'halted', ts: 150, code: 'operator', reason: 'loop', actor: 'ana' }
  for (const item of [...entries, ...numbered([halted, { ...halted, reason: 'again' }, { ...opened, event: 'ended' }])])
    tally.add(item)
  expect(tally.rows().map(({ id, state }) => [id, state])).toEqual([
    [`run_${'2'.repeat(32)}`, 'active'],
    [storyRun, 'halted'],
  ])
  expect(tally.rows()[1]?.halt).toEqual({ code: 'operator', reason: 'loop', actor: 'ana', at: 150 })
  expect(tally.story(storyRun)?.hops).toEqual([])
})
