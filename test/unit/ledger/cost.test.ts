import { expect, test } from 'vitest'
import type { CallRecord, LedgerEntry } from '../../../src/domain/record.ts'
import { nothingSpent } from '../../../src/domain/spend.ts'
import { spendOf } from '../../../src/pipeline/models/meter.ts'
import { costBy, CostTally, totalOf } from '../../../src/ledger/cost.ts'
import { agent, call, hop, intent, metered, noon, person, refusedCall, run } from './entries.ts'

/** A call of a model as the road books it. */
function modelCall(
  id: number,
  bill: Parameters<typeof metered>[0],
  facts: Partial<CallRecord> = {},
): readonly LedgerEntry[] {
  const made = metered(bill)
  const target = `model:${made.model}`
  const outcome = { ...call(hop(id)).outcome, spent: spendOf(made, nothingSpent), metered: made }
  return [intent(hop(id), { target }), call(hop(id), { target, outcome, ...facts })]
}

function priced(micros: number, facts: Parameters<typeof metered>[0] = {}): Parameters<typeof metered>[0] {
  return { cost_micros: micros, input_micros: 1, output_micros: micros - 1, prices: 'config', ...facts }
}

function spending(cost_micros: number): Pick<CallRecord, 'outcome'> {
  return { outcome: { ...call(hop(1)).outcome, spent: { tokens: 10, cost_micros } } }
}

/** A day of two agents, worked out by hand below. */
const script: readonly LedgerEntry[] = [
  intent(hop(1)),
  call(hop(1), spending(20_000)),
  call(hop(2), { target: 'tool:web/search', ...spending(1500) }),
  call(hop(3), { target: 'tool:web/search', agent: agent('b'), ...spending(1501) }),
  call(hop(4), { target: 'tool:files/read', human: null, ...spending(7) }),
  ...modelCall(5, priced(2143)),
  ...modelCall(6, priced(999, { source: 'delivered' }), { agent: agent('b'), human: person('ana') }),
  ...modelCall(7, priced(5, { model: 'anthropic/claude-opus-4-6', source: 'reserved' }), { run: run(2) }),
  ...modelCall(8, {}),
  refusedCall(hop(9)),
  intent(hop(10), { agent: agent('b'), reserved: { tokens: 10, cost_micros: 400 } }),
]

function sums(dimension: Parameters<typeof costBy>[1]): readonly (readonly [string | null, number, number])[] {
  const teamOf = (id: string): string | null => (id === 'agent:a' ? 'team:insights' : null)
  return costBy(script, dimension, { teamOf }).map(({ key, calls, cost_micros }) => [key, calls, cost_micros])
}

test('the cost of a scripted day is the sum worked out by hand, however it is looked at', () => {
  expect(sums('agent')).toEqual([
    ['agent:a', 6, 20_000 + 1500 + 7 + 2143 + 5],
    ['agent:b', 2, 1501 + 999],
  ])
  expect(sums('team')).toEqual([
    ['team:insights', 6, 23_655],
    [null, 2, 2500],
  ])
  expect(sums('person')).toEqual([
    ['user:tomas', 6, 20_000 + 1500 + 1501 + 2143 + 5],
    ['user:ana', 1, 999],
    [null, 1, 7],
  ])
  expect(sums('model')).toEqual([
    ['openai/gpt-5.5', 3, 2143 + 999],
    ['anthropic/claude-opus-4-6', 1, 5],
  ])
  expect(sums('tool')).toEqual([
    ['web/search', 2, 1500 + 1501],
    ['files/read', 1, 7],
  ])
  expect(sums('run')).toEqual([
    [run(1), 7, 20_000 + 1500 + 1501 + 7 + 2143 + 999],
    [run(2), 1, 5],
  ])
  for (const dimension of ['agent', 'team', 'person', 'run'] as const)
    expect(totalOf(costBy(script, dimension))).toMatchObject({ calls: 8, cost_micros: 26_155 })
})

test('what nobody knows, what was cut, what was never heard of and what is under way stands beside the sums', () => {
  const [gpt, claude] = costBy(script, 'model')
  expect(gpt).toMatchObject({ calls: 3, unpriced: 1, delivered: 1, reserved: 0, tokens: 2100 })
  expect(gpt?.usage).toMatchObject({ input_tokens: 1500, output_tokens: 600 })
  expect(claude).toMatchObject({ unpriced: 0, delivered: 0, reserved: 1 })
  expect(costBy(script, 'agent')[1]).toMatchObject({ key: 'agent:b', open: 1, held_micros: 400 })
})

test('a call before the time asked for counts for nothing, and is not taken for one under way', () => {
  const late = [intent(hop(1), { ts: noon + 10 }), call(hop(1), { ts: noon }), call(hop(2), { ts: noon + 10 })]
  expect(costBy(late, 'agent', { since: noon + 5 })).toMatchObject([{ calls: 1, open: 0 }])
})

test('more keys than rows are summed in a row of their own, and nothing is lost', () => {
  const one = call(hop(1))
  const tally = new CostTally('run')
  for (let at = 0; at < 100_010; at++) tally.add({ ...one, run: run(at) })
  const rows = tally.rows()
  expect(rows).toHaveLength(100_001)
  expect(rows[0]).toMatchObject({ key: 'others', calls: 10 })
  expect(totalOf(rows).calls).toBe(100_010)
})
