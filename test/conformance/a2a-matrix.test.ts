/**
 * The clients of the official SDKs, changed in nothing but their URL and their headers, before the servers of the official
 * SDKs: every client kind with every agent kind through one Weir, every scenario of the table with every pair.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AgentKind, agentKinds, type MatrixAgent, startMatrixAgent } from '../support/matrix-agents.ts'
import { type ClientKind, clientKinds, fetchAs } from '../support/matrix-clients.ts'
import { policyOpen } from '../support/loop.ts'
import type { Pair } from '../support/matrix-pair.ts'
import { scenarios } from '../support/matrix-scenarios.ts'
import { Gates } from '../support/matrix-script.ts'
import { apiKey, keyOf, startWeir, type Weir } from '../support/weir.ts'
import { startWebhook, type TestWebhook } from '../support/webhook.ts'

const gates = new Gates()
const agents = new Map<string, MatrixAgent>()
let weir: Weir
let webhook: TestWebhook

beforeAll(async () => {
  webhook = await startWebhook()
  for (const kind of agentKinds) agents.set(kind.slug, await startMatrixAgent(kind, gates))
  const registered = agentKinds.map(({ slug, version, binding, lively }) => [
    slug,
    { url: agents.get(slug)?.url, versions: [version], bindings: [binding], streams: lively },
  ])
  weir = await startWeir({
    // The card names where it was asked for: the port is known only once Weir runs.
    gateway: { public_url: undefined, outside: { allow: ['127.0.0.0/8'] } },
    identity: { api_keys: [apiKey('console', 'tomas')] },
    agents: { console: { may_start_runs: true }, ...(Object.fromEntries(registered) as object) },
    policy: { dir: policyOpen },
  })
})

afterAll(async () => {
  await weir.stop()
  for (const agent of agents.values()) await agent.stop()
  await webhook.stop()
})

async function pairOf(clientKind: ClientKind, agentKind: AgentKind): Promise<Pair> {
  const base = `${weir.url}/a2a/${agentKind.slug}/`
  const asCaller = fetchAs(keyOf('console'))
  const agent = agents.get(agentKind.slug)
  if (!agent) throw new Error('it was started')
  const [client, second] = await Promise.all([clientKind.open(base, asCaller), clientKind.open(base, asCaller)])
  return { clientKind, agentKind, client, second, agent, gates, webhook, base, fetch: asCaller }
}

describe.each(clientKinds)('$name', (clientKind) => {
  describe.each(agentKinds)('before $name', (agentKind) => {
    test.each(Object.entries(scenarios))('%s', async (_name, scenario) => {
      await scenario(await pairOf(clientKind, agentKind))
    })
  })

  test('says the version it is in the table for, and that alone', async () => {
    const said = new Set<string | null>()
    const seen = (request: Request): void => {
      if (!request.url.includes('.well-known')) said.add(request.headers.get('a2a-version') ?? '0.3')
    }
    const client = await clientKind.open(`${weir.url}/a2a/rpc10/`, fetchAs(keyOf('console'), seen))
    await client.send({ text: 'work' })
    expect([...said]).toEqual([clientKind.speaks])
  })
})
