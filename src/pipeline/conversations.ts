/**
 * Whose a task or a conversation is. Their ids are chosen by targets and shown by callers, and a target believes the gateway
 * that its caller may name them; so nobody may name one that its target has not named to it before. Task ids that nobody was
 * told and task ids of others are refused alike. Context ids may be made up by clients, so one that nobody uses is let through
 * and belongs to who used it first.
 *
 * Kept in memory: after a restart a task is unknown to everybody, and its caller starts a new one.
 */
import { type Call, type Target, targetName } from '../domain/call.ts'
import type { AgentId, PersonId, RunId } from '../domain/ids.ts'
import { taskNotFound } from '../protocol/a2a/dialect.ts'
import type { Written } from '../protocol/jsonrpc.ts'
import type { TaskSeen } from '../relay/exchange.ts'

/** Ids one agent is remembered to have been told; beyond it its own oldest is forgotten, and never that of another. */
const told_max = 4096
/** Ids of targets that are longer are not kept, and so cannot be named again. Unit: characters. */
const idMax = 256

/** Who names an id or is told one: an agent for a person, in a run. */
export interface Party {
  readonly agent: AgentId
  readonly person: PersonId | null
  /** Null for a call that opens its run. */
  readonly run: RunId | null
}

type Named = Pick<Call, 'target' | 'taskId' | 'contextId' | 'rpcId' | 'operation'>

export class Conversations {
  /** Who was told each id. */
  readonly #owners = new Map<string, Set<string>>()
  /** What each agent was told, oldest first: one entry for each id and owner. */
  readonly #told = new Map<AgentId, Map<string, readonly [key: string, owner: string]>>()

  readonly #serverOf: (agent: AgentId) => AgentId

  /** `serverOf` leads from a facet to the agent behind it, which has one memory for all the names it is called by. */
  constructor(serverOf: (agent: AgentId) => AgentId = (agent) => agent) {
    this.#serverOf = serverOf
  }

  /** The answer to a call that names what its caller was never told; null for every other. */
  refusalOf({ target, taskId, contextId, rpcId, operation }: Named, party: Party): Written | null {
    const at = this.#placeOf(target)
    const knowsTask = taskId === null || this.#owners.get(keyOf('task', at, taskId))?.has(self(party))
    const users = contextId === null ? undefined : this.#owners.get(keyOf('context', at, contextId))
    const knowsContext = !users || users.has(self(party)) || (party.run !== null && users.has(party.run))
    return knowsTask && knowsContext ? null : taskNotFound(rpcId, operation === 'stream')
  }

  /** A call with that context id goes out: whoever uses an id first is not interrupted by others. */
  use({ target, contextId }: Named, party: Party): void {
    if (contextId !== null) this.#tellContext(this.#placeOf(target), contextId, party)
  }

  /** The target named a task to that party. */
  tell({ target }: Named, { id, contextId }: Pick<TaskSeen, 'id' | 'contextId'>, party: Party): void {
    const at = this.#placeOf(target)
    this.#add(keyOf('task', at, id), self(party), party.agent)
    if (contextId !== null) this.#tellContext(at, contextId, party)
  }

  #placeOf(target: Target): string {
    return target.kind === 'agent' ? this.#serverOf(target.id) : targetName(target)
  }

  /** The agents of one run may talk in one conversation, for they pass its id on to each other. */
  #tellContext(at: string, contextId: string, party: Party): void {
    const key = keyOf('context', at, contextId)
    this.#add(key, self(party), party.agent)
    if (party.run !== null) this.#add(key, party.run, party.agent)
  }

  #add(key: string, owner: string, agent: AgentId): void {
    if (key.length > idMax * 2) return
    const owners = this.#owners.get(key) ?? new Set()
    if (owners.has(owner)) return
    this.#owners.set(key, owners.add(owner))
    const told = this.#told.get(agent) ?? new Map<string, readonly [string, string]>()
    this.#told.set(agent, told.set(`${owner}\n${key}`, [key, owner]))
    if (told.size > told_max) this.#forgetOldest(told)
  }

  #forgetOldest(told: Map<string, readonly [key: string, owner: string]>): void {
    const [oldest] = told
    if (!oldest) return
    const [name, [key, owner]] = oldest
    told.delete(name)
    const owners = this.#owners.get(key)
    owners?.delete(owner)
    if (owners?.size === 0) this.#owners.delete(key)
  }
}

function self({ agent, person }: Party): string {
  return `${agent} ${person ?? ''}`
}

/** The name of a target holds no line break, so no id can look like one of another. */
function keyOf(kind: 'task' | 'context', target: string, id: string): string {
  return `${kind} ${target}\n${id}`
}
