/** The events of Google's Agent Development Kit, as an Agent Engine dumps them, and what they are in A2A. */
import { type JsonObject, isJsonObject } from '../../base/json.ts'
import { approvalAdvice, approvalOf } from './approval.ts'
import { type Part, textOf } from './message.ts'
import { someTokens, type Usage } from './neutral.ts'

/** One event, without what the agent only thought or worked with. */
export interface AdkEvent {
  readonly invocation: string | null
  /** The same for the pieces of a text and the whole; null where there is none. */
  readonly id: string | null
  /** The agent of the app that speaks. */
  readonly author: string
  /** A piece of what a later event says as a whole. */
  readonly partial: boolean
  readonly text: string
  readonly files: readonly JsonObject[]
  readonly pending: readonly Pending[]
  readonly usage: Usage | null
  /** Whether more must follow, such as the result of a call; null where it says nothing of it. */
  readonly open: boolean | null
  /** One fixed sentence; null where nothing failed. */
  readonly failure: string | null
}

type Wish = 'approval' | 'credential' | 'result'

/** A call that only the caller can answer. */
export interface Pending {
  readonly wish: Wish
  readonly id: string
  readonly name: string
  readonly args: JsonObject
}

/** What is remembered of it between two calls. */
export type Wished = Pick<Pending, 'wish' | 'id' | 'name'>

/** So many can be remembered with a task: what is remembered has at most 4096 characters, and each has 300. */
export const pendingMax = 8
const id_max = 128

/** Names of the calls the kit makes itself; every other long call is one of the app. */
const wishes: Readonly<Record<string, Wish>> = {
  adk_request_confirmation: 'approval',
  adk_request_credential: 'credential',
}

/** Reasons that are told; whatever else an app says about a failure names files, hosts and secrets. */
const sentences: Readonly<Record<string, string>> = {
  MAX_TOKENS: 'The agent reached its limit of output tokens before it was done.',
  SAFETY: 'A content filter stopped the agent.',
  PROHIBITED_CONTENT: 'A content filter stopped the agent.',
  BLOCKLIST: 'A content filter stopped the agent.',
  SPII: 'A content filter stopped the agent.',
  RECITATION: 'A content filter stopped the agent.',
}

/** Null for what is no event. */
export function readEvent(json: JsonObject): AdkEvent | null {
  const invocation = member(json, 'invocation_id')
  const { id } = json
  const content = json['content']
  const failure = failureOf(json)
  const named = isId(invocation)
  if (!named && failure === null) return null
  const parts: readonly unknown[] = isJsonObject(content) && Array.isArray(content['parts']) ? content['parts'] : []
  const shown = parts.filter(isJsonObject).filter(({ thought }) => thought !== true)
  const long = member(json, 'long_running_tool_ids')
  return {
    invocation: named ? invocation : null,
    id: isId(id) ? id : null,
    author: typeof json['author'] === 'string' ? json['author'].slice(0, id_max) : '',
    partial: json['partial'] === true,
    text: shown.map(({ text }) => (typeof text === 'string' ? text : '')).join(''),
    files: shown.map(fileOf).filter((file) => file !== null),
    pending: Array.isArray(long) ? shown.flatMap((part) => pendingOf(part, long) ?? []) : [],
    open: isOpen(member(json, 'actions'), shown, Array.isArray(long) && long.length > 0),
    usage: usageOf(member(json, 'usage_metadata'), member(json, 'model_version')),
    failure,
  }
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= id_max
}

/** One keyword in the app flips the spelling of all members, so both are read. */
function member(json: JsonObject, snake: string): unknown {
  return json[snake] ?? json[snake.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())]
}

/** An event that failed, or a line that is an error and no event. */
function failureOf(json: JsonObject): string | null {
  const code = member(json, 'error_code')
  const isLine = isJsonObject(json['error']) || (typeof json['code'] === 'number' && json['content'] === undefined)
  if (typeof code !== 'string' && !isLine) return null
  return sentences[String(code)] ?? 'The agent failed.'
}

/** What the kit itself goes by (`is_final_response`), and the actions that end an agent. */
function isOpen(actions: unknown, parts: readonly JsonObject[], isLong: boolean): boolean | null {
  const ends = (name: string): boolean => isJsonObject(actions) && member(actions, name) === true
  if (isLong || ends('skip_summarization') || ends('escalate') || ends('end_of_agent')) return false
  if (parts.length === 0) return null
  return parts.some(
    (part) => member(part, 'function_call') !== undefined || member(part, 'function_response') !== undefined,
  )
}

function fileOf(part: JsonObject): JsonObject | null {
  const inline = member(part, 'inline_data')
  if (isJsonObject(inline) && typeof inline['data'] === 'string')
    return { raw: base64Of(inline['data']), ...mediaTypeOf(inline) }
  const file = member(part, 'file_data')
  const uri = isJsonObject(file) ? member(file, 'file_uri') : null
  return isJsonObject(file) && typeof uri === 'string' ? { url: uri, ...mediaTypeOf(file) } : null
}

