/**
 * The matrix of refusals: for every status, how many requests each SDK sends and whether its developer reads the sentence.
 * What is over is asked once; what only has to wait is asked again.
 */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type DenialCode, denials } from '../../src/domain/denials.ts'
import type { RunView } from '../support/admin-views.ts'
import type { ModelSdk, SdkDoor } from '../support/model-sdk.ts'
import { modelSdks } from '../support/model-sdks.ts'
import { type ModelWeir, startModelWeir } from '../support/model-weir.ts'
import { keyOf } from '../support/weir.ts'

/** One model nobody may use, which answers like a missing one, and one that may be used for short answers. */
const forbids = `@id("test.secret")
forbid(principal, action == Weir::Action::"useModel", resource in Weir::ModelGroup::"secret");
@id("test.short")
forbid(principal, action == Weir::Action::"useModel", resource in Weir::ModelGroup::"short")
when { context has maxTokens && context.maxTokens > 100 };`
const dear = { models: { echo: { price: { input: 1_000_000, output: 1_000_000 } } } }

let world: ModelWeir
/** Calls that hold what others wait for; whoever lets go of an answer of fetch ends it. */
const holds: { readonly abort: AbortController; readonly answer: Response }[] = []

beforeAll(async () => {
  world = await startModelWeir({
    agents: {
      app: {},
      poor: { limits: { cost_micros_per_day: 1 } },
      crowded: { limits: { concurrency_max: 1 } },
      lame: { may_start_runs: false },
      patient: {},
    },
    providers: {
      hidden: { api: 'fake', models: { echo: { groups: ['secret'] } } },
      short: { api: 'fake', models: { echo: { groups: ['short'] } } },
      dear: { api: 'fake', ...dear },
      narrow: { api: 'fake', resilience: { outstanding_max: 1 } },
    },
    forbids,
  })
})
afterAll(async () => {
  for (const { abort } of holds) abort.abort()
  await world.stop()
})

/** Opens a stream that says nothing for a long time, and leaves it open. */
async function hold(agent: string, model: string): Promise<void> {
  const abort = new AbortController()
  const body = { model, stream: true, messages: [{ role: 'user', content: 'this takes some minutes to say' }] }
  const answer = await fetch(`${world.weir.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keyOf(agent)}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: abort.signal,
  })
  expect(answer.status).toBe(200)
  holds.push({ abort, answer })
}

interface Row {
  readonly status: number
  readonly code: DenialCode
  readonly agent: string
  readonly model: string
  /** It is worth asking again once this model, which the same agent has asked, has answered. */
  readonly waits?: string
}

const rows: readonly Row[] = [
  { status: 401, code: 'unauthenticated', agent: 'nobody', model: 'fake/echo' },
  { status: 402, code: 'budget_exhausted', agent: 'poor', model: 'dear/echo' },
  { status: 403, code: 'policy_denied', agent: 'app', model: 'short/echo' },
  { status: 403, code: 'run_context_required', agent: 'lame', model: 'fake/echo' },
  { status: 404, code: 'not_found', agent: 'app', model: 'nowhere/echo' },
  { status: 404, code: 'not_found', agent: 'app', model: 'hidden/echo' },
  { status: 429, code: 'concurrency_limited', agent: 'crowded', model: 'fake/echo', waits: 'fake/slow-60000ms' },
  { status: 503, code: 'busy', agent: 'app', model: 'narrow/echo', waits: 'narrow/slow-60000ms' },
]

/** What each sends in all where waiting may help; LangChain asks seven times, over minutes, so it is told to ask twice. */
const patience: Readonly<Record<ModelSdk['sdk'], { readonly sent: number; readonly retries?: number }>> = {
  openai: { sent: 3 },
  '@anthropic-ai/sdk': { sent: 3 },
  ai: { sent: 3 },
  '@langchain/openai': { sent: 2, retries: 1 },
}

const doorOf = ({ agent }: Row): SdkDoor => world.door(agent)

describe.each(rows)('$status $code of $model', (row) => {
  beforeAll(async () => {
    if (row.waits !== undefined) await hold(row.agent, row.waits)
  })

  test.concurrent.each(modelSdks.flatMap((sdk) => [false, true].map((streaming) => ({ ...sdk, streaming }))))(
    '$name reads the sentence, streaming $streaming',
    async ({ sdk, ask, streaming }) => {
      const { sent, retries } = row.waits ? patience[sdk] : { sent: 1, retries: undefined }
      const question = { model: row.model, text: 'hello', streaming, ...(retries === undefined ? {} : { retries }) }
      const answer = await ask(doorOf(row), question)
      const sentence = new RegExp(`\\[weir:${row.code}\\] [A-Z].* ref hop_\\w+`)
      expect(answer).toMatchObject({ sent, error: { message: expect.stringMatching(sentence) as string } })
      const { status, headers } = answer.received ?? {}
      expect(status).toBe(row.status)
      expect(headers?.get('x-should-retry')).toBe(denials[row.code].retry === 'never' ? 'false' : null)
      const wait_s = Number(headers?.get('retry-after') ?? Number.NaN)
      if (row.waits) expect(wait_s).toBeLessThanOrEqual(30)
      else expect(wait_s).toBeNaN()
    },
  )
})

/** With the first it is halted before the model has said a word, with the other while it speaks. */
const paces = ['fake/slow-60000ms', 'fake/slow-20ms'] as const

describe.each(paces)('in an open stream of %s', (model) => {
  test.each(modelSdks)('$name reads that the run was halted, and asks no more', async ({ ask }) => {
    const { weir } = world
    const asking = ask(world.door('patient'), { model, text: 'word '.repeat(400), streaming: true })
    const run = await vi.waitFor(async () => {
      const { runs } = await weir.ask<{ runs: RunView[] }>('/api/v1/runs')
      const open = runs.find(({ root, open }) => root === 'agent:patient' && open > 0)
      if (open === undefined) throw new Error('no run is open yet')
      return open.id
    }, 10_000)
    // Long enough for the head and the first event to be with the SDK.
    await new Promise((resolve) => setTimeout(resolve, 150))
    await weir.ask(`/api/v1/runs/${run}/halt`, { reason: 'enough' })
    const sentence = expect.stringContaining('[weir:run_halted]') as string
    expect(await asking).toMatchObject({ sent: 1, error: { message: sentence }, received: { status: 200 } })
  })
})
