/** The official clients, changed in nothing but their URL and their headers, against agents of the official SDK behind Weir. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { say } from '../support/caller.ts'
import { type SdkAgent, startSdkAgent } from '../support/sdk-agent.ts'
import { type SdkClient, sdkClients, sdkClientsWith } from '../support/sdk-clients.ts'
import { apiKey, keyOf, startWeir, type Weir } from '../support/weir.ts'

const steps = ['first step', 'second step']
const operations = ['send', 'stream'] as const
const clients = sdkClients.map((client, index) => [client.name, client.speaks, index] as const)
const matrix = clients.flatMap(([name, , index]) => operations.map((operation) => [name, operation, index] as const))

describe.each(['uws', 'node'])('on the engine %s', (engine) => {
  let agent: SdkAgent
  let weir: Weir
  /** What the target of a call that is under way was given: the orchestrator's from the console, research's from it. */
  const tokens = { orchestrator: '', research: '' }

  beforeAll(async () => {
    agent = await startSdkAgent('worker', steps)
    weir = await startWeir(configFor(engine, agent.url))
    await say(weir, { from: 'console', to: 'orchestrator' })
    tokens.orchestrator = String(agent.heard.at(-1)?.['txn-token'])
    await say(weir, { from: 'orchestrator', to: 'research' })
    tokens.research = String(agent.heard.at(-1)?.['txn-token'])
  })

  afterAll(async () => {
    await weir.stop()
    await agent.stop()
  })

  const base = (slug: string): string => `${weir.url}/a2a/${slug}/`

  test.each(clients)('%s completes a call and a stream', async (_name, _speaks, index) => {
    const client = clientOf(index, { authorization: `Bearer ${keyOf('console')}` })
    const task = JSON.stringify(await client.send(base('orchestrator')))
    for (const step of steps) expect(task).toContain(step)
    const events = (await client.stream(base('orchestrator'))).map((event) => JSON.stringify(event))
    expect(events).toHaveLength(1 + steps.length + 1)
    for (const [at, step] of steps.entries()) expect(events[1 + at]).toContain(step)
  })

  // A client that speaks both takes 1.0 wherever a card offers it, and our cards offer both.
  test.each(clients.filter(([name]) => name.includes('0.3.14')))(
    '%s speaks 0.3 to an agent that is registered with 0.3 only',
    async (_name, _speaks, index) => {
      const client = clientOf(index, { authorization: `Bearer ${keyOf('orchestrator')}` })
      const task = JSON.stringify(await client.send(base('legacy')))
      expect(task).toContain(steps[0])
      expect(await client.stream(base('legacy'))).toHaveLength(1 + steps.length + 1)
      expect(agent.heard.slice(-2).map((headers) => headers['a2a-version'])).toEqual(['0.3', '0.3'])
    },
  )

  const refusals = [
    ['policy_denied', 'research', 'orchestrator'],
    ['depth_exceeded', 'orchestrator', 'research'],
    ['run_budget_exhausted', 'orchestrator', 'dear'],
  ] as const

  test.each(matrix)('%s reads why it was refused, %s', async (_name, operation, index) => {
    for (const [code, from, to] of refusals) {
      const token = code === 'run_budget_exhausted' ? {} : { 'txn-token': tokens[from] }
      const client = clientOf(index, { authorization: `Bearer ${keyOf(from)}`, ...token })
      const before = agent.heard.length
      await expect(client[operation](base(to))).rejects.toThrow(`[weir:${code}]`)
      expect(agent.heard).toHaveLength(before)
    }
  })

  test.each(matrix)('without a credential %s learns nothing, not even a card, %s', async (_name, operation, index) => {
    await expect(clientOf(index, {})[operation](base('orchestrator'))).rejects.toThrow('401')
  })
})

function clientOf(index: number, headers: Readonly<Record<string, string>>): SdkClient {
  const client = sdkClientsWith(headers)[index]
  if (!client) throw new Error('no such client')
  return client
}

function configFor(engine: string, url: string): Parameters<typeof startWeir>[0] {
  const worker = { url, versions: ['1.0', '0.3'], groups: ['subagents'] }
  return {
    // The card names where it was asked for: the port is known only once Weir runs.
    gateway: { engine, public_url: undefined },
    identity: { api_keys: [apiKey('console', 'tomas'), apiKey('orchestrator'), apiKey('research')] },
    agents: {
      console: { groups: ['entrypoints'], may_start_runs: true },
      orchestrator: { url, versions: ['1.0', '0.3'], may_start_runs: true },
      research: worker,
      legacy: { ...worker, versions: ['0.3'] },
      dear: { ...worker, price: { call_micros: 2_000_000 } },
    },
    limits: { on_breach: 'refuse', run: { depth_max: 1, cost_micros_max: 1_000_000 } },
  }
}
