/** What a stream begins with where its agent begins with something else. */
import { isJsonObject } from '../../base/json.ts'
import type { Call } from '../../domain/call.ts'
import { versionOf } from './methods.ts'
import { readNeutral, sayNeutral } from './neutral.ts'
import type { Said } from './said.ts'

/**
 * A stream of 1.0 begins with the task (A2A 1.0 section 3.1.2), one of 0.3 may begin with an update of it: then the task as
 * it was before. Null where nothing is missing; a task that goes on is known to its caller.
 */
export function openingOf(first: Said, { dialect, operation, taskId }: Call): Said | null {
  const crosses = first.grammar !== '1.0' && versionOf(dialect) === '1.0'
  if (!crosses || operation !== 'stream' || taskId !== null) return null
  const { statusUpdate, artifactUpdate } = readNeutral(first)
  const update = statusUpdate ?? artifactUpdate
  if (!isJsonObject(update)) return null
  const { taskId: id, contextId } = update
  return sayNeutral({ task: { id, contextId, status: { state: 'TASK_STATE_SUBMITTED' } } })
}
