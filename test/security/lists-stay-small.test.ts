/** A list of tasks costs no more than one answer, whatever the agent puts into its tasks and however slow it is. */
import { afterEach, expect, test } from 'vitest'
import { callHeaders, say } from '../support/caller.ts'
import { policyOpen } from '../support/loop.ts'
import { type ScriptedAgent, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, startWeir, type Weir } from '../support/weir.ts'

const answer_bytes = 65_536
const tasks = 24
const open: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

/** A caller with so many tasks at an agent that shows them as `look` has it. */
async function stage(look: (id: unknown) => Promise<object>): Promise<{ weir: Weir; agent: ScriptedAgent }> {
  let made = 0
  const agent = await startScriptedAgent(({ method, params }) => {
    if (method === 'GetTask') return look(params['id'])
    made += 1
    return { task: { id: `task-${made}`, contextId: 'c', status: { state: 'TASK_STATE_INPUT_REQUIRED' } } }
  })
  open.push(() => agent.stop())
  const weir = await startWeir({
    maximums: { answer_bytes },
    identity: { api_keys: [apiKey('console', 'tomas')] },
    agents: { console: { may_start_runs: true }, helper: { url: agent.url } },
    policy: { dir: policyOpen },
  })
  open.push(() => weir.stop())
  for (let no = 0; no < tasks; no += 1) await say(weir, { from: 'console', to: 'helper' })
  return { weir, agent }
}

async function list(weir: Weir): Promise<string> {
  const params = { pageSize: 100, includeArtifacts: true, historyLength: 100 }
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ListTasks', params })
  return await (
    await fetch(`${weir.url}/a2a/helper/`, { method: 'POST', headers: callHeaders('console'), body })
  ).text()
}

const shown = (id: unknown, text: string): object => ({
  id,
  contextId: 'c',
  status: { state: 'TASK_STATE_INPUT_REQUIRED' },
  artifacts: [{ artifactId: 'a', parts: [{ text }] }],
})

test('every task of a page is shown, those beyond the size of an answer without what makes them long', async () => {
  const { weir } = await stage((id) => Promise.resolve(shown(id, 'x'.repeat(answer_bytes / 4))))
  const text = await list(weir)
  const { result } = JSON.parse(text) as { readonly result: { readonly tasks: readonly object[] } }
  expect(result.tasks).toHaveLength(tasks)
  expect(text.length).toBeLessThan(2 * answer_bytes)
  expect(text).toContain('"weir.dev/shortened":true')
  expect(text).toContain('xxx')
})

test('once the page is answered, an agent that is slow is asked about no more of it', async () => {
  const { weir, agent } = await stage(async (id) => {
    await new Promise((resolve) => setTimeout(resolve, 1500))
    return shown(id, 'late')
  })
  await list(weir)
  const asked = agent.asked.length
  await new Promise((resolve) => setTimeout(resolve, 2500))
  expect(agent.asked).toHaveLength(asked)
})
