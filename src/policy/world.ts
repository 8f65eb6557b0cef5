/** What policies may know: the registered agents, tools, models and people as Cedar entities, and the context. */
import { assert, unreachable } from '../base/assert.ts'
import { serverOfTool, type Target } from '../domain/call.ts'
import { type AgentId, type PersonId, slugOf } from '../domain/ids.ts'
import type { Taint } from '../domain/principal.ts'
import type { RunState } from '../domain/run.ts'
import type { EntityRef } from './source.ts'
import { Entity, RecordValue, type Value } from './values.ts'

export interface AgentFacts {
  readonly id: AgentId
  /** With or without its `team:`. */
  readonly team: string | null
  readonly groups: readonly string[]
  readonly contained: boolean
  readonly external: boolean
  /** What calling it does to the world: `read`, `write` or `unknown`. */
  readonly effect: string
}

interface ToolFacts {
  readonly id: string
  readonly server: string | null
  readonly effect: string
}

/** A server whose tools nobody registered one by one: each is known as soon as it is asked about. */
export interface ToolServerFacts {
  readonly id: string
  /** What calling any of its tools does to the world, and those of which something else is true, by their names. */
  readonly effect: string
  readonly effects?: ReadonlyMap<string, string>
}

/** A provider whose models nobody registered one by one: each is known as soon as it is asked about. */
export interface ModelProviderFacts {
  readonly id: string
  readonly region: string
  /** Groups of those models that are in any, by their names at the provider. */
  readonly groups: ReadonlyMap<string, readonly string[]>
}

/** Everything the registry knows that policies may ask for. */
export interface Facts {
  readonly agents: readonly AgentFacts[]
  readonly tools?: readonly ToolFacts[]
  readonly servers?: readonly ToolServerFacts[]
  readonly providers?: readonly ModelProviderFacts[]
  /** People on whose behalf nobody acts any more, as policies decide. */
  readonly disabled?: readonly PersonId[]
}

/** What one call brings along. Numbers are whole; Infinity stands for no limit. */
export interface PolicyContext {
  /** How deep the call would be; 1 for the first hop of a run. */
  readonly depth: number
  /** From the root agent to the caller, both included. */
  readonly chain: readonly AgentId[]
  readonly human: PersonId | null
  readonly runState: RunState
  readonly budgetLeftMicros: number
  readonly tokensLeft: number
  /** Calls admitted in the run so far. */
  readonly calls: number
  readonly laps: number
  readonly env: string
  /** Whether the caller's credential is worth nothing without a key that it proved to hold. */
  readonly boundKey: boolean
  /** The worse of the run's and of what the caller itself brings. */
  readonly taint: Taint
  /** Whether a person let exactly this call through. */
  readonly approved: boolean
  /** Scopes of the caller's token; empty where it has none. */
  readonly scopes: readonly string[]
  /** The most tokens a model may answer with, Infinity where the caller sets no end; only for models. */
  readonly maxTokens?: number
  /** Whether the answer is a stream; only for models. */
  readonly streaming?: boolean
}

/** The largest whole number a context holds; 2^53 - 1. */
const longMax = Number.MAX_SAFE_INTEGER

/** The entities of one snapshot, built once. */
export class World {
  readonly #known: ReadonlyMap<string, Entity>
  readonly #agents: ReadonlyMap<AgentId, Entity>
  readonly #tools: ReadonlyMap<string, Entity>
  readonly #providers: ReadonlyMap<string, ModelProvider>
  readonly #servers: ReadonlyMap<string, ToolServer>
  readonly #disabled: ReadonlySet<string>

