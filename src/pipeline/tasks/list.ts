/**
 * ListTasks, from the table: the agent sees one credential and would list everybody's. Each task of the page is shown as
 * its agent says it stands, or as it was last seen where the agent does not answer in time.
 */
import type { JsonObject } from '../../base/json.ts'
import { isJsonObject } from '../../base/json.ts'
import { isTaskState, type TaskRow } from '../../domain/task.ts'
import { isDenial } from '../../domain/verdict.ts'
import { a2aErrors } from '../../protocol/a2a/errors.ts'
import { neutralOf } from '../../protocol/a2a/neutral.ts'
import { paramsOf } from '../../protocol/a2a/params.ts'
import { trimHistory } from '../../protocol/a2a/fold.ts'
import { shortened, sizeOf } from '../../protocol/a2a/shorten.ts'
import { writeTaskList } from '../../protocol/a2a/write-task.ts'
import { watchOf } from '../standing.ts'
import { type AgentEntry, type Road, serverOf } from '../road.ts'
import type { Visit } from '../visit.ts'
import { answer, refuseAsProtocol } from './answer.ts'
import { askAgent, remembered } from './ask.ts'
import { claimForWeir } from './claim.ts'
import type { Asker } from './mission.ts'
import type { Asking } from './asking.ts'

const usualPage = 50
/** The page is answered by then, whoever else has not answered. Unit: milliseconds. */
const patience_ms = 2000
/** Tasks of one page asked about at once. */
const atOnce = 8

export async function listTasks(visit: Visit, { party, target }: Asking): Promise<void> {
  const { road, call, inbound } = visit
  const params = paramsOf(call)
  const query = queryOf(target, params)
  const page = road.tasks.list(query, party)
  if (!page)
    return refuseAsProtocol(
      visit,
      { code: a2aErrors.invalid_params.code, message: 'The page token is not valid' },
      'tasks.cursor',
    )
  const asker = { headers: inbound.headers, standing: watchOf(visit) }
  const tasks = await showAll({ road, target, asker, shape: shapeOf(params, road) }, page.rows)
  const { nextPageToken, totalSize } = page
  answer(visit, writeTaskList({ tasks, nextPageToken, pageSize: query.pageSize, totalSize }, call))
}

function queryOf({ settings }: AgentEntry, params: JsonObject): Parameters<Road['tasks']['list']>[0] {
  const { contextId, status, pageSize, pageToken, statusTimestampAfter } = params
  return {
    target: serverOf(settings),
    contextId: typeof contextId === 'string' && contextId !== '' ? contextId : null,
    state: typeof status === 'string' && isTaskState(status) && status !== 'TASK_STATE_UNSPECIFIED' ? status : null,
    since: typeof statusTimestampAfter === 'string' ? Date.parse(statusTimestampAfter) : null,
    pageSize: typeof pageSize === 'number' ? pageSize : usualPage,
    pageToken: typeof pageToken === 'string' ? pageToken : '',
  }
}

type Shape = (task: JsonObject) => JsonObject

/**
 * Makes of a task what was asked for, at once, so that nothing else of it is held. All of a page is no larger than one answer
 * of an agent: beyond it, tasks are shown without what makes them long.
 */
function shapeOf({ historyLength, includeArtifacts }: JsonObject, { relay }: Road): Shape {
  const length = typeof historyLength === 'number' ? historyLength : 0
  let left = relay.bench.settings.answer_bytes
  return (task) => {
    const asked = trim(trimHistory(task, length), includeArtifacts === true)
    const size = sizeOf(asked)
    if (size > left) return shortened(trim(trimHistory(task, 0), false))
    left -= size
    return asked
  }
}

interface Looking {
  readonly road: Road
  readonly target: AgentEntry
  readonly asker: Asker
  readonly shape: Shape
}

/** In the order of the page, however long each takes. */
async function showAll(looking: Looking, rows: readonly TaskRow[]): Promise<readonly JsonObject[]> {
  const { road, target, shape } = looking
  if (target.driver?.features.get === false) return rows.map((row) => shape(remembered(road, row)))
  const shown = new Map<TaskRow, JsonObject>()
  let next = 0
  const work = async (): Promise<void> => {
    for (let at = next++; at < rows.length; at = next++) {
      const row = rows[at]
      const task = row ? await look(looking, row) : null
      if (row && task) shown.set(row, shape(task))
    }
  }
  const all = Promise.all(Array.from({ length: Math.min(atOnce, rows.length) }, work))
  const patience = Promise.withResolvers<void>()
  const alarm = road.relay.bench.wheel.after(patience_ms, patience.resolve)
  await Promise.race([all, patience.promise])
  alarm.cancel()
  // Nobody waits for the rest.
  next = rows.length
  return rows.map((row) => shown.get(row) ?? shape(remembered(road, row)))
}

async function look({ road, target, asker }: Looking, row: TaskRow): Promise<JsonObject | null> {
  const heard = await askAgent(road, target, { operation: 'get', claim: claimForWeir(row), historyLength: null, asker })
  if (isDenial(heard) || heard.kind === 'fault' || heard.answer.kind !== 'said') return null
  const { task } = neutralOf(heard.answer)
  return isJsonObject(task) && task['id'] === row.taskId ? task : null
}

function trim(task: JsonObject, withArtifacts: boolean): JsonObject {
  if (withArtifacts) return task
  const { artifacts: _, ...rest } = task
  return rest
}
