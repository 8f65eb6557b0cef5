/** What a call is about, which decides whether it may touch it. */
import type { JsonObject } from '../../base/json.ts'
import type { Call } from '../../domain/call.ts'
import type { TaskParamsOf } from './task-params.ts'

export type Subject = Pick<Call, 'taskId' | 'contextId' | 'referenceTaskIds' | 'push'>

/** How the operations on configs name their task and what of them is kept as the call's config. */
const pushSubjects: Readonly<Partial<Record<TaskParamsOf, 'config' | 'task'>>> = {
  push_create: 'config',
  push_get: 'config',
  push_delete: 'config',
  push_list: 'task',
}

/** What an operation on a task is about, by its parameters in the form of 1.0. */
export function subjectOf(operation: TaskParamsOf, params: JsonObject): Subject {
  const about = pushSubjects[operation]
  const named = about === undefined ? params['id'] : params['taskId']
  const push = about === 'config' ? JSON.stringify(params) : null
  return { taskId: typeof named === 'string' ? named : null, contextId: null, referenceTaskIds: [], push }
}
