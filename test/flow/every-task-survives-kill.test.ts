/** kill -9 in the middle of streams: whatever task a caller has read of is its own after the restart, and nobody else's. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callHeaders, type Said } from '../support/caller.ts'
import { policyOpen } from '../support/loop.ts'
import { openStream } from '../support/open-stream.ts'
import { type SdkAgent, startSdkAgent } from '../support/sdk-agent.ts'
import { type SlowAgent, startSlowAgent } from '../support/slow-agent.ts'
import { apiKey, startWeir, type Weir, type WeirConfig } from '../support/weir.ts'

const kills = 20
const perAgent = 3
const agents = ['sdk', 'slow'] as const

let sdk: SdkAgent
let slow: SlowAgent
let quiet: SlowAgent
let config: WeirConfig
let weir: Weir

beforeAll(async () => {
  const steps = Array.from({ length: 400 }, (_, n) => `step ${n}`)
  sdk = await startSdkAgent('sdk', steps, 100)
  slow = await startSlowAgent()
  quiet = await startSlowAgent(false)
  config = {
    identity: { api_keys: [apiKey('alice', 'alice'), apiKey('mallory', 'mallory')] },
    agents: {
      alice: { may_start_runs: true },
      mallory: { may_start_runs: true },
      sdk: { url: sdk.url },
      slow: { url: slow.url },
      quiet: { url: quiet.url },
    },
    policy: { dir: policyOpen },
  }
  weir = await startWeir(config)
})

afterAll(async () => {
  await slow.stop()
  await sdk.stop()
  await quiet.stop()
  await weir.kill('SIGKILL')
})

interface Seen {
  readonly to: string
  readonly id: string
}

/** Opens a stream and names the task of its first event; null where it was cut before it said anything. */
async function begin(to: string): Promise<Seen | null> {
  try {
    const { events } = await openStream(weir, 'alice', to)
    const [first] = events() as readonly { readonly result?: { readonly task?: { readonly id: string } } }[]
    const id = first?.result?.task?.id
    return id === undefined ? null : { to, id }
  } catch {
    return null
  }
}

function post(from: string, to: string, method: string, id: string): Promise<Response> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { id } })
  return fetch(`${weir.url}/a2a/${to}/`, { method: 'POST', headers: callHeaders(from), body })
}

async function ask(from: string, { to, id }: Seen, method: string): Promise<Said['body']> {
  return (await (await post(from, to, method, id)).json()) as Said['body']
}

/** The first event of a subscription, which is then left. */
async function follow(from: string, { to, id }: Seen): Promise<string> {
  const answer = await post(from, to, 'SubscribeToTask', id)
  let text = ''
  for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk
    if (text.includes('data: ')) break
  }
  return text
}

const missing = { error: { code: -32_001 } }

async function checkOwner(seen: Seen): Promise<void> {
  expect(await ask('alice', seen, 'GetTask')).toMatchObject({ result: { id: seen.id } })
  expect(await follow('alice', seen)).toContain(`"task":{"id":"${seen.id}"`)
  for (const method of ['GetTask', 'CancelTask', 'SubscribeToTask']) {
    const answer = await (await post('mallory', seen.to, method, seen.id)).text()
    expect(JSON.parse(answer.replace(/^data: /, '')), method).toMatchObject(missing)
  }
  const status = { state: 'TASK_STATE_CANCELED' }
  expect(await ask('alice', seen, 'CancelTask')).toMatchObject({ result: { id: seen.id, status } })
  expect(await ask('alice', seen, 'GetTask')).toMatchObject({ result: { id: seen.id, status } })
}

test('get, subscribe and cancel work for its owner and for nobody else, for every task that was open at any of 20 kills', async () => {
  let checked = 0
  for (let kill = 0; kill < kills; kill += 1) {
    const opening = Array.from({ length: perAgent * agents.length }, async (_, n) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 100))
      return await begin(agents[n % agents.length] ?? 'slow')
    })
    await Promise.any(opening)
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 200))
    await weir.kill('SIGKILL')
    const open = (await Promise.all(opening)).filter((one) => one !== null)
    weir = await startWeir(config, weir.directory)
    await Promise.all(open.map((seen) => checkOwner(seen)))
    checked += open.length
  }
  expect(checked).toBeGreaterThan(kills)
}, 400_000)

test('a task can be asked about in the moment of its first event, over another connection: 1000 times, no miss', async () => {
  const misses: unknown[] = []
  const work = async (): Promise<void> => {
    for (let n = 0; n < 50; n += 1) {
      const seen = await begin('quiet')
      const answer = seen && (await ask('alice', seen, 'GetTask'))
      if (!seen || !answer?.result) misses.push([seen, answer])
      if (seen) await ask('alice', seen, 'CancelTask')
    }
  }
  await Promise.all(Array.from({ length: 20 }, work))
  expect(misses).toEqual([])
}, 120_000)
