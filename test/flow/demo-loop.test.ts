/** The README's first command, from outside: three acts, their numbers, and nothing left running afterwards. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { DemoReport } from '../../src/cli/demo/report.ts'

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

function weir(args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { timeout: 58_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr })
    })
  })
}

test('the demo shows the loop running, halted by a limit and cut by a policy before it begins', async () => {
  const { code, stdout, stderr } = await weir(['demo', 'loop', '--json'])
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
