import { expect, test } from 'vitest'
import { readSince } from '../../../src/cli/commands/cost.ts'
import type { CostDimension, CostReport } from '../../../src/domain/cost.ts'
import { costBy, totalOf } from '../../../src/ledger/cost.ts'
import { call, hop, metered } from '../ledger/entries.ts'
import { run } from './fake-deps.ts'

const unknown = { ...call(hop(1)).outcome, spent: { tokens: 700, cost_micros: 0, unpriced: 1 }, metered: metered() }
const records = [
  call(hop(1), { target: 'model:openai/gpt-5.5', outcome: unknown }),
  call(hop(2), { target: 'model:openai/gpt-5.5', outcome: { ...unknown, metered: metered({ source: 'delivered' }) } }),
  call(hop(3), { human: null }),
]

function reporting(asked: unknown[] = []) {
  const cost = (request: { by: CostDimension; since: number | null; run: string | null }): Promise<CostReport> => {
    asked.push(request)
    const { by, since } = request
    const rows = costBy(records, by)
    return Promise.resolve({
      schema: 'weir.cost/v1',
      by,
      since,
      run: request.run,
      rows,
      total: totalOf(rows),
      problems: [],
    })
  }
  const none = (): never => {
    throw new Error('not asked for')
  }
  return { evidence: { cost, hop: none, run: none, write: none } }
}

test('a cost that nobody knows is shown as unknown, and what was cut is named', async () => {
  const { code, stdout } = await run(['cost', 'person'], reporting())
  expect(code).toBe(0)
  expect(stdout.split('\n')).toEqual([
    'PERSON      CALLS  TOKENS                       COST  NOTES',
    'nobody          1     700                      $0.01',
    'user:tomas      2   1,400          unknown (2 calls)  1 call cut, settled by what was delivered',
    'all             3   2,100  $0.01 + unknown (2 calls)  1 call cut, settled by what was delivered',
    '',
  ])
})

test('machines get the whole report', async () => {
  const { stdout } = await run(['cost', 'by', 'model', '--json'], reporting())
  expect(JSON.parse(stdout)).toMatchObject({
    schema: 'weir.cost/v1',
    rows: [{ key: 'openai/gpt-5.5', calls: 2, cost_micros: 0, unpriced: 2, delivered: 1 }],
  })
})

test('a time is a while ago or a date', async () => {
  const now = Date.UTC(2026, 10, 28, 12)
  expect(['90m', '24h', '7d', '2026-11-28', '2026-11-28T10:00Z'].map((text) => readSince(text, now))).toEqual([
    now - 5_400_000,
    now - 86_400_000,
    now - 7 * 86_400_000,
    Date.UTC(2026, 10, 28),
    Date.UTC(2026, 10, 28, 10),
  ])
  expect(['soon', '7', '7w', ''].map((text) => readSince(text, now))).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ])
  const asked: unknown[] = []
  await run(['cost', 'run', '--since', '2026-11-28', '--run', 'run_1'], reporting(asked))
  expect(asked).toMatchObject([{ by: 'run', since: Date.UTC(2026, 10, 28), run: 'run_1' }])
})

test('what cannot be asked is said, with the exit code of usage', async () => {
  expect(await run(['cost', 'weather'], reporting())).toMatchObject({ code: 2 })
  expect(await run(['cost', 'agent', '--since', 'soon'], reporting())).toMatchObject({ code: 2 })
})
