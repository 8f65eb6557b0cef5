/** What a call of `ask_<agent>` wants: a message to the agent, or to hear how one of its tasks stands. In words of A2A 1.0. */
import { isJsonObject, type JsonObject, readJsonObject } from '../../../base/json.ts'
import { valueAtPath } from '../../../base/json-edit.ts'
import type { Json } from '../../../relay/mcp/channel.ts'

/** A message, `taskId` where it goes on with a task. */
interface AskedMessage {
  readonly kind: 'message'
  readonly text: string
  readonly taskId: string | null
  readonly contextId: string | null
  /** Whether to wait for the answer; else a handle is enough. */
  readonly wait: boolean
}

/** How a task stands. */
interface AskedTask {
  readonly kind: 'task'
  readonly taskId: string
  /** Whether to wait until it is over, or asks something. */
  readonly wait: boolean
}

export type AskedOfAgent = AskedMessage | AskedTask

/** As A2A has it. */
const id_chars = 256

const idProperty = (description: string): object => ({ type: 'string', minLength: 1, maxLength: id_chars, description })

/** What the tool takes. One of `message` and `task_id` has to be there, which the descriptions say. */
export const askedSchema = {
  type: 'object',
  properties: {
    message: {
      type: 'string',
      minLength: 1,
      description:
        'What you want of the agent, in words. It knows nothing of your conversation, so say all that it needs. Leave it out ' +
        'only to look at a task by its task_id.',
    },
    context_id: idProperty('The context_id of an earlier answer, to go on with that conversation.'),
    task_id: idProperty(
      'The task_id of an earlier answer: with a message to go on with that task, such as to answer what the agent asked; without ' +
        'one to see how it stands.',
    ),
    wait: {
      type: 'boolean',
      description:
        'With a message, false: do not wait for the answer, and come back for it with the task_id. With a task_id alone, true: wait ' +
        'for its end. What takes long is answered with the task_id in any case.',
    },
  },
  additionalProperties: false,
} as const

/** The arguments, or why they do not fit as a sentence for the model. */
export function readAsked(params: Json | null): AskedOfAgent | string {
  const args = argumentsIn(params)
  if (args === null) return 'The arguments must be an object'
  const unknown = Object.keys(args).find((name) => !Object.hasOwn(askedSchema.properties, name))
  if (unknown !== undefined) return 'The arguments may have message, context_id, task_id and wait, and nothing else'
  const [message, taskId, contextId] = [args['message'], args['task_id'], args['context_id']]
  const { wait = message !== undefined } = args
  if (!isTextOrNothing(message)) return 'message must be a text that is not empty'
  for (const [name, id] of [
    ['task_id', taskId],
    ['context_id', contextId],
  ] as const)
    if (!isTextOrNothing(id) || (id?.length ?? 0) > id_chars)
      return `${name} must be a text of at most ${id_chars} characters`
  if (typeof wait !== 'boolean') return 'wait must be true or false'
  const ids = { taskId: textOrNull(taskId), contextId: textOrNull(contextId) }
  if (typeof message === 'string') return { kind: 'message', text: message, ...ids, wait }
  if (ids.taskId !== null) return { kind: 'task', taskId: ids.taskId, wait }
  return 'Say in message what you want of the agent, or name in task_id the task you want to look at'
}

function argumentsIn(params: Json | null): JsonObject | null {
  const text = params === null ? null : valueAtPath(params, ['arguments'])
  if (text === null) return {}
  const read = readJsonObject(text.toString('utf8'))
  return isJsonObject(read) ? read : null
}

function isTextOrNothing(value: unknown): value is string | undefined {
  return value === undefined || (typeof value === 'string' && value.trim() !== '')
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

export type AskedMethod = 'GetTask' | 'SubscribeToTask' | 'SendMessage' | 'SendStreamingMessage'

/** The request that asks for it. */
export function requestFor(asked: AskedOfAgent, method: AskedMethod, messageId: string): Buffer {
  const params = asked.kind === 'task' ? taskOf(asked, method) : sendOf(asked, method, messageId)
  return Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))
}

function taskOf({ taskId }: AskedTask, method: AskedMethod): object {
  return { id: taskId, ...(method === 'GetTask' && { historyLength: 0 }) }
}

function sendOf({ text, taskId, contextId, wait }: AskedMessage, method: AskedMethod, messageId: string): object {
  const ids = { ...(taskId !== null && { taskId }), ...(contextId !== null && { contextId }) }
  return {
    message: { messageId, role: 'ROLE_USER', parts: [{ text }], ...ids },
    ...(method === 'SendMessage' && { configuration: { returnImmediately: !wait } }),
  }
}
