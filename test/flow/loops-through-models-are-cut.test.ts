/** Agents that call each other as models with the stock SDK of OpenAI stand in the same run as those that speak A2A. */
import OpenAI from 'openai'
import { expect, onTestFinished, test } from 'vitest'
import type { RunView } from '../support/admin-views.ts'
import { policyOpen } from '../support/loop.ts'
import { completedTask, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, keyOf, startWeir, type Weir } from '../support/weir.ts'

test('a loop through the models is cut like any loop, and the model hears the sentence', async () => {
  const heard: string[] = []
  let weir: Weir | null = null
  const asks =
    (from: string, to: string) =>
    async ({ headers }: { readonly headers: Readonly<Record<string, unknown>> }) => {
      if (!weir) return completedTask('too early')
      const defaultHeaders = { 'txn-token': String(headers['txn-token']) }
      const client = new OpenAI({ apiKey: keyOf(from), baseURL: `${weir.url}/v1`, defaultHeaders })
      const asked = { model: `a2a/${to}`, messages: [{ role: 'user', content: 'you do it' }] } as const
      const said = await client.chat.completions.create({ ...asked, messages: [...asked.messages] }).then(
        (answer) => answer.choices[0]?.message.content ?? '',
        (error: unknown) => {
          heard.push(String(error))
          return 'stopped'
        },
      )
      return completedTask(said)
    }
  const orchestrator = await startScriptedAgent(asks('orchestrator', 'research'))
  onTestFinished(() => orchestrator.stop())
  const research = await startScriptedAgent(asks('research', 'orchestrator'))
  onTestFinished(() => research.stop())
  const running = await startWeir({
    policy: { dir: policyOpen },
    limits: { run: { laps_max: 1 } },
    identity: { api_keys: [apiKey('console', 'tomas'), apiKey('orchestrator'), apiKey('research')] },
    agents: {
      console: { groups: ['entrypoints'], may_start_runs: true },
      orchestrator: { url: orchestrator.url },
      research: { url: research.url },
    },
  })
  onTestFinished(async () => void (await running.stop()))
  weir = running

  const client = new OpenAI({ apiKey: keyOf('console'), baseURL: `${running.url}/v1` })
  await client.responses.create({ model: 'a2a/orchestrator', input: 'go' }).catch(() => undefined)

  const { runs } = await running.ask<{ runs: RunView[] }>('/api/v1/runs')
  expect(runs).toHaveLength(1)
  expect(runs[0]).toMatchObject({ state: 'halted', halt: { code: 'loop_detected', actor: 'weir' } })
  expect(runs[0]?.calls).toBeLessThanOrEqual(5)
  for (const sentence of heard) expect(sentence).toMatch(/403 \[weir:(loop_detected|run_halted)\] .* ref hop_/)
})
