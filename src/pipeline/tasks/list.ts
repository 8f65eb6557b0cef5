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
  const shown = await showAll(road, target, page.rows, asker)
  const length = params['historyLength']
  const historyLength = typeof length === 'number' ? length : 0
  const withArtifacts = params['includeArtifacts'] === true
  const tasks = shown.map((task) => trim(trimHistory(task, historyLength), withArtifacts))
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

/** In the order of the page, however long each takes. */
async function showAll(
  road: Road,
  target: AgentEntry,
  rows: readonly TaskRow[],
  asker: Asker,
): Promise<readonly JsonObject[]> {
  const shown = rows.map((row) => remembered(road, row))
  if (target.driver?.features.get === false) return shown
  let next = 0
  const work = async (): Promise<void> => {
    for (let at = next++; at < rows.length; at = next++) {
      const row = rows[at]
      const task = row ? await look(road, target, row, asker) : null
      if (task) shown[at] = task
    }
  }
  const all = Promise.all(Array.from({ length: Math.min(atOnce, rows.length) }, work))
  const late = Promise.withResolvers<void>()
  const alarm = road.relay.bench.wheel.after(patience_ms, late.resolve)
  await Promise.race([all, late.promise])
  alarm.cancel()
  return [...shown]
}

async function look(road: Road, target: AgentEntry, row: TaskRow, asker: Asker): Promise<JsonObject | null> {
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
