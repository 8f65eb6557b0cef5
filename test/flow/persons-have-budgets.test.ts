/** A person's day over all agents and runs, through a real gateway: it ends, it outlives kill -9, and `weir cost` says where it went. */
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { CostReport } from '../../src/domain/cost.ts'
import { refusalOf, say } from '../support/caller.ts'
import { runWeir } from '../support/evidence.ts'
import { ledgerOf } from '../support/ledger-entries.ts'
import { completedTask, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, startWeir } from '../support/weir.ts'

const open: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

test('a person who has spent their day is refused in every run, also after a kill, and others are not', async () => {
  const agent = await startScriptedAgent(() => completedTask('done'))
  open.push(() => agent.stop())
  const app = { groups: ['entrypoints'], may_start_runs: true }
  const config = {
    identity: { api_keys: [apiKey('console', 'tomas'), apiKey('phone', 'tomas'), apiKey('desk', 'ana')] },
    agents: {
      console: app,
      phone: app,
      desk: app,
      orchestrator: { url: agent.url, price: { call_micros: 1000 } },
    },
    limits: { person: { cost_micros_per_day: 2500 }, people: { ana: { cost_micros_per_day: 3500 } } },
  }
  const first = await startWeir(config)
  const calls = async (weir: typeof first, from: string, times: number): Promise<readonly (string | null)[]> => {
    const codes = []
    for (let call = 0; call < times; call++) codes.push(refusalOf(await say(weir, { from, to: 'orchestrator' })))
    return codes
  }
  expect(await calls(first, 'console', 1)).toEqual([null])
  expect(await calls(first, 'phone', 2)).toEqual([null, 'budget_exhausted'])
  expect(await calls(first, 'desk', 3)).toEqual([null, null, null])
  // An answer may be out before its record is on disk.
  const paid = async () =>
    (await ledgerOf(first)).filter(
      (entry) => entry.kind === 'call' && entry.decision === 'allow' && entry.outcome !== null,
    )
  await expect.poll(paid).toHaveLength(5)
  await first.kill('SIGKILL')

  const second = await startWeir(config, first.directory)
  open.push(() => second.stop())
  expect(await calls(second, 'console', 1)).toEqual(['budget_exhausted'])
  expect(await calls(second, 'desk', 1)).toEqual(['budget_exhausted'])

  const path = join(first.directory, 'weir.yaml')
  const { stdout, code } = await runWeir('cost', 'person', '--since', '1h', '--json', '--config', path)
  const report = JSON.parse(stdout) as CostReport
  expect(code).toBe(0)
  expect(report.rows.map(({ key, calls: ended, cost_micros }) => [key, ended, cost_micros])).toEqual([
    ['user:ana', 3, 3000],
    ['user:tomas', 2, 2000],
  ])
})
