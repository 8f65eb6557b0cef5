/** Answers that the gateway gives from what it keeps itself: tasks, their lists, and push notification configs. */
import type { JsonObject } from '../../base/json.ts'
import { sayNeutral } from './neutral.ts'
import { grammars } from './said.ts'
import { taskFrom10 } from './translate/task.ts'
import { pushFrom10 } from './translate/push.ts'
import { type Asker, envelope, writeSaid } from './write-said.ts'

/** A task of 1.0; `get` and `cancel` get it bare, all others as the event that says it is a task. */
export function writeTask(task: JsonObject, call: Asker): Buffer {
  return writeSaid(sayNeutral({ task }), call)
}

export interface TaskPage {
  readonly tasks: readonly JsonObject[]
  /** Where the next page begins, `''` for the last; always there (A2A 1.0 section 3.1.4). */
  readonly nextPageToken: string
  readonly pageSize: number
  readonly totalSize: number
}

export function writeTaskList(page: TaskPage, call: Asker): Buffer {
  const grammar = grammars[call.dialect]
  const tasks = grammar === '1.0' ? page.tasks : page.tasks.map((task) => taskFrom10(task, grammar))
  const { nextPageToken, pageSize, totalSize } = page
  return written({ tasks, nextPageToken, pageSize, totalSize }, call)
}

/** A config of 1.0, as it was created or is asked for. */
export function writePush(config: JsonObject, call: Asker): Buffer {
  return written(pushFrom10(config, grammars[call.dialect]), call)
}

/** 0.3 over JSON-RPC has a bare list. */
export function writePushList(configs: readonly JsonObject[], call: Asker): Buffer {
  const grammar = grammars[call.dialect]
  const list = configs.map((config) => pushFrom10(config, grammar))
  return written(grammar === '0.3' ? list : { configs: list }, call)
}

/** The answer to what has none, as to the deletion of a config: null over JSON-RPC, no body over REST. */
export function writeNothing(call: Asker): Buffer {
  const body = envelope(Buffer.from('null'), call)
  return body.length > 4 ? body : Buffer.alloc(0)
}

function written(value: unknown, call: Asker): Buffer {
  return envelope(Buffer.from(JSON.stringify(value)), call)
}
