/** Tasks, their states and their artifacts. Reading is total: an agent that leaves out a member is understood as far as it goes. */
import { isJsonObject, type JsonObject } from '../../../base/json.ts'
import type { Grammar } from '../said.ts'
import { objectsOf, pick, textOf, withNote, withoutNote } from './members.ts'
import { messageFrom10, readMessage } from './message.ts'
import { partFrom10, partTo10 } from './part.ts'
import { isStateWord, stateFrom10, stateTo10 } from './words.ts'

type Old = Exclude<Grammar, '1.0'>

/** Where a state that no revision knows is kept. */
const stateNote = 'a2a.state'

const ofArtifact = ['artifactId', 'name', 'description', 'metadata', 'extensions'] as const

/** A task in 1.0. One of 1.0 stays as it is, with every member that we do not know. */
export function taskTo10(task: JsonObject, from: Grammar): JsonObject {
  if (from === '1.0') return withStatus(task, from)
  const artifacts = objectsOf(task['artifacts']).map((artifact) => artifactTo10(artifact, from))
  const history = objectsOf(task['history']).map((message) => readMessage(message, from))
  return {
    id: textOf(task['id']) ?? '',
    ...pick(task, ['contextId']),
    ...statusAndNote(task, from),
    ...(artifacts.length > 0 ? { artifacts } : {}),
    ...(history.length > 0 ? { history } : {}),
  }
}

export function taskFrom10(task: JsonObject, to: Old): JsonObject {
  const artifacts = objectsOf(task['artifacts']).map((artifact) => artifactFrom10(artifact, to))
  const history = objectsOf(task['history']).map((message) => messageFrom10(message, to))
  return {
    ...(to === '0.3' ? { kind: 'task' } : {}),
    id: textOf(task['id']) ?? '',
    contextId: textOf(task['contextId']) ?? '',
    ...statusFrom10(task, to),
    ...(artifacts.length > 0 ? { artifacts } : {}),
    ...(history.length > 0 ? { history } : {}),
  }
}

/** `status` and `metadata` of a task or a status update, in 1.0. */
export function statusAndNote(of: JsonObject, from: Old): JsonObject {
  const status = isJsonObject(of['status']) ? of['status'] : {}
  const message = status['message'] ?? (from === '0.3-proto' ? status['update'] : undefined)
  const spelling = textOf(status['state'])
  return {
    status: {
      state: stateTo10(spelling ?? ''),
      ...(isJsonObject(message) ? { message: readMessage(message, from) } : {}),
      ...pick(status, ['timestamp']),
    },
    ...noteOf(of, spelling),
  }
}

function noteOf(of: JsonObject, spelling: string | null): JsonObject {
  const { metadata } = of
  if (spelling !== null && !isStateWord(spelling)) return withNote(metadata, stateNote, spelling)
  return isJsonObject(metadata) ? { metadata } : {}
}

/** The same of 1.0 in an older grammar; a state that nobody knows gets its name back. */
export function statusFrom10(of: JsonObject, to: Old): JsonObject {
  const status = isJsonObject(of['status']) ? of['status'] : {}
  const metadata = isJsonObject(of['metadata']) ? of['metadata'] : null
  const state = stateTo10(textOf(status['state']) ?? '')
  const noted = state === 'TASK_STATE_UNSPECIFIED' && to === '0.3' ? textOf(metadata?.[stateNote]) : null
  const kept = metadata === null ? {} : noted === null ? { metadata } : withoutNote(metadata, stateNote)
  return {
    status: {
      state: noted ?? stateFrom10(state, to),
      ...(isJsonObject(status['message']) ? { message: messageFrom10(status['message'], to) } : {}),
      ...pick(status, ['timestamp']),
    },
    ...kept,
  }
}

export function artifactTo10(artifact: JsonObject, from: Old): JsonObject {
  const parts = objectsOf(artifact['parts']).map((part) => partTo10(part, from) ?? { data: part })
  return { ...pick(artifact, ofArtifact), parts }
}

export function artifactFrom10(artifact: JsonObject, to: Old): JsonObject {
  const parts = objectsOf(artifact['parts']).map((part) => partFrom10(part, to))
  return { ...pick(artifact, ofArtifact), parts }
}

/** 1.0 in a spelling of another revision, as some agents mix them, is put right; everything else is left alone. */
export function withStatus(of: JsonObject, from: '1.0'): JsonObject {
  const { status } = of
  const spelling = isJsonObject(status) ? textOf(status['state']) : null
  if (!isJsonObject(status) || spelling === null || spelling === stateFrom10(stateTo10(spelling), from)) return of
  return { ...of, status: { ...status, state: stateTo10(spelling) }, ...noteOf(of, spelling) }
}
