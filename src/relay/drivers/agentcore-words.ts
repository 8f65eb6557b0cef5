/** The words of Bedrock AgentCore and of apps inside it. An app's JSON is its own: pointers say where its text is. */
import { createHash } from 'node:crypto'
import { valueByPointer } from '../../base/json-pointer.ts'
import { type JsonObject, isJsonObject } from '../../base/json.ts'
import type { AgentCoreSettings } from '../../config/settings-drivers.ts'
import type { Usage } from './neutral.ts'

/** Which session of the runtime a request is for: one micro machine with its memory. */
export const sessionHeader = 'x-amzn-bedrock-agentcore-runtime-session-id'

/**
 * Where the delivery token goes beside `txn-token`: of all headers an app is handed only those with this beginning, so
 * that it could not stay in the run without it.
 */
export const deliveryHeader = 'x-amzn-bedrock-agentcore-runtime-custom-txn-token'

const sessionForm = /^(?!a2a-)[A-Za-z0-9][A-Za-z0-9_-]{32,255}$/

/**
 * The session of a conversation. AWS wants 33 to 256 characters, so a shorter name is hashed. A name that looks like
 * such a hash is hashed as well: nobody reaches the session of a conversation by naming its hash.
 */
export function sessionOf(contextId: string): string {
  if (sessionForm.test(contextId)) return contextId
  return `a2a-${createHash('sha256').update(contextId).digest('hex')}`
}

/** The request body: the operator's template with the text at its place. */
export function requestBody({ request_template, prompt_pointer }: AgentCoreSettings, text: string): JsonObject {
  const body = JSON.parse(request_template) as Record<string, unknown>
  const names = prompt_pointer.slice(1).split('/').map(unescaped)
  const last = names.pop() ?? 'prompt'
  let holder = body
  for (const name of names) {
    const inner = Object.hasOwn(holder, name) ? holder[name] : undefined
    const next: Record<string, unknown> = isJsonObject(inner) ? { ...inner } : {}
    put(holder, name, next)
    holder = next
  }
  put(holder, last, text)
  return body
}

function put(holder: Record<string, unknown>, name: string, value: unknown): void {
  // A plain assignment to `__proto__` would not write a member.
  Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true })
}

function unescaped(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~')
}

/** Where apps have their text when nobody says where: the first of these that holds one. */
const answerNames = ['result', 'response', 'output', 'answer', 'completion', 'text', 'content', 'message']
const eventNames = ['text', 'data', 'delta', 'chunk', 'token', 'content']

/** What an app says in a whole answer, as a part of an artifact; one that only asks says nothing. */
export function answerPart(
  value: unknown,
  { response_pointer, question_pointer }: AgentCoreSettings,
): JsonObject | null {
  const part = partAt(value, response_pointer, answerNames)
  return part ?? (questionIn(value, question_pointer) === null ? { data: value } : null)
}

/** What an app asks its caller, as a part of a message; null where it asks nothing. */
export function questionIn(value: unknown, pointer: string | null): JsonObject | null {
  const found = pointer === null ? null : valueByPointer(value, pointer)
  if (found === undefined || found === null || found === false || found === '') return null
  const text = textOf(found)
  return text === null ? { data: found } : { text }
}

/** What an app says in one event; null for an event that says nothing to callers. */
export function eventPart(value: unknown, { event_pointer, question_pointer }: AgentCoreSettings): JsonObject | null {
  const part = partAt(value, event_pointer, eventNames)
  if (part !== null || event_pointer !== null || questionIn(value, question_pointer) !== null) return part
  const rest = isJsonObject(value) ? Object.keys(value).filter((name) => !/^usage$/i.test(name)) : []
  return rest.length > 0 ? { data: value } : null
}

function partAt(value: unknown, pointer: string | null, names: readonly string[]): JsonObject | null {
  if (typeof value === 'string') return { text: value }
  if (pointer !== null) {
    const found = valueByPointer(value, pointer)
    if (found === undefined || found === null) return null
    const text = textOf(found)
    return text === null ? { data: found } : { text }
  }
  if (!isJsonObject(value)) return null
  const texts = names.filter((name) => Object.hasOwn(value, name)).map((name) => textOf(value[name]))
  const text = texts.find((each) => each !== null) ?? null
  return text === null ? null : { text }
}

/** A text, or the texts of a message of the Converse API: `{"content":[{"text":""}]}`. */
function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value
  const blocks: unknown = isJsonObject(value) ? value['content'] : value
  if (!Array.isArray(blocks)) return null
  const texts = blocks.flatMap((block: unknown) => {
    return isJsonObject(block) && typeof block['text'] === 'string' ? [block['text']] : []
  })
  return texts.length === 0 ? null : texts.join('')
}

/** What an app failed with, of an event or an answer; null where it did not fail. */
export function failureIn(value: unknown): string | null {
  if (!isJsonObject(value)) return null
  const { error } = value
  return typeof error === 'string' ? error : null
}

/** Tokens, where an app tells them. */
export function usageIn(value: unknown): Usage | null {
  const usage = isJsonObject(value) ? value['usage'] : null
  if (!isJsonObject(usage)) return null
  const input_tokens = count(usage['inputTokens'] ?? usage['input_tokens'])
  const output_tokens = count(usage['outputTokens'] ?? usage['output_tokens'])
  const total_tokens = count(usage['totalTokens'] ?? usage['total_tokens']) || input_tokens + output_tokens
  return total_tokens === 0 ? null : { input_tokens, output_tokens, total_tokens }
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0
}
