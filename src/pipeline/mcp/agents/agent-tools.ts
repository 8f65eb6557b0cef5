/** `/mcp/_agents`: every agent that the caller may invoke, as a tool. */
import type { JsonObject } from '../../../base/json.ts'
import type { Json } from '../../../relay/mcp/channel.ts'
import type { Client, Meant } from '../behind.ts'
import type { OwnTools } from '../own/own-behind.ts'
import type { Received } from '../threshold.ts'
import { isCallable, type Road } from '../../road.ts'
import { agentDefinition } from './agent-definition.ts'
import { text } from './agent-result.ts'
import { readAsked } from './asked.ts'
import { agentNamed, maySeeAgent, toolNameOf, visibleAgents } from './visible-agents.ts'

const instructions =
  'Each tool asks one agent, in words. An agent knows nothing of your conversation. What takes long is answered with a task_id: ' +
  'come back with it instead of asking again. A refusal that begins with [weir:...] says what to do; doing the same once more does not help.'

export class AgentTools implements OwnTools {
  readonly instructions = instructions
  readonly #road: Road
  readonly #received: Received
  readonly #client: Client

  constructor(road: Road, received: Received, client: Client) {
    this.#road = road
    this.#received = received
    this.#client = client
  }

  async list(): Promise<readonly object[]> {
    const { snapshot } = this.#client.reader
    const seen = await visibleAgents(this.#client.reader)
    const named = seen.map((agent) => [toolNameOf(agent), snapshot.agents.get(agent)] as const)
    const sorted = named.toSorted(([a], [b]) => (a < b ? -1 : 1))
    return sorted.flatMap(([, entry]) => (entry ? [agentDefinition(this.#road, entry)] : []))
  }

  async find(name: string, params: Json | null): Promise<Meant | null> {
    const { reader } = this.#client
    const agent = agentNamed(reader.snapshot, name)
    if (agent === null || !isCallable(reader.snapshot.agents.get(agent))) return null
    // Whoever was called knows its callers: that it may not call them back is said where it tries.
    const { chain } = this.#received.visit
    const isKnown = chain.includes(agent) && agent !== reader.agent
    if (!isKnown && !(await maySeeAgent(agent, reader))) return null
    const asked = readAsked(params)
    return typeof asked === 'string' ? { kind: 'own' } : { kind: 'agent', agent, tool: name, asked }
  }

  /** Only what was not understood is answered here. */
  answer(_: string, params: Json | null): JsonObject {
    const asked = readAsked(params)
    const sentence = typeof asked === 'string' ? asked : 'The arguments do not fit'
    return { content: [text(sentence)], isError: true }
  }
}
