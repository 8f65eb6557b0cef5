/** What an agent answered, as the result of a tool: its words for the model, its state for whoever comes back. */
import { isJsonObject, type JsonObject } from '../../../base/json.ts'
import { isTaskState, phaseOf, type TaskState } from '../../../domain/task.ts'

/** The states of A2A 1.0 in the words of models; one that nobody knows is being worked on. */
const states: Readonly<Record<TaskState, string>> = {
  TASK_STATE_UNSPECIFIED: 'working',
  TASK_STATE_SUBMITTED: 'submitted',
  TASK_STATE_WORKING: 'working',
  TASK_STATE_COMPLETED: 'completed',
  TASK_STATE_FAILED: 'failed',
  TASK_STATE_CANCELED: 'canceled',
  TASK_STATE_INPUT_REQUIRED: 'input_required',
  TASK_STATE_REJECTED: 'rejected',
  TASK_STATE_AUTH_REQUIRED: 'auth_required',
}

/** An answer that is not what was hoped for is still one: the model reads why. */
const failures: ReadonlySet<TaskState> = new Set(['TASK_STATE_FAILED', 'TASK_STATE_CANCELED', 'TASK_STATE_REJECTED'])

export const answerSchema = {
  type: 'object',
  properties: {
    state: {
      type: 'string',
      enum: [...new Set(Object.values(states))],
      description:
        'completed: the answer is there. submitted, working: come back with the task_id. input_required: the agent asks ' +
        'something, answer it with a message and the task_id. auth_required: a person has to let it go on.',
    },
    task_id: { type: 'string', description: 'To come back to this task; absent where there is none.' },
    context_id: { type: 'string', description: 'To go on with this conversation.' },
  },
  required: ['state'],
} as const

/** What an agent has said: a task as it stands, or a message and no task. In A2A 1.0 JSON. */
export type AgentAnswer =
  | { readonly kind: 'task'; readonly task: JsonObject }
  | { readonly kind: 'message'; readonly message: JsonObject }

export interface ResultManner {
  /** The tool, as its caller knows it. */
  readonly tool: string
  /** Whether its caller understands links to resources (MCP 2025-06-18 and later). */
  readonly links: boolean
}

export function resultOf(answer: AgentAnswer, manner: ResultManner): JsonObject {
  if (answer.kind === 'message') {
    const { message } = answer
    const content = contentOf(message['parts'], manner, 'weir:message')
    return { content: orNothing(content), structuredContent: { state: 'completed', ...idOf(message, 'contextId') } }
  }
  const { task } = answer
  const state = stateOf(task)
  const taskId = textIn(task, 'id')
  const phase = phaseOf(state)
  const content = [...artifactsOf(task, manner), ...statusOf(task, manner)]
  const note = phase === 'open' ? [text(handleNote(manner, taskId))] : []
  return {
    content: orNothing([...content, ...note]),
    structuredContent: {
      state: states[state],
      ...(taskId !== null && { task_id: taskId }),
      ...idOf(task, 'contextId'),
    },
    ...(failures.has(state) && { isError: true }),
  }
}

/** Where a task stands that an answer may have named. */
export function stateOf(task: JsonObject): TaskState {
  const status = task['status']
  const state = isJsonObject(status) ? status['state'] : null
  return typeof state === 'string' && isTaskState(state) ? state : 'TASK_STATE_UNSPECIFIED'
}

function handleNote({ tool }: ResultManner, taskId: string | null): string {
  return (
    `The agent is working on it as task ${taskId ?? ''}. Do not send the message again. ` +
    `Call ${tool} with {"task_id": ${JSON.stringify(taskId ?? '')}} and no message to see how it stands.`
  )
}

function artifactsOf(task: JsonObject, manner: ResultManner): readonly JsonObject[] {
  const artifacts = Array.isArray(task['artifacts']) ? (task['artifacts'] as readonly unknown[]) : []
  return artifacts.filter(isJsonObject).flatMap((artifact, i) => {
    const name = textIn(artifact, 'artifactId') ?? String(i)
    return contentOf(artifact['parts'], manner, `weir:task/${part(textIn(task, 'id') ?? '')}/${part(name)}`)
  })
}

/** What the agent says beside its artifacts: a question, a reason, a last word. */
function statusOf(task: JsonObject, manner: ResultManner): readonly JsonObject[] {
  const status = task['status']
  const message = isJsonObject(status) ? status['message'] : null
  return isJsonObject(message) ? contentOf(message['parts'], manner, 'weir:message') : []
}

/** Texts that follow each other are one: chunks of a stream are no paragraphs. */
function contentOf(parts: unknown, manner: ResultManner, base: string): readonly JsonObject[] {
  if (!Array.isArray(parts)) return []
  const content: JsonObject[] = []
  let said = ''
  const close = (): void => {
    if (said !== '') content.push(text(said))
    said = ''
  }
  for (const [i, each] of (parts as readonly unknown[]).entries()) {
    if (!isJsonObject(each)) continue
    const words = textIn(each, 'text')
    if (words !== null) {
      said += words
      continue
    }
    close()
    content.push(...otherPart(each, manner, `${base}/${i}`))
  }
  close()
  return content
}

function otherPart(each: JsonObject, { links }: ResultManner, ownUri: string): readonly JsonObject[] {
  const [url, raw, mimeType] = [textIn(each, 'url'), textIn(each, 'raw'), textIn(each, 'mediaType')]
  const named = textIn(each, 'filename')
  if (url !== null) {
    if (!links) return [text(named === null ? url : `${named}: ${url}`)]
    return [{ type: 'resource_link', uri: url, name: named ?? url, ...(mimeType !== null && { mimeType }) }]
  }
  if (raw !== null) {
    if (mimeType?.startsWith('image/')) return [{ type: 'image', data: raw, mimeType }]
    const uri = named === null ? ownUri : `${ownUri}/${part(named)}`
    return [{ type: 'resource', resource: { uri, ...(mimeType !== null && { mimeType }), blob: raw } }]
  }
  return 'data' in each ? [text(JSON.stringify(each['data']))] : []
}

function idOf(from: JsonObject, name: 'contextId'): JsonObject {
  const id = textIn(from, name)
  return id === null ? {} : { context_id: id }
}

function orNothing(content: readonly JsonObject[]): readonly JsonObject[] {
  return content.length > 0 ? content : [text('The agent answered without words.')]
}

export function text(said: string): JsonObject {
  return { type: 'text', text: said }
}

/** A segment of a URI. */
function part(name: string): string {
  return encodeURIComponent(name.toWellFormed())
}

function textIn(from: JsonObject, name: string): string | null {
  const value = from[name]
  return typeof value === 'string' && value !== '' ? value : null
}

/** What an event says in words, for whoever watches; '' for nothing. */
export function wordsOf(event: JsonObject): string {
  const { statusUpdate, artifactUpdate } = event
  const status = isJsonObject(statusUpdate) ? statusUpdate['status'] : null
  const message = isJsonObject(status) ? status['message'] : null
  const artifact = isJsonObject(artifactUpdate) ? artifactUpdate['artifact'] : null
  const holder = isJsonObject(message) ? message : artifact
  const parts = isJsonObject(holder) && Array.isArray(holder['parts']) ? (holder['parts'] as readonly unknown[]) : []
  return parts.map((each) => (isJsonObject(each) ? (textIn(each, 'text') ?? '') : '')).join('')
}
