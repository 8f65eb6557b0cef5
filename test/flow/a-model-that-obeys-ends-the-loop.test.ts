/**
 * The sentence is the product: a model that reads it ends the loop by itself, in at most two further calls. One that does not
 * is ended by Weir.
 */
import { describe, expect, onTestFinished, test } from 'vitest'
import type { RunView } from '../support/admin-views.ts'
import { say } from '../support/caller.ts'
import { type AgentEnd, runAgent } from '../support/model-agent.ts'
import { completedTask, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, keyOf, startWeir, type Weir } from '../support/weir.ts'

const sdks = ['openai', '@anthropic-ai/sdk'] as const

interface Scene {
  readonly sdk: (typeof sdks)[number]
  readonly model: string
  readonly limits?: Readonly<Record<string, unknown>>
  readonly price?: object
}

interface Played {
  readonly end: AgentEnd
  readonly run: RunView
  /** What the app that began it was told. */
  readonly told: string
}

/**
 * The app asks the orchestrator, which asks research. Research thinks with a model, whose one tool is to ask the orchestrator
 * back: the edge that policy forbids.
 */
async function play({ sdk, model, limits = {}, price }: Scene): Promise<Played> {
  let weir: Weir | null = null
  let end: AgentEnd | null = null
  const orchestrator = await startScriptedAgent(async ({ headers }) => {
    if (weir === null) return completedTask('too early')
    const said = await say(weir, { from: 'orchestrator', to: 'research', headers: tokenOf(headers) })
    return completedTask(`research says ${said.text}`)
  })
  const research = await startScriptedAgent(async ({ headers }) => {
    if (weir === null) return completedTask('too early')
    const gateway = weir
    end = await runAgent(sdk, {
      door: { url: gateway.url, key: keyOf('research'), headers: tokenOf(headers) },
      model,
      text: 'research the market',
      tool: async (text) =>
        (await say(gateway, { from: 'research', to: 'orchestrator', text, headers: tokenOf(headers) })).text,
    })
    return completedTask(end.text)
  })
  onTestFinished(() => Promise.all([orchestrator.stop(), research.stop()]).then(() => undefined))
  const started = await startWeir({
    identity: { api_keys: [apiKey('console', 'tomas'), apiKey('orchestrator'), apiKey('research')] },
    agents: {
      console: { groups: ['entrypoints'], may_start_runs: true },
      orchestrator: { url: orchestrator.url },
      research: { url: research.url, groups: ['subagents'] },
    },
    models: { providers: { fake: { api: 'fake', models: price === undefined ? {} : { [nameOf(model)]: { price } } } } },
    limits,
  })
  onTestFinished(async () => void (await started.stop()))
  weir = started
  const told = (await say(weir, { from: 'console', to: 'orchestrator' })).text
  const { runs } = await weir.ask<{ runs: RunView[] }>('/api/v1/runs')
  const run = await weir.ask<RunView>(`/api/v1/runs/${runs[0]?.id}`)
  if (end === null) throw new Error(`research was never asked: ${told}`)
  return { end, run, told }
}

function tokenOf(headers: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return { 'txn-token': String(headers['txn-token']) }
}

function nameOf(model: string): string {
  return model.slice(model.indexOf('/') + 1)
}

/** Calls after the first that was refused. */
function further({ steps }: AgentEnd): number {
  return steps.length - 1 - steps.findIndex(({ refusal }) => refusal !== null)
}

describe.each(sdks)('with %s', (sdk) => {
  test('a model that obeys stops at the first refusal of its tool, and its answer gets home', async () => {
    const { end, run, told } = await play({ sdk, model: 'fake/obey', limits: { run: { calls_max: 30 } } })
    expect(end.steps).toEqual([
      { kind: 'model', refusal: null },
      { kind: 'tool', refusal: 'policy_denied' },
      { kind: 'model', refusal: null },
    ])
    expect(further(end)).toBeLessThanOrEqual(2)
    expect(end.threw).toBe(false)
    expect(told).toContain(end.text)
    expect(run).toMatchObject({ state: 'active', refused: 1, halt: null })
  })

  test('a model that goes on regardless is ended by Weir: the run is halted, and its SDK stops asking', async () => {
    const { end, run } = await play({ sdk, model: 'fake/loop', limits: { run: { calls_max: 8 } } })
    expect(end.threw).toBe(true)
    expect(end.steps.at(-1)).toEqual({ kind: 'model', refusal: 'calls_exceeded' })
    expect(end.steps.filter(({ kind, refusal }) => kind === 'model' && refusal === null)).toHaveLength(6)
    expect(run).toMatchObject({ state: 'halted', calls: 8, halt: { code: 'calls_exceeded', actor: 'weir' } })
  })

  test('a model that cannot be paid any more ends the loop at once, whatever it is', async () => {
    const price = { input: 0, output: 0, call_micros: 1000 }
    const { end, run } = await play({ sdk, model: 'fake/loop', price, limits: { run: { cost_micros_max: 3500 } } })
    expect(end.steps.at(-1)).toEqual({ kind: 'model', refusal: 'run_budget_exhausted' })
    expect(end.steps.filter(({ kind, refusal }) => kind === 'model' && refusal === null)).toHaveLength(3)
    expect(run).toMatchObject({ state: 'halted', spent: { cost_micros: 3000 } })
  })
})
