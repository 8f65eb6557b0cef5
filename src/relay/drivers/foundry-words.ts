/** The words of the Responses API, as Microsoft Foundry speaks it, and what they are in A2A. */
import { type JsonObject, isJsonObject } from '../../base/json.ts'
import type { TaskState } from '../../domain/task.ts'
import { approvalAdvice, approvalOf } from './approval.ts'
import { type Part, textOf } from './message.ts'
import { someTokens, type Usage } from './neutral.ts'

/** One response as the service shows it. */
export interface FoundryResponse {
  readonly id: string
  readonly state: TaskState
  /** One fixed sentence about why it failed. */
  readonly sentence: string | null
  /** What the service says about it, for operators. */
  readonly detail: string | null
  readonly artifacts: readonly Artifact[]
  /** What it waits for; empty where it waits for nothing. */
  readonly pending: readonly Pending[]
  readonly usage: Usage | null
}

export interface Artifact {
  readonly artifactId: string
  readonly parts: readonly JsonObject[]
}

type Wish = 'approval' | 'consent' | 'call'

/** Something that only the caller can give. */
export interface Pending {
  readonly wish: Wish
  readonly id: string
  /** What the caller is shown. */
  readonly sentence: string
  readonly shown: JsonObject
}

/** What is remembered of a pending wish between two calls. */
export type Wished = Pick<Pending, 'wish' | 'id'>

/** So many can be remembered with a task: what is remembered has at most 4096 characters, and each has 300. */
const pending_max = 8

const states: Readonly<Record<string, TaskState>> = {
  queued: 'TASK_STATE_SUBMITTED',
  in_progress: 'TASK_STATE_WORKING',
  requires_action: 'TASK_STATE_INPUT_REQUIRED',
  completed: 'TASK_STATE_COMPLETED',
  incomplete: 'TASK_STATE_FAILED',
  failed: 'TASK_STATE_FAILED',
  cancelled: 'TASK_STATE_CANCELED',
}

/** What a response may wait for where it stands; a call that was cut off is none, but a consent ends hosted agents early. */
const waits: Readonly<Record<string, readonly Wish[]>> = {
  requires_action: ['approval', 'consent', 'call'],
  completed: ['approval', 'consent', 'call'],
  incomplete: ['consent'],
}

/** The agent's own text about a failure names files, hosts and secrets; only these reasons are told. */
const sentences: Readonly<Record<string, string>> = {
  max_output_tokens: 'The agent reached its limit of output tokens before it was done.',
  content_filter: 'A content filter stopped the agent.',
  rate_limit_exceeded: 'The agent was over its own rate limit.',
}

/** Null for what is no response. */
export function readResponse(json: unknown): FoundryResponse | null {
  if (!isJsonObject(json) || typeof json['id'] !== 'string' || json['id'] === '' || json['id'].length > id_max)
    return null
  const state = states[String(json['status'])]
  if (state === undefined) return null
  const output = Array.isArray(json['output']) ? json['output'].filter(isJsonObject) : []
  const pending = pendingIn(output).filter(({ wish }) => waits[String(json['status'])]?.includes(wish) === true)
  return {
    id: json['id'],
    state: pending.length > 0 ? waitingFor(pending) : state,
    sentence: state === 'TASK_STATE_FAILED' ? sentenceOf(json) : null,
    detail: state === 'TASK_STATE_FAILED' && pending.length === 0 ? detailOf(json) : null,
    artifacts: output.flatMap((item) => artifactOf(item) ?? []),
    pending,
    usage: usageOf(json),
  }
}

const id_max = 256

/** A consent is given elsewhere; everything else is answered with the next message. */
function waitingFor(pending: readonly Pending[]): TaskState {
  return pending.some(({ wish }) => wish === 'consent') ? 'TASK_STATE_AUTH_REQUIRED' : 'TASK_STATE_INPUT_REQUIRED'
}

function sentenceOf({ error, incomplete_details, status }: JsonObject): string {
  const reason = isJsonObject(incomplete_details) ? incomplete_details['reason'] : undefined
  const code = isJsonObject(error) ? error['code'] : undefined
  const usual = status === 'incomplete' ? 'The agent stopped before it was done.' : 'The agent failed.'
  return sentences[String(reason ?? code)] ?? usual
}

function detailOf({ error, incomplete_details }: JsonObject): string {
  return JSON.stringify(error ?? incomplete_details ?? null).slice(0, detail_max)
}

/** Unit: characters. */
const detail_max = 500

/** A message of the agent; null for an item that is none or says nothing. */
export function artifactOf({ id, type, content }: JsonObject): Artifact | null {
  if (type !== 'message' || typeof id !== 'string' || !Array.isArray(content)) return null
  const parts = content.filter(isJsonObject).flatMap(({ text, refusal }) => {
    const said = text ?? refusal
    return typeof said === 'string' && said !== '' ? [{ text: said }] : []
  })
  return parts.length === 0 ? null : { artifactId: id, parts }
}

