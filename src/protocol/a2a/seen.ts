/** What an answer or event says about its task, in neutral words, read where it stands. */
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { phaseOf, type TaskState } from '../../domain/task.ts'
import { progressMark } from './mark.ts'
import type { Member, View } from './reading.ts'
import type { Observation } from './revision.ts'
import type { Grammar } from './said.ts'
import { unwrap, type Wrapper } from './translate/event.ts'
import { stateTo10 } from './translate/words.ts'

export interface Sighting {
  readonly seen: Observation
  /** A task that stands there without the wrapper that says what it is. */
  readonly bare: boolean
}

type Ids = Pick<Observation, 'taskId' | 'contextId'>

/** Null if it is no answer of that grammar. */
export function observe(view: View, grammar: Grammar): Sighting | null {
  const seen = grammar === '0.3' ? observe03(view) : observeWrapped(view)
  if (seen !== null) return { seen, bare: false }
  if (!view.isObject('status') || view.text('id') === null || grammar === '0.3') return null
  return { seen: taskSeen(view.text('status.state'), idsAt(view, 'id', 'contextId')), bare: true }
}

function observeWrapped(view: View): Observation | null {
  if (view.isObject('task.status'))
    return taskSeen(view.text('task.status.state'), idsAt(view, 'task.id', 'task.contextId'))
  if (view.isObject('message')) return messageSeen(idsAt(view, 'message.taskId', 'message.contextId'))
  if (view.isObject('statusUpdate.status')) {
    const content = view.slice('statusUpdate.status.message.parts') ?? view.slice('statusUpdate.status.message.content')
    const ids = idsAt(view, 'statusUpdate.taskId', 'statusUpdate.contextId')
    return statusSeen(view.text('statusUpdate.status.state'), content, view.isTrue('statusUpdate.final'), ids)
  }
  if (!view.isObject('artifactUpdate')) return null
  const ids = idsAt(view, 'artifactUpdate.taskId', 'artifactUpdate.contextId')
  return artifactSeen(view.slice('artifactUpdate.artifact.parts'), ids)
}

function observe03(view: View): Observation | null {
  const ids = idsAt(view, 'taskId', 'contextId')
  const kind = view.text('kind')
  if (kind === 'message') return messageSeen(ids)
  if (kind === 'artifact-update')
    return view.isObject('artifact') ? artifactSeen(view.slice('artifact.parts'), ids) : null
  if (!view.isObject('status')) return null
  const state = view.text('status.state')
  if (kind === 'status-update') return status03(state, view, ids)
  const isTask = kind === 'task' || (kind === null && view.text('id') !== null)
  return isTask ? taskSeen(state, idsAt(view, 'id', 'contextId')) : null
}

/** 0.3 says itself what its last event is: some of its servers send artifacts after a state that is an end. */
function status03(state: string | null, view: View, ids: Ids): Observation {
  const seen = statusSeen(state, view.slice('status.message.parts'), view.isTrue('final'), ids)
  return { ...seen, last: view.isTrue('final') }
}

function idsAt(view: View, task: Member, context: Member): Ids {
  return { taskId: view.text(task), contextId: view.text(context) }
}

/** A snapshot may show the interruption this very call ends, so only a terminal one is the last event. */
function taskSeen(spelling: string | null, ids: Ids): Observation {
  const state = stateTo10(spelling ?? '')
  const kind = phaseOf(state)
  return { kind, ...ids, state, last: kind === 'terminal', mark: progressMark(spelling ?? '', null) }
}

function messageSeen(ids: Ids): Observation {
  return { kind: 'message', ...ids, state: null, last: true, mark: progressMark('message', null) }
}

function statusSeen(spelling: string | null, content: Buffer | null, final: boolean, ids: Ids): Observation {
  const state = stateTo10(spelling ?? '')
  const kind = kindOf(state, final)
  return { kind, ...ids, state, last: kind !== 'open', mark: progressMark(spelling ?? '', content) }
}

/** A final update in a state that is still open ends the stream, though not the task. */
function kindOf(state: TaskState, final: boolean): Observation['kind'] {
  const phase = phaseOf(state)
  return final && phase === 'open' ? 'interrupted' : phase
}

function artifactSeen(content: Buffer | null, ids: Ids): Observation {
  return { kind: 'open', ...ids, state: null, last: false, mark: progressMark('artifact', content) }
}

/** The same of an event of 1.0 that was made here. */
export function observeNeutral(event: JsonObject): Observation {
  const [wrapper, inner] = unwrap(event) ?? ['artifactUpdate', {}]
  return neutral[wrapper](inner)
}

const neutral: Readonly<Record<Wrapper, (inner: JsonObject) => Observation>> = {
  task: (task) => taskSeen(stateOf(task), idsOf(task, 'id')),
  message: (message) => messageSeen(idsOf(message, 'taskId')),
  statusUpdate(update) {
    const message = isJsonObject(update['status']) ? update['status']['message'] : null
    return statusSeen(stateOf(update), contentOf(message), false, idsOf(update, 'taskId'))
  },
  artifactUpdate: (update) => artifactSeen(contentOf(update['artifact']), idsOf(update, 'taskId')),
}

function stateOf({ status }: JsonObject): string | null {
  return isJsonObject(status) ? textOf(status['state']) : null
}

function idsOf(inner: JsonObject, task: 'id' | 'taskId'): Ids {
  return { taskId: textOf(inner[task]), contextId: textOf(inner['contextId']) }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function contentOf(holder: unknown): Buffer | null {
  return isJsonObject(holder) && holder['parts'] !== undefined ? Buffer.from(JSON.stringify(holder['parts'])) : null
}
