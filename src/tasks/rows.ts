/** Rows as texts. What is read back was written by a Weir, but maybe by another one: what does not fit is not a row. */
import type { Millis } from '../base/clock.ts'
import { isJsonObject, type JsonObject, readJsonObject } from '../base/json.ts'
import type { DialectName } from '../domain/call.ts'
import { isAgentId, isHopId, isPersonId, isRunId } from '../domain/ids.ts'
import { isTaskState, type Party, type TaskRow } from '../domain/task.ts'

/** Ids that are longer are not kept, and so cannot be named again. Unit: characters. */
const idMax = 512
/** Unit: characters. */
export const memoMax = 4096

const dialects: ReadonlySet<unknown> = new Set<DialectName>([
  'a2a-1.0-jsonrpc',
  'a2a-1.0-rest',
  'a2a-0.3-jsonrpc',
  'a2a-0.3-rest',
])

/** Whether an id that a target or a caller made up is short enough to be kept. */
export function isKeepable(id: string): boolean {
  return id.length <= idMax
}

/** A task and when it came to its end; null while it has not. */
export interface DatedRow {
  readonly row: TaskRow
  readonly endedAt: Millis | null
}

export function writeRow({ row, endedAt }: DatedRow): string {
  return JSON.stringify({ ...row, endedAt })
}

export function readRow(text: string): DatedRow | null {
  const json = readJsonObject(text)
  const owner = json && partyIn(json['owner'])
  if (!json || !owner) return null
  const { target, taskId, contextId, hop, chain, instance, dialect, state, createdAt, updatedAt, memo, snapshot } = json
  const { endedAt } = json
  if (!isText(target) || !isAgentId(target) || !isText(taskId) || !isText(hop) || !isHopId(hop)) return null
  if (!isText(state) || !isTaskState(state) || !isMillis(createdAt) || !isMillis(updatedAt)) return null
  if (!isTextOrNull(contextId) || !isTextOrNull(instance) || !isTextOrNull(memo) || !isTextOrNull(snapshot)) return null
  if (!isDialectOrNull(dialect) || !(endedAt === null || isMillis(endedAt))) return null
  if (!Array.isArray(chain) || !chain.every((name) => isText(name) && isAgentId(name))) return null
  const facts = { hop, chain, instance, dialect, state, createdAt, updatedAt, memo, snapshot }
  return { row: { target, taskId, contextId, owner, ...facts }, endedAt }
}

function partyIn(json: unknown): Party | null {
  if (!isJsonObject(json)) return null
  const { agent, person, run } = json
  if (!isText(agent) || !isAgentId(agent)) return null
  if (!(person === null || (isText(person) && isPersonId(person)))) return null
  return run === null || (isText(run) && isRunId(run)) ? { agent, person, run } : null
}

/** Who uses a conversation. */
export interface UseRow {
  readonly target: string
  readonly contextId: string
  readonly agent: string
  /** As `selfOf` writes it, or a run. */
  readonly owner: string
}

export function readUse(text: string): UseRow | null {
  const { target, contextId, agent, owner } = readJsonObject(text) ?? {}
  if (!isText(target) || !isText(contextId) || !isText(agent) || !isText(owner)) return null
  return { target, contextId, agent, owner }
}

/** What is remembered of a conversation. */
export interface MemoRow {
  readonly target: string
  readonly contextId: string
  readonly memo: JsonObject
}

export function readMemo(text: string): MemoRow | null {
  const { target, contextId, memo } = readJsonObject(text, 64) ?? {}
  return isText(target) && isText(contextId) && isJsonObject(memo) ? { target, contextId, memo } : null
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string'
}

function isDialectOrNull(value: unknown): value is DialectName | null {
  return value === null || dialects.has(value)
}

function isMillis(value: unknown): value is Millis {
  return typeof value === 'number' && Number.isFinite(value)
}
