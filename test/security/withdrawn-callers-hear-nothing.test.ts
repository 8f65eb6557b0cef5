/** Whoever lost the right to call hears nothing more of work that goes on: no answer, no subscription, no webhook. */
import { afterEach, describe, expect, test } from 'vitest'
import { callHeaders } from '../support/caller.ts'
import { policyOpen } from '../support/loop.ts'
import { type PollAgent, startPollAgent } from '../support/poll-agent.ts'
import { until } from '../support/relay.ts'
import { startWebhook, type TestWebhook } from '../support/webhook.ts'
import { apiKey, startWeir, type Weir } from '../support/weir.ts'

const reason = 'a test'
const open: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

interface Stage {
  readonly weir: Weir
  readonly agent: PollAgent
  readonly webhook: TestWebhook
  readonly taskId: string
}

/** A task of the console's that goes on, and a webhook that hears of it. */
async function stage(answers: readonly number[] = []): Promise<Stage> {
  const agent = await startPollAgent('1.0')
  open.push(() => agent.stop())
  const webhook = await startWebhook(answers)
  open.push(() => webhook.stop())
  const weir = await startWeir({
    gateway: { outside: { allow: ['127.0.0.1'] } },
    identity: { api_keys: [apiKey('console', 'tomas')] },
    agents: {
      console: { may_start_runs: true },
      helper: { url: agent.url, streams: false },
      part: { facet_of: 'helper' },
    },
    policy: { dir: policyOpen },
  })
  open.push(() => weir.stop())
  const configuration = { returnImmediately: true, taskPushNotificationConfig: { url: webhook.url } }
  const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'hi' }] }
  const answer = await ask(weir, 'SendMessage', { message, configuration })
  const { result } = JSON.parse(answer) as { readonly result: { readonly task: { readonly id: string } } }
  return { weir, agent, webhook, taskId: result.task.id }
}

async function ask(weir: Weir, method: string, params: unknown, to = 'helper'): Promise<string> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const answer = await fetch(`${weir.url}/a2a/${to}/`, { method: 'POST', headers: callHeaders('console'), body })
  return await answer.text()
}

const questions = [
  ['GetTask', (id: string) => ({ id })],
  ['ListTasks', () => ({})],
  ['SubscribeToTask', (id: string) => ({ id })],
  ['ListTaskPushNotificationConfigs', (taskId: string) => ({ taskId })],
  ['CreateTaskPushNotificationConfig', (taskId: string) => ({ taskId, url: 'http://127.0.0.1/' })],
] as const

test('a contained agent is asked nothing about its tasks by whatever name, and can still be stopped', async () => {
  const { weir, taskId } = await stage()
  await weir.ask('/api/v1/agents/helper/contain', { reason })
  for (const [method, params] of questions)
    for (const to of ['helper', 'part'])
      expect(await ask(weir, method, params(taskId), to), `${method} at ${to}`).toContain('[weir:agent_contained]')
  expect(await ask(weir, 'CancelTask', { id: taskId })).not.toContain('agent_contained')
})

test('whoever follows a task of an agent that is contained is told so, though the call that started it is over', async () => {
  const { weir, taskId } = await stage()
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SubscribeToTask', params: { id: taskId } })
  const answer = await fetch(`${weir.url}/a2a/helper/`, { method: 'POST', headers: callHeaders('console'), body })
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
  expect((await reader?.read())?.value).toContain('TASK_STATE_WORKING')
  await weir.ask('/api/v1/agents/helper/contain', { reason })
  let rest = ''
  for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) rest += read.value
  expect(rest).toContain('[weir:agent_contained]')
})

describe.each([
  ['a revoked caller', '/api/v1/agents/console/revoke'],
  ['a revoked person', '/api/v1/people/user:tomas/revoke'],
  ['a contained agent', '/api/v1/agents/helper/contain'],
  ['everything revoked', '/api/v1/revoke-everything'],
])('%s', (_what, order) => {
  test('what happens after it is told to no webhook', async () => {
    const { weir, agent, webhook } = await stage()
    agent.work('before')
    await until(() => webhook.delivered.some(({ body }) => body.includes('before')))
    await weir.ask(order, { reason })
    agent.work('after')
    // It was seen: whoever follows the task has looked at it since.
    await until(() => agent.seen('after'))
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(webhook.delivered.filter(({ body }) => body.includes('after'))).toEqual([])
  })
})

test('what waits for the webhook of a revoked caller is given up, and shown to operators', async () => {
  const { weir, agent, webhook } = await stage([500, 500, 500, 500, 500, 500, 500, 500])
  agent.work('before')
  await until(() => webhook.delivered.length > 0)
  await weir.ask('/api/v1/agents/console/revoke', { reason })
  const tried = webhook.delivered.length
  const { dead } = await weir.ask<{ readonly dead: readonly { readonly reason: string }[] }>('/api/v1/push/dead')
  expect(dead.map((letter) => letter.reason)).toContain('its owner was revoked or contained')
  await new Promise((resolve) => setTimeout(resolve, 2500))
  expect(webhook.delivered.length).toBeLessThanOrEqual(tried + 1)
})
