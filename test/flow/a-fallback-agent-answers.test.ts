import { afterAll, beforeAll, expect, test } from 'vitest'
import { callHeaders, say, sendMessage } from '../support/caller.ts'
import { policyOpen } from '../support/loop.ts'
import { completedTask, type ScriptedAgent, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, startWeir, type Weir } from '../support/weir.ts'

let weir: Weir
let standIn: ScriptedAgent

beforeAll(async () => {
  standIn = await startScriptedAgent(() => completedTask('from the stand-in'))
  const dead = 'http://127.0.0.1:9/'
  weir = await startWeir({
    identity: { api_keys: [apiKey('console', 'tomas')] },
    agents: {
      console: { may_start_runs: true },
      main: { url: dead, fallback: 'second', price: { call_micros: 1000 } },
      second: { url: dead, fallback: 'third' },
      third: { url: standIn.url, price: { call_micros: 10 } },
      alone: { url: dead },
    },
    policy: { dir: policyOpen },
  })
})

afterAll(async () => {
  await weir.stop()
  await standIn.stop()
})

test('where an agent cannot be reached, the one named for that is called as a call of its own', async () => {
  const { body, headers } = await say(weir, { from: 'console', to: 'main' })
  expect(JSON.stringify(body.result)).toContain('from the stand-in')
  const run = await weir.ask<{ hops: readonly { to: string; state: string; cost_micros: number }[] }>(
    `/api/v1/runs/${headers.get('weir-run-id')}`,
  )
  expect(run.hops.map(({ to, state, cost_micros }) => [to, state, cost_micros])).toEqual([
    ['agent:main', 'failed', 0],
    ['agent:second', 'failed', 0],
    ['agent:third', 'answered', 10],
  ])
})

test('a stream that has not begun is answered by the stand-in too', async () => {
  const body = sendMessage('hello').replace('SendMessage', 'SendStreamingMessage')
  const answer = await fetch(`${weir.url}/a2a/main/`, { method: 'POST', headers: callHeaders('console'), body })
  expect(await answer.text()).toContain('from the stand-in')
})

test('where nobody is named, the caller is told', async () => {
  const { body } = await say(weir, { from: 'console', to: 'alone' })
  expect(body.error?.message).toContain('[weir:upstream_unavailable]')
})
