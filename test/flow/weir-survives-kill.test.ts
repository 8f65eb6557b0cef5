/** kill -9 under load: the restart is clean, the record readable, and no open run gets its budget back. */
import { afterEach, expect, test } from 'vitest'
import type { RunView } from '../support/admin-views.ts'
import { refusalOf, say } from '../support/caller.ts'
import { ledgerOf } from '../support/ledger-entries.ts'
import { completedTask, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, startWeir } from '../support/weir.ts'

const open: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

test('after kill -9 the open run goes on with what it had spent, and a halted run stays halted', async () => {
  const agent = await startScriptedAgent(() => completedTask('done'))
  open.push(() => agent.stop())
  const config = {
    identity: { api_keys: [apiKey('console', 'tomas')] },
    agents: {
      console: { groups: ['entrypoints'], may_start_runs: true },
      orchestrator: { url: agent.url, price: { call_micros: 1000, call_tokens: 10 } },
    },
    limits: { run: { cost_micros_max: 100_000 } },
  }
  const first = await startWeir(config)
  const opened = await say(first, { from: 'console', to: 'orchestrator' })
  const run = opened.headers.get('weir-run-id') ?? ''
  const halted = (await say(first, { from: 'console', to: 'orchestrator' })).headers.get('weir-run-id') ?? ''
  await first.ask(`/api/v1/runs/${halted}/halt`, { reason: 'test' })
  const joined = { from: 'console', to: 'orchestrator', headers: { 'weir-run-id': run } }
  const load = Promise.allSettled(Array.from({ length: 60 }, () => say(first, joined)))
  await new Promise((resolve) => setTimeout(resolve, 60))
  await first.kill('SIGKILL')
  const answered = (await load).filter((said) => said.status === 'fulfilled').length + 1

  const second = await startWeir(config, first.directory)
  open.push(() => second.stop())
  const entries = await ledgerOf(second)
  expect(entries.filter((entry) => entry.kind === 'boot')).toHaveLength(2)

  const before = await second.ask<RunView>(`/api/v1/runs/${run}`)
  const durable = entries.filter((entry) => entry.kind === 'call' && entry.run === run && entry.decision === 'allow')
  expect(before.spent.cost_micros).toBeGreaterThanOrEqual(durable.length * 1000)
  expect(before.spent.cost_micros).toBeGreaterThan(0)
  expect(answered).toBeGreaterThan(0)

  let more = 0
  while (refusalOf(await say(second, joined)) === null) more += 1
  const after = await second.ask<RunView>(`/api/v1/runs/${run}`)
  expect(after.spent.cost_micros).toBe(before.spent.cost_micros + more * 1000)
  expect(after.spent.cost_micros).toBeLessThanOrEqual(100_000)
  expect(after.state).toBe('halted')
  const still = await say(second, { ...joined, headers: { 'weir-run-id': halted } })
  expect(refusalOf(still)).toBe('run_halted')
})
