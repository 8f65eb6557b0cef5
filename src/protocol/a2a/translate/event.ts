/**
 * Answers and events: one wrapper member says what they are in 1.0 and in the protobuf of 0.3, a `kind` in 0.3. 0.3 says
 * beside a status whether it is the last word.
 */
import { isJsonObject, type JsonObject } from '../../../base/json.ts'
import { phaseOf } from '../../../domain/task.ts'
import type { Grammar } from '../said.ts'
import { pick } from './members.ts'
import { messageFrom10, readMessage } from './message.ts'
import { artifactFrom10, artifactTo10, statusAndNote, statusFrom10, taskFrom10, taskTo10, withStatus } from './task.ts'
import { stateTo10 } from './words.ts'

type Old = Exclude<Grammar, '1.0'>

const wrappers = ['task', 'message', 'statusUpdate', 'artifactUpdate'] as const

export type Wrapper = (typeof wrappers)[number]

const kinds: ReadonlyMap<unknown, Wrapper> = new Map([
  ['task', 'task'],
  ['message', 'message'],
  ['status-update', 'statusUpdate'],
  ['artifact-update', 'artifactUpdate'],
])

const shared = ['taskId', 'contextId'] as const

/** What an event of 1.0 wraps; null for what is no event. */
export function unwrap(event: JsonObject): readonly [Wrapper, JsonObject] | null {
  for (const wrapper of wrappers) {
    const inner = event[wrapper]
    if (isJsonObject(inner)) return [wrapper, inner]
  }
  return null
}

/** An event in 1.0; null for what is no event of that grammar. */
export function eventTo10(event: JsonObject, from: Grammar): JsonObject | null {
  const [wrapper, inner] = (from === '0.3' ? unwrap03(event) : unwrap(event)) ?? []
  if (wrapper === undefined || inner === undefined) return null
  if (from === '1.0') {
    const read = wrapper === 'task' || wrapper === 'statusUpdate' ? withStatus(inner, from) : inner
    return read === inner ? event : { ...event, [wrapper]: read }
  }
  return { [wrapper]: readers[wrapper](inner, from) }
}

/** An event of 1.0 in an older grammar. `last` says that nothing comes after it. */
export function eventFrom10(event: JsonObject, to: Grammar, last: boolean): JsonObject {
  if (to === '1.0') return event
  const [wrapper, inner] = unwrap(event) ?? ['message', {}]
  const written = writers[wrapper](inner, to, last)
  return to === '0.3' ? written : { [wrapper]: written }
}

/** A task of 0.3 is known without its kind as well: the first servers of that line left it out. */
function unwrap03(event: JsonObject): readonly [Wrapper, JsonObject] | null {
  const wrapper = kinds.get(event['kind']) ?? (isJsonObject(event['status']) ? 'task' : null)
  return wrapper === null ? null : [wrapper, event]
}

const readers: Readonly<Record<Wrapper, (inner: JsonObject, from: Old) => JsonObject>> = {
  task: taskTo10,
  message: readMessage,
  statusUpdate: (inner, from) => ({ ...pick(inner, shared), ...statusAndNote(inner, from) }),
  artifactUpdate: (inner, from) => {
    const artifact = isJsonObject(inner['artifact']) ? inner['artifact'] : {}
    return { ...pick(inner, [...shared, 'append', 'lastChunk', 'metadata']), artifact: artifactTo10(artifact, from) }
  },
}

const writers: Readonly<Record<Wrapper, (inner: JsonObject, to: Old, last: boolean) => JsonObject>> = {
  task: taskFrom10,
  message: messageFrom10,
  statusUpdate(inner, to, last) {
    const { status, metadata } = statusFrom10(inner, to)
    const state = isJsonObject(inner['status']) ? String(inner['status']['state']) : ''
    const final = last || phaseOf(stateTo10(state)) !== 'open'
    const whole = { ...kindOf('status-update', to), ...idsOf(inner), status }
    return {
      ...whole,
      ...(final || to === '0.3' ? { final } : {}),
      ...(metadata === undefined ? {} : { metadata }),
    }
  },
  artifactUpdate(inner, to) {
    const artifact = isJsonObject(inner['artifact']) ? inner['artifact'] : {}
    return {
      ...kindOf('artifact-update', to),
      ...idsOf(inner),
      artifact: artifactFrom10(artifact, to),
      ...pick(inner, ['append', 'lastChunk', 'metadata']),
    }
  },
}

function kindOf(kind: string, to: Old): JsonObject {
  return to === '0.3' ? { kind } : {}
}

/** 0.3 requires both. */
function idsOf({ taskId, contextId }: JsonObject): JsonObject {
  return {
    taskId: typeof taskId === 'string' ? taskId : '',
    contextId: typeof contextId === 'string' ? contextId : '',
  }
}
