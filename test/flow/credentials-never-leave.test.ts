/** Canaries in every place a caller can put a secret; the upstream sees none of them. */
import { afterEach, expect, test } from 'vitest'
import { completedTask, startScriptedAgent } from '../support/scripted-agent.ts'
import { sendMessage } from '../support/caller.ts'
import { apiKey, keyOf, startWeir } from '../support/weir.ts'

const open: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

const secretHeaders = [
  'cookie',
  'proxy-authorization',
  'x-api-key',
  'x-forwarded-for',
  'x-forwarded-authorization',
  'x-real-ip',
  'forwarded',
  'weir-run-id',
  'weir-tags',
  'weir-parent-hop',
  'baggage',
  'x-litellm-api-key',
  'x-goog-api-key',
  'dpop',
  'x-amz-security-token',
  'x-claude-code-session-id',
  'session-id',
  'x-litellm-trace-id',
]

test('no inbound credential and no header of ours reaches the upstream, which gets a delivery token instead', async () => {
  const agent = await startScriptedAgent(() => completedTask('done'))
  const weir = await startWeir({
    identity: { api_keys: [apiKey('console', 'tomas')] },
    agents: {
      console: { groups: ['entrypoints'], may_start_runs: true },
      orchestrator: { url: agent.url, headers: { 'X-Upstream-Key': 'operators-own' } },
    },
  })
  open.push(
    () => weir.stop(),
    () => agent.stop(),
  )
  const canaries = Object.fromEntries(secretHeaders.map((name, n) => [name, `canary-${n}`]))
  const answer = await fetch(`${weir.url}/a2a/orchestrator/`, {
    method: 'POST',
    headers: {
      ...canaries,
      'content-type': 'application/json',
      'a2a-version': '1.0',
      authorization: `Bearer ${keyOf('console')}`,
    },
    body: sendMessage('hello'),
  })
  expect(await answer.text()).toContain('TASK_STATE_COMPLETED')
  const raw = agent.asked[0]?.raw ?? ''
  expect(raw).not.toContain('canary-')
  expect(raw).not.toContain(keyOf('console'))
  expect(agent.asked[0]?.headers.authorization).toBeUndefined()
  expect(agent.asked[0]?.headers['x-upstream-key']).toBe('operators-own')
  expect(agent.asked[0]?.headers['txn-token']).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
  expect(weir.log()).not.toContain(keyOf('console'))
  expect(weir.log()).not.toContain('operators-own')
})