/** Python writes bytes in the alphabet for URLs. */
function base64Of(text: string): string {
  return text.replaceAll('-', '+').replaceAll('_', '/')
}

function mediaTypeOf(holder: JsonObject): JsonObject {
  const mediaType = member(holder, 'mime_type')
  return typeof mediaType === 'string' ? { mediaType } : {}
}

function pendingOf(part: JsonObject, long: readonly unknown[]): Pending | null {
  const call = member(part, 'function_call')
  if (!isJsonObject(call) || !long.includes(call['id'])) return null
  const { id, name, args } = call
  if (typeof id !== 'string' || typeof name !== 'string' || id.length > id_max || name.length > id_max) return null
  return { wish: wishes[name] ?? 'result', id, name, args: isJsonObject(args) ? args : {} }
}

/** The prompt holds what was read from a cache; what tools brought into it, and thoughts, stand beside and are paid for. */
function usageOf(usage: unknown, model: unknown): Usage | null {
  if (!isJsonObject(usage)) return null
  const count = (name: string): number => countOf(member(usage, name))
  const prompt = member(usage, 'prompt_token_count')
  if (!isCount(prompt)) return null
  const input = prompt + count('tool_use_prompt_token_count')
  const written =
    member(usage, 'total_token_count') ?? input + count('candidates_token_count') + count('thoughts_token_count')
  if (!isCount(written) || written < input) return null
  return {
    input_tokens: input,
    output_tokens: written - input,
    total_tokens: written,
    ...someTokens('cached_tokens', count('cached_content_token_count')),
    ...someTokens('reasoning_tokens', count('thoughts_token_count')),
    ...(isId(model) ? { model } : {}),
  }
}

function countOf(value: unknown): number {
  return isCount(value) ? value : 0
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** What the caller is shown of what the agent waits for. */
export function shownOf({ wish, id, name, args }: Pending): { readonly sentence: string; readonly data: JsonObject } {
  return { sentence: questions[wish](name, args), data: { type: name, id, args } }
}

const questions: Readonly<Record<Wish, (name: string, args: JsonObject) => string>> = {
  approval(_, args) {
    const confirmation = member(args, 'tool_confirmation')
    const original = member(args, 'original_function_call')
    const hint = isJsonObject(confirmation) ? confirmation['hint'] : null
    const tool = isJsonObject(original) && typeof original['name'] === 'string' ? original['name'] : 'a tool'
    // The kit's own words are for its own clients: they ask for a FunctionResponse.
    const own = typeof hint === 'string' && hint !== '' && !hint.includes('FunctionResponse')
    const question = own ? hint : `The agent asks whether it may call ${tool}.`
    return `${question} ${approvalAdvice}`
  },
  credential: () =>
    'The agent needs the authorization of the person. Answer with a data part that holds the completed auth config.',
  result: (name) => `The agent waits for the result of ${name}.`,
}

/** What a message is sent as: a plain text where it is one, else a `Content`. */
export function messageFor(parts: readonly Part[]): string | JsonObject {
  if (parts.every(({ kind }) => kind === 'text' || kind === 'data')) return textOf(parts)
  return { role: 'user', parts: parts.map(adkPart) }
}

function adkPart(part: Part): JsonObject {
  if (part.kind === 'text') return { text: part.text }
  if (part.kind === 'data') return { text: JSON.stringify(part.data) }
  const mime_type = part.mediaType
  if (part.kind === 'url') return { file_data: { file_uri: part.url, mime_type } }
  return { inline_data: { data: part.raw, mime_type } }
}

/** The message as the responses to what the agent waits for; null where it answers something else. */
export function responsesTo(wished: readonly Wished[], parts: readonly Part[]): JsonObject | null {
  const responses = wished.map((one) => ({
    id: one.id,
    name: one.name,
    response: responseTo(one, wished.length, parts),
  }))
  if (responses.some(({ response }) => response === null)) return null
  return { role: 'user', parts: responses.map((function_response) => ({ function_response })) }
}

function responseTo({ wish, id }: Wished, count: number, parts: readonly Part[]): JsonObject | null {
  const data = parts.flatMap((part) => (part.kind === 'data' && isJsonObject(part.data) ? [part.data] : []))
  const own = data.find((one) => one['id'] === id && isJsonObject(one['response']))?.['response']
  if (isJsonObject(own)) return own
  if (wish === 'approval') {
    const approval = approvalOf(parts)
    return approval && { confirmed: approval.approve }
  }
  if (count > 1) return null
  if (data[0]) return data[0]
  return wish === 'result' ? { result: textOf(parts) } : null
}

/** How a caller that was not understood can answer. */
export function adviceFor(wished: readonly Wished[]): string {
  if (wished.every(({ wish }) => wish === 'approval')) return approvalAdvice
  return 'Answer with a data part {"id": "...", "response": {}} for each call the agent waits for.'
}
