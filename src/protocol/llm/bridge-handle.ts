/**
 * The id of a response that an agent gave: it says by itself which conversation and task it belongs to, so nothing is kept for
 * it and it outlives restarts. It is no secret and proves nothing. Whoever shows it is asked whose conversation and task
 * that are, as everybody is who names them (`src/tasks/owner.ts`), so it can be made up but not used by others.
 */
import { readJson } from '../../base/json.ts'
import type { HopId } from '../../domain/ids.ts'
import { isName } from '../a2a/task-params.ts'

/** What a response id leads back to. */
export interface BridgeHandle {
  /** The slug of the agent. */
  readonly agent: string
  readonly contextId: string | null
  readonly taskId: string | null
}

const prefix = 'resp_'
/** Two ids of 256 characters of three bytes each, in base64url, and room for the rest. */
const handleMax_chars = 4096

/** The hop makes each id another one. */
export function writeHandle({ agent, contextId, taskId }: BridgeHandle, hop: HopId): string {
  return prefix + Buffer.from(JSON.stringify([agent, contextId, taskId, hop])).toString('base64url')
}

/** Null for what is no id of a response of an agent. */
export function readHandle(id: string): BridgeHandle | null {
  if (!id.startsWith(prefix) || id.length > handleMax_chars) return null
  const read = readJson(Buffer.from(id.slice(prefix.length), 'base64url').toString('utf8'), 2)
  if (!read.ok || !Array.isArray(read.value)) return null
  const [agent, contextId, taskId] = read.value as readonly unknown[]
  if (typeof agent !== 'string' || !isNameOrNull(contextId) || !isNameOrNull(taskId)) return null
  return { agent, contextId, taskId }
}

function isNameOrNull(value: unknown): value is string | null {
  return value === null || isName(value)
}
