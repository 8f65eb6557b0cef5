import { utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { LedgerEntry } from '../../../src/domain/record.ts'
import { replay } from '../../../src/ledger/replay.ts'
import { segmentName } from '../../../src/ledger/segment.ts'
import { agent, call, hop, intent, metered, noon, person, refusedCall, run, runEntry } from './entries.ts'
import { segmentOf } from './segments.ts'
import { tempFolder } from './folder.ts'

const day_ms = 86_400_000

/** Replays what stands in a folder with these entries, a minute after noon. */
function replayed(entries: readonly LedgerEntry[], now = noon + 60_000) {
  return replayedBytes(segmentOf(entries), now)
}

function replayedBytes(bytes: Buffer, now: number) {
  const dir = tempFolder()
  const path = join(dir, segmentName(1))
  writeFileSync(path, bytes)
  utimesSync(path, noon / 1000, noon / 1000)
  return replay(dir, now)
}

const opened = runEntry(run(1), 'opened')

test('a run that was open comes back with what it has spent and where it went', async () => {
  const { runs, entries, problems } = await replayed([opened, intent(hop(1)), call(hop(1))])
  expect({ entries, problems }).toEqual({ entries: 3, problems: [] })
  expect(runs).toEqual([
    {
      id: run(1),
      root: agent('a'),
      person: 'user:tomas',
      startedAt: noon,
      endsAt: noon + 600_000,
      halt: null,
      calls: 1,
      depthMax: 1,
      spent: { tokens: 700, cost_micros: 13_000 },
      unpriced: 0,
      grants: new Map(),
      participants: [agent('a'), agent('b')],
      edges: [
        {
          from: agent('a'),
          to: 'agent:b',
          calls: 1,
          refused: 0,
          tokens: 700,
          cost_micros: 13_000,
          depth_min: 1,
          depth_max: 1,
        },
      ],
      taint: 'none',
      unfinished: [],
    },
  ])
})

test('what was spent under each ceiling comes back by its grant, and a hop under way with all it had reserved', async () => {
  const { runs } = await replayed([
    opened,
    intent(hop(1), { grants: ['g1'] }),
    call(hop(1), { grants: ['g1'] }),
    intent(hop(2), { grants: ['g1', 'g2'] }),
    refusedCall(hop(3), { grants: ['g2', 'g3'] }),
  ])
  expect(runs[0]?.grants).toEqual(
    new Map([
      ['g1', { tokens: 2200, cost_micros: 33_000 }],
      ['g2', { tokens: 1500, cost_micros: 20_000 }],
    ]),
  )
})

test('a hop whose end nobody saw counts with all it had reserved', async () => {
  const { runs, today } = await replayed([opened, intent(hop(1)), call(hop(1)), intent(hop(2), { depth: 4 })])
  expect(runs[0]).toMatchObject({ calls: 2, depthMax: 4, spent: { tokens: 2200, cost_micros: 33_000 } })
  expect(today.get(agent('a'))).toEqual({ tokens: 2200, cost_micros: 33_000 })
})

test('a halted run comes back halted', async () => {
  const { runs } = await replayed([opened, runEntry(run(1), 'halted', { ts: noon + 5 })])
  expect(runs[0]?.halt).toEqual({ code: 'loop_detected', reason: 'a loop', actor: 'weir', at: noon + 5, hop: null })
})

test('a halt by a person comes back as the work of an operator', async () => {
  const { runs } = await replayed([opened, runEntry(run(1), 'halted', { code: 'operator', actor: 'ana' })])
  expect(runs[0]?.halt).toMatchObject({ code: 'operator', actor: 'ana' })
})

test('a run that ended, and one whose time is over, do not come back', async () => {
  const over = runEntry(run(2), 'opened', { ends_at: noon + 60_000 })
  const { runs } = await replayed([opened, over, intent(hop(2), { run: run(2) }), runEntry(run(1), 'ended')])
  expect(runs).toEqual([])
})

test('a refused call costs nothing and adds no hop, but its edge remembers it', async () => {
  const { runs, today } = await replayed([opened, refusedCall(hop(1))])
  expect(runs[0]).toMatchObject({ calls: 0, spent: { tokens: 0 }, edges: [{ calls: 0, refused: 1 }] })
  expect(today.size).toBe(0)
})

test('refused calls to invented names do not fill the memory', async () => {
  const invented = Array.from({ length: 2000 }, (_, number) => refusedCall(hop(number), { target: `agent:x${number}` }))
  const { runs } = await replayed([opened, ...invented])
  expect(runs[0]?.edges.length).toBe(1024)
})

test('what was reserved after midnight counts today, also where its call came in before', async () => {
  const midnight = noon - (noon % day_ms) + day_ms
  const entries = [intent(hop(1), { ts: midnight + 1 }), call(hop(1), { ts: midnight - 1 })]
  const { today } = await replayed(entries, midnight + 60_000)
  expect(today.get(agent('a'))).toEqual({ tokens: 700, cost_micros: 13_000 })
})

test('the spend of a day is what was reserved since midnight UTC, settled or not', async () => {
  const yesterday = noon - day_ms
  const { today } = await replayed([
    intent(hop(1), { ts: yesterday }),
    call(hop(1), { ts: yesterday + 5 }),
    intent(hop(2), { ts: noon }),
    call(hop(2), { ts: noon }),
    intent(hop(3), { ts: yesterday }),
  ])
  expect(today.get(agent('a'))).toEqual({ tokens: 700, cost_micros: 13_000 })
})

test('files that were not written to for two days are not read', async () => {
  const { entries } = await replayed([opened], noon + 2 * day_ms + 1)
  expect(entries).toBe(0)
})

test('a caller who knows the longest run may look back less far', async () => {
  const dir = tempFolder()
  writeFileSync(join(dir, segmentName(1)), segmentOf([opened]))
  utimesSync(join(dir, segmentName(1)), noon / 1000, noon / 1000)
  expect(await replay(dir, noon + 60_000, 59_000)).toMatchObject({ entries: 0 })
})

test('an unfinished tail is named and the rest counts', async () => {
  const { runs, problems } = await replayedBytes(segmentOf([opened, intent(hop(1))]).subarray(0, -3), noon + 1)
  expect(runs).toHaveLength(1)
  expect(problems).toEqual([expect.stringContaining('a frame is cut short')])
})

test('the latest time in it is known, whatever order the entries came in', async () => {
  const { newest } = await replayed([opened, { ...intent(hop(1)), ts: noon + 5000 }, call(hop(1))])
  expect(newest).toBe(noon + 5000)
})

test('a folder that is not there is a first start', async () => {
  expect(await replay(join(tmpdir(), 'weir-nothing-here'), noon)).toEqual({
    runs: [],
    today: new Map(),
    todayOfPeople: new Map(),
    entries: 0,
    newest: null,
    problems: [],
  })
})

describe('the taint of a run outlives a restart', () => {
  const taintOf = async (entries: readonly LedgerEntry[]) => (await replayed([opened, ...entries])).runs[0]?.taint

  test('as the worst that any of its records says, in whatever order they come', async () => {
    expect(await taintOf([call(hop(1), { taint: 'untrusted' }), call(hop(2), { taint: 'external' })])).toBe('untrusted')
    expect(await taintOf([refusedCall(hop(1), { taint: 'external' })])).toBe('external')
  })

  test('as an operator said, and a word nobody knows is the worst', async () => {
    const rise = (code: string) => runEntry(run(1), 'tainted', { code, reason: 'phished', actor: 'ana' })
    expect(await taintOf([rise('injected'), call(hop(1), { taint: 'none' })])).toBe('injected')
    expect(await taintOf([rise('filthy')])).toBe('injected')
  })

  test('a record from before there were taints says nothing', async () => {
    expect(await taintOf([{ ...call(hop(1)), taint: undefined as never }])).toBe('none')
  })

  test('and the targets are named whose answer nobody saw the end of', async () => {
    const { runs } = await replayed([opened, intent(hop(1)), call(hop(1)), intent(hop(2), { target: 'agent:partner' })])
    expect(runs[0]?.unfinished).toEqual(['agent:partner'])
  })
})

test('persons come back with what they spent today: settled, reserved by what nobody saw end, and of models what it was', async () => {
  const model = { target: 'model:openai/gpt-5.5', reserved: { tokens: 9000, cost_micros: 90_000 } }
  const { todayOfPeople, runs } = await replayed([
    opened,
    intent(hop(1)),
    call(hop(1)),
    intent(hop(2), model),
    call(hop(2), {
      ...model,
      outcome: { ...call(hop(2)).outcome, spent: { tokens: 700, cost_micros: 0, unpriced: 1 }, metered: metered() },
    }),
    intent(hop(3), { ...model, human: person('ana') }),
    intent(hop(4), { human: null }),
    intent(hop(5), { ts: noon - day_ms }),
  ])
  expect(todayOfPeople).toEqual(
    new Map([
      ['user:tomas', { tokens: 1400, cost_micros: 13_000 }],
      ['user:ana', { tokens: 9000, cost_micros: 90_000 }],
    ]),
  )
  expect(runs[0]?.unpriced).toBe(1)
})
