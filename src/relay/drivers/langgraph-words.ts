/** The words of LangGraph's server: runs, threads, messages of a graph. Everything it says is checked before use. */
import { type JsonObject, isJsonObject, readJson } from '../../base/json.ts'
import type { Part } from './message.ts'
import { someTokens, type Usage } from './neutral.ts'

/** States of a run, in the words of the server. */
export type RunStatus = 'pending' | 'running' | 'success' | 'error' | 'timeout' | 'interrupted'

const runStatuses: readonly RunStatus[] = ['pending', 'running', 'success', 'error', 'timeout', 'interrupted']

/** A message that a model or a tool left in the state of a graph. */
export interface GraphMessage {
  readonly id: string | null
  readonly role: 'ai' | 'human' | 'other'
  readonly text: string
  readonly usage: Usage | null
}

const idForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Ids go into paths, so only their one form is taken. */
export function isGraphId(value: unknown): value is string {
  return typeof value === 'string' && idForm.test(value)
}

/** The run that `/threads/{thread}/runs/{run}` names. */
export function runIn(location: string | undefined): string | null {
  const id = /\/runs\/([0-9a-f-]{36})$/.exec(location ?? '')?.[1]
  return isGraphId(id) ? id : null
}

/** How a run stands; null for what is no run. */
export function runStatus(run: unknown): RunStatus | null {
  return isJsonObject(run) ? (runStatuses.find((status) => status === run['status']) ?? null) : null
}

/** What a thread waits for; null for a thread that waits for nothing. */
export function interruptsIn(thread: unknown): readonly JsonObject[] | null {
  if (!isJsonObject(thread) || thread['status'] !== 'interrupted') return null
  const { interrupts } = thread
  return isJsonObject(interrupts) ? Object.values(interrupts).flat().filter(isJsonObject) : []
}

/** The messages of a thread's state, oldest first. */
export function messagesIn(thread: unknown): readonly GraphMessage[] {
  return isJsonObject(thread) && isJsonObject(thread['values']) ? messagesOf(thread['values']['messages']) : []
}

/** What models have written behind this message and before the next one of a caller. */
export function answersTo(message: string, all: readonly GraphMessage[]): readonly GraphMessage[] {
  const rest = behind(message, all)
  const next = rest.findIndex(({ role }) => role === 'human')
  return (next === -1 ? rest : rest.slice(0, next)).filter(({ role }) => role === 'ai')
}

/** Whether no caller has said anything behind this message. */
export function isLast(message: string, all: readonly GraphMessage[]): boolean {
  return behind(message, all).every(({ role }) => role !== 'human')
}

/** What stands before this message; nothing where nobody knows it. */
export function earlierThan(message: string, all: readonly GraphMessage[]): readonly GraphMessage[] {
  const at = all.findIndex(({ id }) => id === message)
  return at === -1 ? [] : all.slice(0, at)
}

function behind(message: string, all: readonly GraphMessage[]): readonly GraphMessage[] {
  const at = all.findIndex(({ id }) => id === message)
  return at === -1 ? [] : all.slice(at + 1)
}

/** A message or a list of them, as a node of a graph returns them. */
export function messagesOf(value: unknown): readonly GraphMessage[] {
  return (Array.isArray(value) ? value : [value]).filter(isJsonObject).map(readMessage)
}

export function readMessage(message: JsonObject): GraphMessage {
  const { id, type, role, content, usage_metadata, response_metadata } = message
  const said = typeof type === 'string' ? type : role
  return {
    id: typeof id === 'string' && id !== '' ? id.slice(0, 256) : null,
    role: roles[String(said)] ?? 'other',
    text: contentText(content),
    usage: readUsage(usage_metadata, response_metadata),
  }
}

const roles: Readonly<Record<string, GraphMessage['role']>> = {
  ai: 'ai',
  AIMessage: 'ai',
  AIMessageChunk: 'ai',
  assistant: 'ai',
  human: 'human',
  HumanMessage: 'human',
  user: 'human',
}

/** Content is a text or a list of blocks; what a model only thought is not said. */
function contentText(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .map((block: unknown) => {
      if (typeof block === 'string') return block
      return isJsonObject(block) && block['type'] === 'text' && typeof block['text'] === 'string' ? block['text'] : ''
    })
    .join('')
}

function readUsage(usage: unknown, metadata: unknown): Usage | null {
  if (!isJsonObject(usage)) return null
  const [input_tokens, output_tokens] = [count(usage['input_tokens']), count(usage['output_tokens'])]
  const { input_token_details: read, output_token_details: written } = usage
  const model = isJsonObject(metadata) ? (metadata['model_name'] ?? metadata['model']) : null
  return {
    input_tokens,
    output_tokens,
    total_tokens: count(usage['total_tokens']) || input_tokens + output_tokens,
    ...(isJsonObject(read) ? someTokens('cached_tokens', read['cache_read']) : {}),
    ...(isJsonObject(read) ? someTokens('cache_write_tokens', read['cache_creation']) : {}),
    ...(isJsonObject(written) ? someTokens('reasoning_tokens', written['reasoning']) : {}),
    ...(typeof model === 'string' && model !== '' ? { model: model.slice(0, 256) } : {}),
  }
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0
}

/** A message as a graph takes it: a text where there is nothing else, else blocks. */
export function contentOf(parts: readonly Part[]): unknown {
  if (parts.every(({ kind }) => kind === 'text' || kind === 'data')) return parts.map(textOfPart).join('\n')
  return parts.map((part) => {
    if (part.kind === 'text' || part.kind === 'data') return { type: 'text', text: textOfPart(part) }
    const url = part.kind === 'url' ? part.url : `data:${part.mediaType};base64,${part.raw}`
    if (part.mediaType.startsWith('image/')) return { type: 'image_url', image_url: { url } }
    const source = part.kind === 'url' ? { source_type: 'url', url } : { source_type: 'base64', data: part.raw }
    const metadata = part.filename === null ? {} : { metadata: { filename: part.filename } }
    return { type: 'file', mime_type: part.mediaType, ...source, ...metadata }
  })
}

function textOfPart(part: Part): string {
  if (part.kind === 'text') return part.text
  return part.kind === 'data' ? JSON.stringify(part.data) : ''
}

/** What a waiting graph is answered: one data part as it is, else the text. */
export function resumeOf(parts: readonly Part[]): unknown {
  const [first] = parts
  return parts.length === 1 && first?.kind === 'data' ? first.data : contentOf(parts)
}

/** The question of a graph that waits, as parts of a message. A text among its usual members is the question. */
export function questionOf(interrupts: readonly JsonObject[]): readonly JsonObject[] {
  return interrupts.flatMap(({ value }): readonly JsonObject[] => {
    if (typeof value === 'string') return [{ text: value }]
    if (value === undefined || value === null) return []
    const { question, message, prompt } = isJsonObject(value) ? value : {}
    const text = [question, message, prompt].find((each) => typeof each === 'string')
    return text === undefined ? [{ data: value }] : [{ text }, { data: value }]
  })
}

/** The JSON of one event; undefined where it is none. */
export function eventJson(data: string): unknown {
  const read = readJson(data, 64)
  return read.ok ? read.value : undefined
}
