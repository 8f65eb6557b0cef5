/** The README's first command, from outside: three acts, their numbers, and nothing left running afterwards. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import type { DemoReport } from '../../src/cli/demo/report.ts'

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

function weir(args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { timeout: 110_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr })
    })
  })
}

let ran: Awaited<ReturnType<typeof weir>>
/** One demo is enough for all that is said of it. */
beforeAll(async () => {
  ran = await weir(['demo', 'loop', '--json'])
}, 120_000)

test('the demo shows the loop running, halted by a limit and cut by a policy before it begins', () => {
  const { code, stdout, stderr } = ran
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const report = JSON.parse(stdout) as DemoReport
  expect(report.schema).toBe('weir.demo/v1')
  const [unwatched, limited, governed] = report.acts
  const edge = { from: 'agent:research', to: 'agent:orchestrator' }
  expect(unwatched).toMatchObject({ act: 1, halted: true, reason: 'demo: nobody else would have', edge })
  expect(unwatched?.laps).toBeGreaterThanOrEqual(10)
  expect(limited).toMatchObject({ act: 2, halted: true, depth_max: 5, edge })
  expect(limited?.spend_micros).toBeLessThan(unwatched?.spend_micros ?? 0)
  expect(governed).toMatchObject({
    act: 3,
    halted: false,
    laps: 0,
    edge,
    refused_at_hop: 1,
    reason: 'graph.no-back-edge',
  })
  expect(governed?.spend_micros).toBe(50_000)
})

test('what the ledger tells of each act is what the demo counted while it was played', () => {
  const report = JSON.parse(ran.stdout) as DemoReport
  expect(report.explained.map(({ schema }) => schema)).toEqual(Array(3).fill('weir.explanation/v1'))
  for (const [nth, act] of report.acts.entries()) {
    const told = report.explained[nth]
    expect(told).toMatchObject({
      complete: true,
      depth_max: act.depth_max,
      started: { by: 'agent:console', for: 'user:tomas' },
    })
    expect(told?.run).toMatchObject({
      calls: act.hops,
      cost_micros: act.spend_micros,
      open: 0,
    })
    expect(told?.edges.reduce((sum, { cost_micros }) => sum + cost_micros, 0)).toBe(act.spend_micros)
    const [loop, ...more] = told?.loops ?? []
    expect([loop?.laps ?? 0, more]).toEqual([act.laps, []])
    if (loop) expect([loop.first.number, loop.first.depth, { from: loop.from, to: loop.to }]).toEqual([3, 3, act.edge])
  }
  const [unwatched, limited, governed] = report.explained
  // Research was allowed to call back by a policy of the open world, which stands in a file.
  expect(unwatched?.allowed?.policies).toEqual([{ id: 'open.invoke', place: { file: 'open.cedar', line: 3 } }])
  expect(unwatched?.stopped).toMatchObject({ code: 'operator', reason: 'demo: nobody else would have' })
  // What the limit would have cost in the first act is what it did cost in the second.
  expect(unwatched?.shadow).toMatchObject([{ rule: 'run.depth_max', cost_micros: report.acts[1]?.spend_micros }])
  expect(limited?.stopped).toMatchObject({
    rule: 'run.depth_max',
    code: 'depth_exceeded',
    actor: 'weir',
    hop: { depth: 6 },
  })
  expect(governed?.refused).toMatchObject([{ rule: 'graph.no-back-edge', closes: true }])
})
