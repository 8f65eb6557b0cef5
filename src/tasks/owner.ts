/**
 * Whose a task or a conversation is. Their ids are chosen by targets and shown by callers, and a target believes the
 * gateway that its caller may name them; so nobody may name one that is not theirs. Tasks that never were and tasks of
 * others are refused alike. Context ids may be made up by clients, so one that nobody uses belongs to who uses it first.
 */
import type { Call } from '../domain/call.ts'
import type { AgentId } from '../domain/ids.ts'
import type { Party, TaskRow } from '../domain/task.ts'

/** What a call names. */
export type Named = Pick<Call, 'target' | 'taskId' | 'contextId' | 'referenceTaskIds'>

/** What the party may not name; null where it may name all of it. */
export type MayName = null | 'task' | 'context'

/** What is known at the target of a call. */
export interface KnownIds {
  find(target: AgentId, taskId: string): TaskRow | null
  /** Who uses a conversation, as `selfOf` and runs; undefined where nobody does. */
  usersOf(target: AgentId, contextId: string): ReadonlySet<string> | undefined
}

/** An agent for a person: neither id holds a space. */
export function selfOf({ agent, person }: Pick<Party, 'agent' | 'person'>): string {
  return `${agent} ${person ?? ''}`
}

/** The same agent for the same person, or one that stands before the owner in the same run. */
export function maySee(row: Pick<TaskRow, 'owner' | 'chain'>, party: Party): boolean {
  if (selfOf(row.owner) === selfOf(party)) return true
  return party.run !== null && party.run === row.owner.run && beforeOwner(row).includes(party.agent)
}

/** The chain ends with the owner and the target. */
function beforeOwner({ chain }: Pick<TaskRow, 'chain'>): readonly AgentId[] {
  return chain.slice(0, -2)
}

export function mayName(named: Named, party: Party, known: KnownIds): MayName {
  const { target, taskId, contextId, referenceTaskIds } = named
  const tasks = taskId === null ? referenceTaskIds : [taskId, ...referenceTaskIds]
  // Tools and models know no tasks.
  if (target.kind !== 'agent') return tasks.length > 0 ? 'task' : null
  const seen = (id: string): boolean => {
    const row = known.find(target.id, id)
    return row !== null && maySee(row, party)
  }
  if (!tasks.every(seen)) return 'task'
  if (contextId === null) return null
  const itsContext = taskId === null ? null : (known.find(target.id, taskId)?.contextId ?? null)
  if (itsContext !== null) return itsContext === contextId ? null : 'context'
  return mayUse(known.usersOf(target.id, contextId), party) ? null : 'context'
}

/** The agents of one run may talk in one conversation, for they pass its id on to each other. */
export function mayUse(users: ReadonlySet<string> | undefined, party: Party): boolean {
  return !users || users.has(selfOf(party)) || (party.run !== null && users.has(party.run))
}
