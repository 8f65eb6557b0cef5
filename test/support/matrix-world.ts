/** All agents of the matrix behind one Weir, and a webhook they never hear of. */
import { policyOpen } from './loop.ts'
import { type AgentKind, agentKinds, type MatrixAgent, startMatrixAgent } from './matrix-agents.ts'
import { type ClientKind, fetchAs } from './matrix-clients.ts'
import type { Pair } from './matrix-pair.ts'
import { Gates } from './matrix-script.ts'
import { apiKey, keyOf, startWeir, type Weir } from './weir.ts'
import { startWebhook, type TestWebhook } from './webhook.ts'

export class MatrixWorld {
  readonly weir: Weir
  readonly gates: Gates
  /** fetch as the one caller of the matrix. */
  readonly fetch = fetchAs(keyOf('console'))
  readonly #agents: ReadonlyMap<string, MatrixAgent>
  readonly #webhook: TestWebhook

  constructor(weir: Weir, gates: Gates, agents: ReadonlyMap<string, MatrixAgent>, webhook: TestWebhook) {
    this.weir = weir
    this.gates = gates
    this.#agents = agents
    this.#webhook = webhook
  }

  base(slug: string): string {
    return `${this.weir.url}/a2a/${slug}/`
  }

  agent(slug: string): MatrixAgent {
    const agent = this.#agents.get(slug)
    if (!agent) throw new Error(`no agent ${slug}`)
    return agent
  }

  async pair(clientKind: ClientKind, agentKind: AgentKind): Promise<Pair> {
    const { gates, fetch } = this
    const base = this.base(agentKind.slug)
    const [client, second] = await Promise.all([clientKind.open(base, fetch), clientKind.open(base, fetch)])
    const agent = this.agent(agentKind.slug)
    return { clientKind, agentKind, client, second, agent, gates, webhook: this.#webhook, base, fetch }
  }

  async stop(): Promise<void> {
    await this.weir.stop()
    for (const agent of this.#agents.values()) await agent.stop()
    await this.#webhook.stop()
  }
}

/** `more` are agents of the test itself, by slug, as they are registered. */
export async function startMatrixWorld(more: Readonly<Record<string, object>> = {}): Promise<MatrixWorld> {
  const gates = new Gates()
  const webhook = await startWebhook()
  const agents = new Map<string, MatrixAgent>()
  for (const kind of agentKinds) agents.set(kind.slug, await startMatrixAgent(kind, gates))
  const registered = agentKinds.map(({ slug, version, binding, lively }) => [
    slug,
    { url: agents.get(slug)?.url, versions: [version], bindings: [binding], streams: lively },
  ])
  const weir = await startWeir({
    // The card names where it was asked for: the port is known only once Weir runs.
    gateway: { public_url: undefined, outside: { allow: ['127.0.0.0/8'] } },
    identity: { api_keys: [apiKey('console', 'tomas')] },
    agents: { console: { may_start_runs: true }, ...(Object.fromEntries(registered) as object), ...more },
    policy: { dir: policyOpen },
  })
  return new MatrixWorld(weir, gates, agents, webhook)
}
