/** `weir tail` and `weir top` against a real gateway. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { say } from '../support/caller.ts'
import { weirCommand } from '../support/command-line.ts'
import { completedTask, type ScriptedAgent, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, startWeir, type Weir } from '../support/weir.ts'

let agent: ScriptedAgent
let weir: Weir
let around: { readonly env: Readonly<Record<string, string>> }
const token = 'tail'.padEnd(40, '-')

beforeAll(async () => {
  agent = await startScriptedAgent(() => completedTask('done'))
  weir = await startWeir({
    gateway: { admin_tokens: [{ name: 'ana', roles: ['viewer'], secret: token }] },
    identity: { api_keys: [apiKey('console', 'tomas')] },
    agents: {
      console: { groups: ['entrypoints'], may_start_runs: true, limits: { tokens_per_day: 1_000_000 } },
      orchestrator: { url: agent.url },
    },
  })
  around = { env: { WEIR_URL: weir.admin, WEIR_ADMIN_TOKEN: token } }
})

afterAll(async () => {
  await weir.stop()
  await agent.stop()
})

const call = (to: string): Promise<unknown> => say(weir, { from: 'console', to })

test('what was and what comes is told once each, one call on a line, until ctrl-c', async () => {
  await call('orchestrator')
  await call('nobody')
  await expect
    .poll(async () => (await weir.ask<{ rows: unknown[] }>('/api/v1/hops')).rows.length, { timeout: 20_000 })
    .toBeGreaterThanOrEqual(2)
  const command = weirCommand(['tail', '--since', '5m'], around)
  await command.said('agent:nobody')
  await call('missing')
  await command.said('agent:missing')
  command.child.kill('SIGINT')
  const { code, stdout } = await command.ended
  expect(code).toBe(0)
  const lines = stdout.trimEnd().split('\n')
  expect(lines).toHaveLength(3)
  expect(lines[0]).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3}Z run_[0-9a-f]{32} d1 +agent:console +→ agent:orchestrator +a2a \w+ +OK /,
  )
  expect(lines[1]).toMatch(/→ agent:nobody .* DENY {2}/)
})

test('for machines it is one JSON object a line, and only what passes the filter', async () => {
  const command = weirCommand(['tail', 'decision:deny', '--filter', 'target:agent:second', '--json'], around)
  const calling = setInterval(() => void call('first').then(() => call('second')), 200)
  await command.said('agent:second').finally(() => clearInterval(calling))
  command.child.kill('SIGINT')
  const { stdout } = await command.ended
  const told = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string; row: { target: string } })
  expect(new Set(told.map(({ kind, row }) => `${kind} ${row.target}`))).toEqual(new Set(['call agent:second']))
})

test('what comes can be watched by the name of a person', async () => {
  const command = weirCommand(['tail', 'person:tomas', '--filter', '-person:lena', '--json'], around)
  const calling = setInterval(() => void call('third'), 200)
  await command.said('agent:third').finally(() => clearInterval(calling))
  command.child.kill('SIGINT')
  expect((await command.ended).code).toBe(0)
})

test('a filter that cannot be read is said with what was meant', async () => {
  const { code, stderr } = await weirCommand(['tail', 'agnet:x'], around).ended
  expect([code, stderr]).toEqual([2, expect.stringContaining('did you mean agent?') as string])
})

test('the agents that spend are a table with what is left of their day, once where nobody looks', async () => {
  await call('orchestrator')
  await expect
    .poll(async () => (await weirCommand(['top', '--window', '600'], around).ended).stdout, { timeout: 20_000 })
    .toMatch(/AGENT +RUNS +CALL\/S .*\nagent:console +\d+ .* %/)
  const { stdout } = await weirCommand(['top', '--json', '--window', '600'], around).ended
  expect(JSON.parse(stdout)).toMatchObject({ schema: 'weir.top/v1', rows: [{ agent: 'agent:console' }] })
})
