/** The parameters of what is asked about work that was started before: read from any revision, checked, in the form of 1.0. */
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { Operation } from '../../domain/call.ts'
import type { Grammar } from './said.ts'
import { pushTo10 } from './translate/push.ts'
import { isStateWord, stateTo10 } from './translate/words.ts'

/** Ids of tasks, conversations and configs are kept in records and in URLs. Unit: characters. */
const idMax = 256
/** Unit: characters. */
const pageTokenMax = 4096
const pageSizeMax = 100
/** What a protobuf integer holds. */
const wholeMax = 2 ** 31 - 1

/** What is wrong with them, as a sentence for the caller. */
export interface BadParams {
  readonly kind: 'bad_params'
  readonly message: string
}

export function isBadParams(read: object): read is BadParams {
  return 'kind' in read && read.kind === 'bad_params'
}

export function badParams(message: string): BadParams {
  return { kind: 'bad_params', message }
}

type Reader = (given: JsonObject, grammar: Grammar) => JsonObject | BadParams

/** Whoever reads a `name` takes another task than whoever reads the id. */
const forbidden = badParams('params.name is not read; say the id of the task')

/** Reads the parameters of an operation on a task from those a JSON-RPC request has in that grammar. */
export function readTaskParams(operation: TaskParamsOf, given: JsonObject, grammar: Grammar): JsonObject | BadParams {
  if (given['tenant'] !== undefined && given['tenant'] !== null && given['tenant'] !== '') return noTenant
  return operation !== 'push_create' && !isNothing(given['name']) ? forbidden : readers[operation](given, grammar)
}

export type TaskParamsOf = Exclude<Operation, 'send' | 'stream'>

export const noTenant = badParams('No tenant was advertised here')

const readers: Readonly<Record<TaskParamsOf, Reader>> = {
  get({ id, historyLength }) {
    if (!isId(id)) return noId
    return isOptionalWhole(historyLength) ? { id, ...given({ historyLength }) } : badWhole('historyLength')
  },
  list: readListParams,
  cancel({ id, metadata }) {
    if (!isId(id)) return noId
    return isNothing(metadata) || isJsonObject(metadata)
      ? { id, ...given({ metadata }) }
      : badParams('metadata must be an object')
  },
  subscribe: ({ id }) => (isId(id) ? { id } : noId),
  push_create: (value, grammar) => readPush(value, grammar, true),
  push_get: (value, grammar) => readConfigName(value, grammar, 'get'),
  push_delete: (value, grammar) => readConfigName(value, grammar, 'delete'),
  push_list(value, grammar) {
    const taskId = grammar === '1.0' ? value['taskId'] : value['id']
    const { pageSize, pageToken } = value
    return isId(taskId) ? (refusalOfPage(value) ?? { taskId, ...given({ pageSize, pageToken }) }) : noId
  },
  card: () => ({}),
}

const noId = badParams('The id of the task must be a string of at most 256 characters')
const noConfigId = badParams('The id of the config must be a string of at most 256 characters')

function readListParams(value: JsonObject): JsonObject | BadParams {
  const { contextId, status, pageSize, pageToken, historyLength, statusTimestampAfter, includeArtifacts } = value
  const refusal = refusalOfPage(value)
  if (refusal) return refusal
  if (!isNothing(contextId) && !isName(contextId))
    return badParams('contextId must be a string of at most 256 characters')
  const state = isNothing(status) ? null : readState(status)
  if (isBad(state)) return state
  if (!isOptionalWhole(historyLength)) return badWhole('historyLength')
  if (!isNothing(statusTimestampAfter) && !isTime(statusTimestampAfter))
    return badParams('statusTimestampAfter must be a time (RFC 3339)')
  if (!isNothing(includeArtifacts) && typeof includeArtifacts !== 'boolean')
    return badParams('includeArtifacts must be true or false')
  const filters = {
    contextId,
    status: state,
    pageSize,
    pageToken,
    historyLength,
    statusTimestampAfter,
    includeArtifacts,
  }
  return given(filters)
}

function isBad(value: string | BadParams | null): value is BadParams {
  return typeof value === 'object' && value !== null
}

function readState(status: unknown): string | BadParams | null {
  if (typeof status !== 'string' || !isStateWord(status)) return badParams('status must be a state of a task')
  const state = stateTo10(status)
  return state === 'TASK_STATE_UNSPECIFIED' ? null : state
}

function refusalOfPage({ pageSize, pageToken }: JsonObject): BadParams | null {
  if (!isNothing(pageSize) && !(isWhole(pageSize) && pageSize >= 1 && pageSize <= pageSizeMax))
    return badParams(`pageSize must be a whole number from 1 to ${pageSizeMax}`)
  const isToken = isNothing(pageToken) || (typeof pageToken === 'string' && pageToken.length <= pageTokenMax)
  return isToken ? null : badParams('pageToken must be one that a list has answered')
}

/** A config as a call hands it in; `named` where it must say which task it is for. */
export function readPush(value: JsonObject, grammar: Grammar, named: boolean): JsonObject | BadParams {
  const read = pushTo10(value, grammar)
  if (!read) return badParams('A push notification config needs a url')
  const { tenant, ...config } = read
  if (!isNothing(tenant)) return noTenant
  if (named && !isId(config['taskId'])) return noId
  if (!isNothing(config['id']) && !isId(config['id'])) return noConfigId
  return config
}

/** In 0.3 the id of the config may be left out when one is read: then it is that of the task. */
function readConfigName(value: JsonObject, grammar: Grammar, how: 'get' | 'delete'): JsonObject | BadParams {
  const is10 = grammar === '1.0'
  const taskId = is10 ? value['taskId'] : value['id']
  const said = is10 ? value['id'] : value['pushNotificationConfigId']
  const id = isNothing(said) && !is10 && how === 'get' ? taskId : said
  if (!isId(taskId)) return noId
  return isId(id) ? { taskId, id } : noConfigId
}

/** An id that can stand in a path: a lone surrogate cannot be written there, and dots would lead out of it. */
function isId(value: unknown): value is string {
  return isName(value) && value !== '.' && value !== '..'
}

/** An id that only stands in bodies and records. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= idMax && value.isWellFormed()
}

function isTime(value: unknown): boolean {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) && !Number.isNaN(Date.parse(value))
}

/** In ProtoJSON what is null or an empty text is absent. */
export function isNothing(value: unknown): value is null | undefined | '' {
  return value === undefined || value === null || value === ''
}

export function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= wholeMax
}

function isOptionalWhole(value: unknown): boolean {
  return value === undefined || value === null || isWhole(value)
}

function badWhole(name: string): BadParams {
  return badParams(`${name} must be a whole number that is not negative`)
}

/** Those of the members that say something. */
function given(members: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => !isNothing(value)))
}
