/** The events that lead from one look at a task to the next: what an agent without streams would have said meanwhile. */
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { isTaskState, phaseOf } from '../../domain/task.ts'

/** In A2A 1.0 JSON, artifacts first, so that the status that ends a stream comes last. Empty where nothing has changed. */
export function changesBetween(before: JsonObject, after: JsonObject): readonly JsonObject[] {
  const ids = { taskId: after['id'], contextId: after['contextId'] }
  return [...artifactChanges(before, after, ids), ...statusChange(before, after, ids)]
}

/** Whether nobody works on a task any more, as far as its status says. */
export function isSettled(task: JsonObject): boolean {
  const { status } = task
  const state = isJsonObject(status) ? status['state'] : null
  return typeof state === 'string' && isTaskState(state) && phaseOf(state) !== 'open'
}

function artifactChanges(before: JsonObject, after: JsonObject, ids: JsonObject): readonly JsonObject[] {
  const known = new Map(artifactsOf(before).map((artifact) => [artifact['artifactId'], artifact]))
  return artifactsOf(after).flatMap((artifact) => {
    const old = known.get(artifact['artifactId'])
    const update = old ? growth(old, artifact) : { artifact, append: false, lastChunk: true }
    return update ? [{ artifactUpdate: { ...ids, ...update } }] : []
  })
}

/** Only the parts that are new where the old ones stand before them; the whole artifact where it was changed. */
function growth(old: JsonObject, artifact: JsonObject): JsonObject | null {
  const [oldParts, parts] = [listOf(old['parts']), listOf(artifact['parts'])]
  if (JSON.stringify(old) === JSON.stringify(artifact)) return null
  const grew = parts.length > oldParts.length && sameText(oldParts, parts.slice(0, oldParts.length))
  if (!grew) return { artifact, append: false, lastChunk: true }
  return { artifact: { ...artifact, parts: parts.slice(oldParts.length) }, append: true, lastChunk: true }
}

/** What the task says beside it comes along: an agent that streams says it with its last status as well. */
function statusChange(before: JsonObject, after: JsonObject, ids: JsonObject): readonly JsonObject[] {
  if (sameText(withoutTime(before['status']), withoutTime(after['status']))) return []
  const { status, metadata } = after
  return [{ statusUpdate: { ...ids, status, ...(isJsonObject(metadata) ? { metadata } : {}) } }]
}

/** A clock that goes on is no progress. */
function withoutTime(status: unknown): unknown {
  if (!isJsonObject(status)) return null
  const { timestamp: _, ...lasting } = status
  return lasting
}

function artifactsOf({ artifacts }: JsonObject): readonly JsonObject[] {
  return listOf(artifacts).filter(isJsonObject)
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function sameText(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
