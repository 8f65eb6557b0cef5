/** An agent may name its task only after the run was halted: then it is told to stop all the same. */
import { afterEach, expect, test } from 'vitest'
import { callHeaders, sendMessage } from '../support/caller.ts'
import { policyOpen } from '../support/loop.ts'
import { until } from '../support/relay.ts'
import { type ScriptedAgent, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, startWeir } from '../support/weir.ts'

const open: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

async function startLateAgent(): Promise<{ readonly agent: ScriptedAgent; name(): void }> {
  const named = Promise.withResolvers<void>()
  const task = { id: 'late', contextId: 'c', status: { state: 'TASK_STATE_WORKING' } }
  const agent = await startScriptedAgent(async ({ method, id }, response) => {
    if (method === 'CancelTask') return { ...task, status: { state: 'TASK_STATE_CANCELED' } }
    await named.promise
    if (method === 'SendMessage') return { task }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result: { task } })}\n\n`)
    return undefined
  })
  return { agent, name: named.resolve }
}

test.each(['SendMessage', 'SendStreamingMessage'])(
  'a task that %s started and nobody has heard of yet',
  async (method) => {
    const { agent, name } = await startLateAgent()
    open.push(() => agent.stop())
    const weir = await startWeir({
      identity: { api_keys: [apiKey('alice', 'alice')] },
      agents: { alice: { may_start_runs: true }, late: { url: agent.url } },
      policy: { dir: policyOpen },
    })
    open.push(() => weir.stop())
    const body = sendMessage('hi')
      .replace('SendMessage', method)
      .replace('"params":{', '"params":{"configuration":{"returnImmediately":true},')
    const calling = fetch(`${weir.url}/a2a/late/`, { method: 'POST', headers: callHeaders('alice'), body })
    await until(() => agent.asked.length === 1)
    const { runs } = await weir.ask<{ readonly runs: readonly { readonly id: string }[] }>('/api/v1/runs')
    await weir.ask(`/api/v1/runs/${runs[0]?.id}/halt`, { reason: 'enough' })
    expect(await (await calling).text()).toContain('[weir:run_halted]')
    name()
    await until(() => agent.asked.some((asked) => asked.method === 'CancelTask' && asked.params['id'] === 'late'))
  },
)
