/**
 * A task after an event: what a server of A2A keeps while it streams, so that whoever comes later gets a snapshot. All
 * of it is A2A 1.0 JSON; nothing that goes in is changed.
 */
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { phaseOf } from '../../domain/task.ts'
import { unwrap, type Wrapper } from './translate/event.ts'
import { objectsOf, pick, textOf } from './translate/members.ts'
import { stateTo10 } from './translate/words.ts'

/** How long the lists of a task may grow; beyond it they lose their oldest. */
export interface TaskMax {
  readonly history: number
  readonly artifacts: number
  /** Of one artifact: every chunk that is appended brings its own. */
  readonly parts: number
}

/** An agent that needs more keeps it itself, and is asked for it. */
const taskMax: TaskMax = { history: 1000, artifacts: 1000, parts: 10_000 }

/** The task after `event`; null while nothing named one. An event of another task, and a message, change nothing. */
export function fold(task: JsonObject | null, event: JsonObject, max: TaskMax = taskMax): JsonObject | null {
  const [wrapper, inner] = unwrap(event) ?? []
  if (wrapper === undefined || inner === undefined) return task
  const id = inner[wrapper === 'task' ? 'id' : 'taskId']
  if (task !== null && task['id'] !== id) return task
  return folders[wrapper](task, inner, max)
}

/**
 * The task after several events. Chunks of one artifact that follow each other are put together first, so that what has grown
 * long is copied once and not for each of them.
 */
export function foldAll(task: JsonObject | null, events: Iterable<JsonObject>): JsonObject | null {
  let folded = task
  let held: JsonObject | null = null
  for (const event of events) {
    const joined: JsonObject | null = held && joinChunks(held, event, taskMax)
    if (held && !joined) folded = fold(folded, held)
    held = joined ?? event
  }
  return held ? fold(folded, held) : folded
}

/** One event that says what the two say; null where they are not chunks of the same artifact. */
function joinChunks(one: JsonObject, other: JsonObject, max: TaskMax): JsonObject | null {
  const [first, second] = [chunkIn(one), chunkIn(other)]
  if (!first || !second || second.update['append'] !== true || first.update['taskId'] !== second.update['taskId'])
    return null
  if (first.artifact['artifactId'] !== second.artifact['artifactId']) return null
  const artifact = append(first.artifact, second.artifact, max)
  return { artifactUpdate: { ...first.update, artifact, ...mergedMetadata(first.update, second.update) } }
}

function chunkIn(event: JsonObject): { readonly update: JsonObject; readonly artifact: JsonObject } | null {
  const [wrapper, update] = unwrap(event) ?? []
  if (wrapper !== 'artifactUpdate' || update === undefined) return null
  const { artifact } = update
  return isJsonObject(artifact) ? { update, artifact } : null
}

type Folder = (task: JsonObject | null, inner: JsonObject, max: TaskMax) => JsonObject | null

const folders: Readonly<Record<Wrapper, Folder>> = {
  message: (task) => task,
  task: (before, task, max) => (before === null ? task : replaceTask(before, task, max)),
  statusUpdate: (task, update, max) => (isOver(task, update) ? task : foldStatus(task ?? begin(update), update, max)),
  artifactUpdate: (task, update, max) => foldArtifact(task ?? begin(update), update, max),
}

/** An agent may name its task with an update only. */
function begin({ taskId, contextId }: JsonObject): JsonObject {
  return {
    id: taskId,
    ...(textOf(contextId) === null ? {} : { contextId }),
    status: { state: 'TASK_STATE_UNSPECIFIED' },
  }
}

/** A terminal state is the last one (A2A 1.0 section 3.1.2); a straggler does not bring a task back. */
function isOver(task: JsonObject | null, update: JsonObject): boolean {
  const before = stateOf(task)
  return phaseOf(before) === 'terminal' && before !== stateOf(update)
}

