/** The parameters of a REST request on a task: the ids of its path, its query and its body, put together as 1.0 has them. */
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { camel } from './proto-names.ts'
import type { A2aVersion } from './revision.ts'
import {
  type BadParams,
  badParams,
  isBadParams,
  isNothing,
  readPush,
  readTaskParams,
  type TaskParamsOf,
} from './task-params.ts'

export interface RestAsk {
  readonly operation: TaskParamsOf
  readonly version: A2aVersion
  readonly taskId: string | null
  readonly configId: string | null
  readonly query: string
  /** An empty object where there is none. */
  readonly body: JsonObject
}

/** What the path says the body may repeat and not contradict. */
export function readRestParams(ask: RestAsk): JsonObject | BadParams {
  const { operation, taskId, configId, body } = ask
  if (operation === 'push_create') return readNewPush(ask)
  const query = readQuery(ask.query)
  if (isBadParams(query)) return query
  const ids = idsOf(operation, taskId, configId)
  if (Object.entries(ids).some(([name, id]) => !isNothing(body[name]) && body[name] !== id)) return otherTask
  const { metadata } = body
  const tenant = isNothing(body['tenant']) ? query['tenant'] : body['tenant']
  return readTaskParams(operation, { ...query, ...ids, metadata, tenant }, '1.0')
}

const otherTask = badParams('The body names another task than the path')

function idsOf(operation: TaskParamsOf, taskId: string | null, configId: string | null): JsonObject {
  if (operation === 'push_list') return { taskId }
  return operation.startsWith('push_') ? { taskId, id: configId } : { id: taskId }
}

function readNewPush({ version, taskId, body }: RestAsk): JsonObject | BadParams {
  const config = version === '1.0' ? readPush(body, '1.0', false) : readPush(configOf(body), '0.3-proto', false)
  if (isBadParams(config)) return config
  return isNothing(config['taskId']) || config['taskId'] === taskId
    ? readTaskParams('push_create', { ...config, taskId }, '1.0')
    : otherTask
}

/** Clients of 0.3 in Python send the whole request of their protobuf, with the config inside. */
function configOf(body: JsonObject): JsonObject {
  const { config } = body
  return isJsonObject(config) ? config : body
}

/** How each parameter of a query is read; what does not look like it stays a text, which the check refuses. */
const readers: Readonly<Record<string, (text: string) => unknown>> = {
  tenant: asText,
  contextId: asText,
  status: asText,
  pageToken: asText,
  statusTimestampAfter: asText,
  historyLength: asWhole,
  pageSize: asWhole,
  includeArtifacts: (text) => (text === 'true' || text === 'false' ? text === 'true' : text),
}

function asText(text: string): unknown {
  return text
}

function asWhole(text: string): unknown {
  return /^\d{1,10}$/.test(text) ? Number(text) : text
}

/** Names are taken in both spellings of protobuf, each once. */
function readQuery(query: string): JsonObject | BadParams {
  const read: Record<string, unknown> = {}
  if (query === '') return read
  for (const [said, text] of new URLSearchParams(query)) {
    const name = camel(said)
    const reader = Object.hasOwn(readers, name) ? readers[name] : undefined
    if (!reader || text === '') continue
    if (Object.hasOwn(read, name)) return badParams(`${name} is there more than once`)
    read[name] = reader(text)
  }
  return read
}