  constructor(facts: Facts) {
    this.#agents = new Map(facts.agents.map((agent) => [agent.id, agentEntity(agent)]))
    this.#tools = new Map(facts.tools?.map((tool) => [tool.id, toolEntity(tool)]))
    this.#providers = new Map(facts.providers?.map((provider) => [provider.id, new ModelProvider(provider)]))
    this.#disabled = new Set(facts.disabled?.map(slugOf))
    this.#servers = new Map(facts.servers?.map((server) => [server.id, new ToolServer(server)]))
    const servers = Array.from(this.#servers.values(), ({ entity }) => entity)
    const providers = Array.from(this.#providers.values(), ({ entity }) => entity)
    const all = [...this.#agents.values(), ...this.#tools.values(), ...servers, ...providers]
    this.#known = new Map(all.map((entity) => [entity.key, entity]))
  }

  /** The registered agent, or undefined. */
  agent(id: AgentId): Entity | undefined {
    return this.#agents.get(id)
  }

  get agents(): Iterable<AgentId> {
    return this.#agents.keys()
  }

  /** The registered target, or undefined. */
  target(target: Target): Entity | undefined {
    switch (target.kind) {
      case 'agent':
        return this.#agents.get(target.id)
      case 'tool':
        return this.#tools.get(target.id) ?? this.#toolOfServer(target.id)
      case 'server':
        return this.#servers.get(target.id)?.entity
      case 'model':
        return this.#modelOfProvider(target.id)
      default:
        return unreachable(target)
    }
  }

  /** The entity of that name, with all that is known of it; just its name if nothing is. */
  find(ref: EntityRef): Entity {
    if (ref.type === 'Weir::User') return this.#user(ref.id)
    const entity = new Entity(ref.type, ref.id)
    const known = this.#known.get(entity.key)
    if (known) return known
    if (ref.type === 'Weir::Tool') return this.#toolOfServer(ref.id) ?? entity
    return ref.type === 'Weir::Model' ? (this.#modelOfProvider(ref.id) ?? entity) : entity
  }

  /** `openai/gpt-5.5`; what comes after the first slash may hold more of them. */
  #modelOfProvider(id: string): Entity | undefined {
    const slash = id.indexOf('/')
    return slash === -1 ? undefined : this.#providers.get(id.slice(0, slash))?.model(id)
  }

  /** `files/read`; what comes after the first slash may hold more of them. */
  #toolOfServer(id: string): Entity | undefined {
    return id.includes('/') ? this.#servers.get(serverOfTool({ kind: 'tool', id }))?.tool(id) : undefined
  }

  /** The person at the root of a run, of whom only the name and whether they are disabled is known. */
  person(id: PersonId): Entity {
    return this.#user(slugOf(id))
  }

  /** The context as policies read it. */
  context(context: PolicyContext): RecordValue {
    const fields: Record<string, Value> = {
      depth: long(context.depth),
      chain: context.chain.map((id) => this.#agents.get(id) ?? new Entity('Weir::Agent', slugOf(id))),
      humanPresent: context.human !== null,
      runState: context.runState,
      budgetLeftMicros: long(context.budgetLeftMicros),
      tokensLeft: long(context.tokensLeft),
      calls: long(context.calls),
      laps: long(context.laps),
      env: context.env,
      boundKey: context.boundKey,
      taint: context.taint,
      approved: context.approved,
      scopes: context.scopes,
    }
    if (context.human !== null) fields['human'] = this.person(context.human)
    if (context.maxTokens !== undefined) fields['maxTokens'] = long(context.maxTokens)
    if (context.streaming !== undefined) fields['streaming'] = context.streaming
    return new RecordValue(fields)
  }

  #user(id: string): Entity {
    return new Entity('Weir::User', id, new RecordValue({ disabled: this.#disabled.has(id) }))
  }
}

/** Names of tools and models come from callers, so only so many are remembered of a server or provider. */
const toolsKept = 4096

/** A server and those of its tools that were asked about: an entity stays the same for as long as it is remembered. */
class ToolServer {
  readonly entity: Entity
  readonly #attrs: RecordValue
  readonly #own: ReadonlyMap<string, RecordValue>
  readonly #tools = new Map<string, Entity>()

  constructor({ id, effect, effects }: ToolServerFacts) {
    this.entity = new Entity('Weir::ToolServer', id, new RecordValue({}))
    this.#attrs = new RecordValue({ effect })
    const own = Array.from(
      effects ?? [],
      ([name, each]) => [`${id}/${name}`, new RecordValue({ effect: each })] as const,
    )
    this.#own = new Map(own)
  }

  tool(id: string): Entity {
    const known = this.#tools.get(id)
    if (known) return known
    const tool = new Entity('Weir::Tool', id, this.#own.get(id) ?? this.#attrs, [this.entity])
    if (this.#tools.size >= toolsKept) this.#tools.clear()
    this.#tools.set(id, tool)
    return tool
  }
}

/** A provider and those of its models that were asked about, as with servers and their tools. */
class ModelProvider {
  readonly entity: Entity
  readonly #attrs: RecordValue
  readonly #facts: ModelProviderFacts
  readonly #models = new Map<string, Entity>()

  constructor(facts: ModelProviderFacts) {
    const { id, region } = facts
    this.#facts = facts
    this.entity = new Entity('Weir::ModelProvider', id, new RecordValue({ region }))
    this.#attrs = new RecordValue({ provider: id, region })
  }

  model(id: string): Entity {
    const known = this.#models.get(id)
    if (known) return known
    const name = id.slice(this.#facts.id.length + 1)
    const groups = this.#facts.groups.get(name)?.map((group) => new Entity('Weir::ModelGroup', group)) ?? []
    const model = new Entity('Weir::Model', id, this.#attrs, [this.entity, ...groups])
    if (this.#models.size >= toolsKept) this.#models.clear()
    this.#models.set(id, model)
    return model
  }
}

/** Clamped to what JavaScript holds exactly; a fraction is cut. */
function long(value: number): number {
  if (Number.isSafeInteger(value)) return value
  assert(!Number.isNaN(value), 'what is counted for a context is a number')
  return Math.trunc(Math.max(-longMax, Math.min(longMax, value)))
}

function agentEntity(agent: AgentFacts): Entity {
  const attrs = new RecordValue({ contained: agent.contained, external: agent.external, effect: agent.effect })
  const groups = agent.groups.map((group) => new Entity('Weir::AgentGroup', group))
  const team = agent.team === null ? [] : [new Entity('Weir::Team', agent.team.replace(/^team:/, ''))]
  return new Entity('Weir::Agent', slugOf(agent.id), attrs, [...groups, ...team])
}

function toolEntity(tool: ToolFacts): Entity {
  const server = tool.server === null ? [] : [new Entity('Weir::ToolServer', tool.server)]
  return new Entity('Weir::Tool', tool.id, new RecordValue({ effect: tool.effect }), server)
}