function stateOf(of: JsonObject | null): ReturnType<typeof stateTo10> {
  const status = of?.['status']
  return stateTo10((isJsonObject(status) ? textOf(status['state']) : null) ?? '')
}

/** A snapshot may come without what was left out of it to keep it short. */
function replaceTask(before: JsonObject, task: JsonObject, max: TaskMax): JsonObject {
  const history = objectsOf(task['history'])
  const artifacts = mergeById(objectsOf(before['artifacts']), objectsOf(task['artifacts']), 'artifactId')
  return {
    ...task,
    ...listOf('artifacts', artifacts, max.artifacts),
    ...listOf('history', history.length > 0 ? history : objectsOf(before['history']), max.history),
    ...mergedMetadata(before, task),
  }
}

/** What the status said before becomes history, as the SDKs' servers keep it; some of them have put it there already. */
function foldStatus(task: JsonObject, update: JsonObject, max: TaskMax): JsonObject {
  const { status } = update
  if (!isJsonObject(status)) return task
  const said = isJsonObject(task['status']) ? task['status']['message'] : null
  const history = objectsOf(task['history'])
  const isKnown = isJsonObject(said) && history.some((message) => message['messageId'] === said['messageId'])
  const longer = isJsonObject(said) && !isKnown ? [...history, said] : history
  return { ...task, status, ...listOf('history', longer, max.history), ...mergedMetadata(task, update) }
}

function foldArtifact(task: JsonObject, update: JsonObject, max: TaskMax): JsonObject {
  const { artifact } = update
  if (!isJsonObject(artifact)) return task
  const artifacts = objectsOf(task['artifacts'])
  const before = artifacts.find((one) => one['artifactId'] === artifact['artifactId'])
  const after = before !== undefined && update['append'] === true ? append(before, artifact, max) : artifact
  const all = mergeById(artifacts, [after], 'artifactId')
  return { ...task, ...listOf('artifacts', all, max.artifacts), ...mergedMetadata(task, update) }
}

/** Chunks stay parts of their own: whether two texts may be joined is the agent's secret. */
function append(before: JsonObject, artifact: JsonObject, max: TaskMax): JsonObject {
  const parts = [...objectsOf(before['parts']), ...objectsOf(artifact['parts'])]
  const said = pick(artifact, Object.keys(artifact))
  const kept = parts.length > max.parts ? parts.slice(-max.parts) : parts
  return { ...before, ...said, parts: kept, ...mergedMetadata(before, artifact) }
}

function mergeById(before: readonly JsonObject[], after: readonly JsonObject[], id: string): readonly JsonObject[] {
  if (before.length === 0 || after.length === 0) return before.length === 0 ? after : before
  const byId = new Map(after.map((one) => [one[id], one]))
  const merged = before.map((one) => byId.get(one[id]) ?? one)
  const known = new Set(before.map((one) => one[id]))
  return [...merged, ...after.filter((one) => !known.has(one[id]))]
}

function listOf(name: string, list: readonly JsonObject[], max: number): JsonObject {
  return list.length === 0 ? {} : { [name]: list.length > max ? list.slice(-max) : list }
}

function mergedMetadata(before: JsonObject, after: JsonObject): JsonObject {
  if (!isJsonObject(after['metadata'])) return isJsonObject(before['metadata']) ? { metadata: before['metadata'] } : {}
  return { metadata: { ...(isJsonObject(before['metadata']) ? before['metadata'] : {}), ...after['metadata'] } }
}

/** The task with the newest `historyLength` messages: 0 leaves none, null leaves all (A2A 1.0 section 3.2.4). */
export function trimHistory(task: JsonObject, historyLength: number | null): JsonObject {
  if (historyLength === null || !Object.hasOwn(task, 'history')) return task
  const { history, ...rest } = task
  if (historyLength <= 0 || !Array.isArray(history)) return rest
  return history.length <= historyLength ? task : { ...rest, history: objectsOf(history).slice(-historyLength) }
}
