/** Maximums belong to a start: a reload that changes one breaks nothing that is under way. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { refusalOf, say } from '../support/caller.ts'
import { until } from '../support/relay.ts'
import { completedTask, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, startWeir } from '../support/weir.ts'

const open: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

test('a reload with a shorter chain still signs tokens for the chains that admission lets through', async () => {
  const agent = await startScriptedAgent(() => completedTask('done'))
  const weir = await startWeir({
    identity: { api_keys: [apiKey('console')] },
    agents: { console: { groups: ['entrypoints'], may_start_runs: true }, orchestrator: { url: agent.url } },
  })
  open.push(
    () => weir.stop(),
    () => agent.stop(),
  )
  const path = join(weir.directory, 'weir.yaml')
  const config = JSON.parse(readFileSync(path, 'utf8')) as object
  writeFileSync(path, JSON.stringify({ ...config, limits: { run: { depth_max: 1 } }, maximums: { chain: 1 } }))
  await until(() => weir.log().includes('configuration taken into use'))
  const said = await say(weir, { from: 'console', to: 'orchestrator' })
  expect([said.status, refusalOf(said)]).toEqual([200, null])
  expect(agent.asked).toHaveLength(1)
})
