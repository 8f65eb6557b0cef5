/**
 * What a client saw, in words of no version, so that one expectation holds for every client: a second opinion on the
 * translation, written by hand and not with it.
 */
import type { PlainPart, State } from './matrix-script.ts'

export interface TaskView {
  readonly kind: 'task'
  readonly id: string
  readonly contextId: string
  readonly state: State
  /** The text of the message beside the state. */
  readonly said: string | null
  readonly artifacts: readonly { readonly id: string; readonly parts: readonly PlainPart[] }[]
  readonly history: number
}

export type View =
  | TaskView
  | { readonly kind: 'message'; readonly contextId: string; readonly parts: readonly PlainPart[] }
  | { readonly kind: 'status'; readonly taskId: string; readonly state: State; readonly said: string | null }
  | {
      readonly kind: 'artifact'
      readonly taskId: string
      readonly id: string
      readonly parts: readonly PlainPart[]
      readonly append: boolean
    }

type Json = { readonly [name: string]: Json } & readonly Json[] & string

const list = (value: Json | undefined): readonly Json[] => value ?? []
const stateOf = (word: Json | undefined): State =>
  String(word ?? 'unknown')
    .replace('TASK_STATE_', '')
    .toLowerCase()
    .replaceAll('_', '-') as State

/** Of a result or event of 1.0 in ProtoJSON, with its wrapper. */
export function view10(wrapped: object): View {
  const { task, message, statusUpdate, artifactUpdate } = wrapped as Readonly<Record<string, Json | undefined>>
  if (task) return taskView(task, part10)
  if (message)
    return { kind: 'message', contextId: message['contextId'] ?? '', parts: list(message['parts']).map(part10) }
  if (statusUpdate) return statusView(statusUpdate, part10)
  return artifactView(artifactUpdate ?? ({} as Json), part10)
}

/** Of a result or event of 0.3. */
export function view03(result: object): View {
  const value = result as Json
  const kind: string = value['kind'] ?? ''
  if (kind === 'task') return taskView(value, part03)
  if (kind === 'message') return { kind, contextId: value['contextId'] ?? '', parts: list(value['parts']).map(part03) }
  return kind === 'status-update' ? statusView(value, part03) : artifactView(value, part03)
}

type ReadPart = (part: Json) => PlainPart

function taskView(task: Json, read: ReadPart): TaskView {
  const artifacts = list(task['artifacts']).map((one) => ({
    id: String(one['artifactId']),
    parts: list(one['parts']).map(read),
  }))
  const { id = '', contextId = '', status } = task
  const state = stateOf(status?.['state'])
  return {
    kind: 'task',
    id,
    contextId,
    state,
    said: saidIn(status, read),
    artifacts,
    history: list(task['history']).length,
  }
}

function statusView(event: Json, read: ReadPart): View {
  const { taskId = '', status } = event
  return { kind: 'status', taskId, state: stateOf(status?.['state']), said: saidIn(status, read) }
}

function artifactView(event: Json, read: ReadPart): View {
  const { taskId = '', artifact, append } = event
  const parts = list(artifact?.['parts']).map(read)
  return { kind: 'artifact', taskId, id: String(artifact?.['artifactId']), parts, append: Boolean(append) }
}

function saidIn(status: Json | undefined, read: ReadPart): string | null {
  const [first] = list(status?.['message']?.['parts']).map(read)
  return first && 'text' in first ? first.text : null
}

function part10(part: Json): PlainPart {
  const { raw, url, text, data, mediaType = '', filename: name = '' } = part
  if (raw !== undefined) return { bytes: raw, mediaType, name }
  if (url !== undefined) return { url, mediaType, name }
  return text === undefined ? { data } : { text }
}

function part03(part: Json): PlainPart {
  const { kind, text = '', file, data, metadata } = part
  if (kind === ('text' as string)) return { text }
  if (!file) return { data: metadata?.['data_part_compat'] ? data?.['value'] : data }
  const { bytes, uri = '', mimeType: mediaType = '', name = '' } = file
  return bytes === undefined ? { url: uri, mediaType, name } : { bytes, mediaType, name }
}

/** The words of all text parts, one artifact behind the other. */
export function textsOf({ artifacts }: Pick<TaskView, 'artifacts'>): string {
  return artifacts.flatMap(({ parts }) => parts.map((part) => ('text' in part ? part.text : ''))).join('')
}
