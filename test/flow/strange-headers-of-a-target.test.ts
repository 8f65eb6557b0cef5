/** A target may write what it likes into its headers: its caller is answered and the call leaves its record. */
import { afterEach, expect, test } from 'vitest'
import type { RunView } from '../support/admin-views.ts'
import { say, sendMessage } from '../support/caller.ts'
import { completedTask, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, keyOf, startWeir } from '../support/weir.ts'

const open: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

test('a header that is not ASCII stays behind, and the lease is settled', async () => {
  const agent = await startScriptedAgent((asked, response) => {
    response.setHeader('a2a-extensions', 'https://example.org/\u00e9')
    if (asked.method === 'SendMessage') return completedTask('done')
    const event = JSON.stringify({ jsonrpc: '2.0', id: asked.id, result: completedTask('done') })
    response.setHeader('content-type', 'text/event-stream')
    response.end(`data: ${event}\n\n`)
    return undefined
  })
  const weir = await startWeir({
    identity: { api_keys: [apiKey('console')] },
    agents: { console: { groups: ['entrypoints'], may_start_runs: true }, orchestrator: { url: agent.url } },
  })
  open.push(
    () => weir.stop(),
    () => agent.stop(),
  )
  const said = await say(weir, { from: 'console', to: 'orchestrator' })
  expect(said.body.result).toBeDefined()
  expect(said.headers.has('a2a-extensions')).toBe(false)
  const stream = await fetch(`${weir.url}/a2a/orchestrator/`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keyOf('console')}`, 'content-type': 'application/json', 'a2a-version': '1.0' },
    body: sendMessage('hello').replace('SendMessage', 'SendStreamingMessage'),
    signal: AbortSignal.timeout(10_000),
  })
  expect(await stream.text()).toContain('TASK_STATE_COMPLETED')
  const { runs } = await weir.ask<{ runs: RunView[] }>('/api/v1/runs')
  expect(runs.map((run) => run.open)).toEqual([0, 0])
  expect(weir.log()).not.toContain('bug')
})