function usageOf({ usage, model }: JsonObject): Usage | null {
  if (!isJsonObject(usage)) return null
  const {
    input_tokens,
    output_tokens,
    total_tokens,
    input_tokens_details: read,
    output_tokens_details: written,
  } = usage
  if (!isCount(input_tokens) || !isCount(output_tokens)) return null
  return {
    input_tokens,
    output_tokens,
    total_tokens: isCount(total_tokens) ? total_tokens : input_tokens + output_tokens,
    ...(isJsonObject(read) ? someTokens('cached_tokens', read['cached_tokens']) : {}),
    ...(isJsonObject(written) ? someTokens('reasoning_tokens', written['reasoning_tokens']) : {}),
    ...(typeof model === 'string' && model !== '' ? { model: model.slice(0, id_max) } : {}),
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

type WishReader = (item: JsonObject, id: string) => Pending

const wishes: Readonly<Record<string, WishReader>> = {
  mcp_approval_request({ name, server_label, arguments: args }, id) {
    const shown = { type: 'mcp_approval_request', id, ...texts({ name, server_label, arguments: args }) }
    const sentence = `The agent asks whether it may call ${brief(name)} of ${brief(server_label)}. ${approvalAdvice}`
    return { wish: 'approval', id, sentence, shown }
  },
  oauth_consent_request({ consent_link, server_label }, id) {
    const link = typeof consent_link === 'string' && consent_link.startsWith('https://') ? { consent_link } : {}
    const shown = { type: 'oauth_consent_request', id, ...link, ...texts({ server_label }) }
    const sentence = `The agent needs the consent of the person for ${brief(server_label)}. Give it, then send the message again.`
    return { wish: 'consent', id, sentence, shown }
  },
  function_call({ name, call_id, arguments: args }) {
    const id = String(call_id)
    const shown = { type: 'function_call', call_id: id, ...texts({ name, arguments: args }) }
    const sentence = `The agent asks for the result of ${brief(name)}.`
    return { wish: 'call', id, sentence, shown }
  },
}

/** Calls whose output stands beside them were answered inside the service. */
function pendingIn(output: readonly JsonObject[]): readonly Pending[] {
  const answered = new Set(
    output.flatMap(({ call_id, approval_request_id, type }) =>
      type === 'function_call' ? [] : [call_id ?? approval_request_id],
    ),
  )
  return output
    .flatMap((item) => {
      const read = wishes[String(item['type'])]
      const wish = read && typeof item['id'] === 'string' ? read(item, item['id']) : null
      return wish === null || answered.has(wish.id) || wish.id.length > id_max ? [] : [wish]
    })
    .slice(0, pending_max)
}

function texts(members: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => typeof value === 'string'))
}

function brief(name: unknown): string {
  return typeof name === 'string' ? name.slice(0, 80) : 'a tool'
}

/** What a message is sent as: a plain text where it is one, else one item with its content. */
export function inputOf(parts: readonly Part[]): string | readonly JsonObject[] {
  if (parts.every(({ kind }) => kind === 'text' || kind === 'data')) return textOf(parts)
  return [{ type: 'message', role: 'user', content: parts.map(contentOf) }]
}

function contentOf(part: Part): JsonObject {
  if (part.kind === 'text') return { type: 'input_text', text: part.text }
  if (part.kind === 'data') return { type: 'input_text', text: JSON.stringify(part.data) }
  const url = part.kind === 'url' ? part.url : `data:${part.mediaType};base64,${part.raw}`
  if (part.mediaType.startsWith('image/')) return { type: 'input_image', image_url: url, detail: 'auto' }
  const filename = part.filename ?? 'file'
  return part.kind === 'url'
    ? { type: 'input_file', file_url: url, filename }
    : { type: 'input_file', file_data: url, filename }
}

/** The message as an answer to what the agent waits for; null where it answers something else. */
export function answersTo(wished: readonly Wished[], parts: readonly Part[]): readonly JsonObject[] | null {
  const calls = wished.filter(({ wish }) => wish === 'call')
  const approvals = wished.filter(({ wish }) => wish === 'approval')
  const approval = approvals.length > 0 ? approvalOf(parts) : null
  if (approvals.length > 0 && approval === null) return null
  const outputs = calls.map(({ id }) => ({
    type: 'function_call_output',
    call_id: id,
    output: outputFor(id, calls.length, parts),
  }))
  if (outputs.some(({ output }) => output === null)) return null
  const said = approvals.map(({ id }) => {
    const reason = approval?.reason ? { reason: approval.reason } : {}
    return { type: 'mcp_approval_response', approval_request_id: id, approve: approval?.approve === true, ...reason }
  })
  return [...said, ...outputs]
}

/** A message after questions that were given up: the service takes none before each of them has its answer. */
export function afterDropped(dropped: readonly Wished[], input: string | readonly JsonObject[]): typeof input {
  const answers = dropped.flatMap(({ wish, id }): readonly JsonObject[] => {
    if (wish === 'approval') return [{ type: 'mcp_approval_response', approval_request_id: id, approve: false }]
    return wish === 'call' ? [{ type: 'function_call_output', call_id: id, output: 'canceled' }] : []
  })
  if (answers.length === 0) return input
  const said = typeof input === 'string' ? [{ type: 'input_text', text: input }] : null
  return [...answers, ...(said ? [{ type: 'message', role: 'user', content: said }] : (input as readonly JsonObject[]))]
}

/** How a caller that was not understood can answer. */
export function adviceFor(wished: readonly Wished[]): string {
  return wished.some(({ wish }) => wish === 'approval') ? approvalAdvice : callAdvice
}

const callAdvice = 'Answer each call with a data part {"call_id": "...", "output": "..."}.'

function outputFor(id: string, calls: number, parts: readonly Part[]): string | null {
  for (const part of parts) {
    if (part.kind !== 'data' || !isJsonObject(part.data) || part.data['call_id'] !== id) continue
    const { output } = part.data
    return typeof output === 'string' ? output : JSON.stringify(output ?? null)
  }
  return calls === 1 ? textOf(parts) : null
}
