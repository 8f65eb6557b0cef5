/**
 * An agent's answer as a response. Source: Responses in the API reference of OpenAI: the object, and the order of the events
 * of a stream with one message of one text.
 */
import type { JsonObject } from '../../base/json.ts'
import { a2aMember, type BridgeAsker, type OpenFace } from './bridge-face.ts'
import { errorOf } from './bridge-failure.ts'
import { writeHandle } from './bridge-handle.ts'
import type { Telling, ToldUsage } from './bridge-telling.ts'

export const openResponsesFace: OpenFace = (asker) => {
  const item = `msg_${asker.hop}`
  const at = { item_id: item, output_index: 0, content_index: 0 }
  let sequence_number = 0
  const event = (type: string, more: JsonObject): string => {
    const data = JSON.stringify({ type, sequence_number, ...more })
    sequence_number += 1
    return `event: ${type}\ndata: ${data}\n\n`
  }
  return {
    whole: (telling) => JSON.stringify(responseOf(asker, telling, [messageOf(item, telling.text, 'completed')])),
    open(telling) {
      const response = { ...responseOf(asker, telling, []), status: 'in_progress', incomplete_details: null }
      return [
        event('response.created', { response }),
        event('response.in_progress', { response }),
        event('response.output_item.added', { output_index: 0, item: messageOf(item, null, 'in_progress') }),
        event('response.content_part.added', { ...at, part: partOf('') }),
      ].join('')
    },
    delta: (delta) => event('response.output_text.delta', { ...at, delta, logprobs: [] }),
    close(telling) {
      const { text } = telling
      const message = messageOf(item, text, 'completed')
      const response = responseOf(asker, telling, [message])
      return [
        event('response.output_text.done', { ...at, text, logprobs: [] }),
        event('response.content_part.done', { ...at, part: partOf(text) }),
        event('response.output_item.done', { output_index: 0, item: message }),
        event(isWhole(telling) ? 'response.completed' : 'response.incomplete', { response }),
      ].join('')
    },
    // The members stand in both places where clients look for them.
    fail(failure) {
      const error = errorOf(failure)
      const { code, message, param } = failure
      return event('error', { code, message, param, error })
    },
  }
}

function isWhole({ phase }: Telling): boolean {
  return phase !== 'open'
}

function partOf(text: string): JsonObject {
  return { type: 'output_text', text, annotations: [], logprobs: [] }
}

function messageOf(id: string, text: string | null, status: string): JsonObject {
  return { id, type: 'message', status, role: 'assistant', content: text === null ? [] : [partOf(text)] }
}

function responseOf(asker: BridgeAsker, telling: Telling, output: readonly JsonObject[]): JsonObject {
  const { hop, agent, model, created, ask } = asker
  const { contextId, taskId } = telling
  const isConversation = ask.conversation !== null && contextId !== null
  return {
    id: writeHandle({ agent, contextId, taskId }, hop),
    object: 'response',
    created_at: created,
    status: isWhole(telling) ? 'completed' : 'incomplete',
    background: false,
    error: null,
    incomplete_details: isWhole(telling) ? null : { reason: 'agent_still_working' },
    instructions: null,
    max_output_tokens: null,
    model,
    output,
    parallel_tool_calls: false,
    previous_response_id: ask.previous,
    ...(isConversation ? { conversation: { id: contextId } } : {}),
    reasoning: { effort: null, summary: null },
    // Weir keeps nothing of it: the agent does.
    store: false,
    temperature: null,
    text: { format: { type: 'text' } },
    tool_choice: 'none',
    tools: [],
    top_p: null,
    truncation: 'disabled',
    usage: usageOf(telling.usage),
    user: null,
    metadata: {},
    ...a2aMember(telling),
  }
}

/** Null where nobody reported it. */
function usageOf(usage: ToldUsage | null): JsonObject | null {
  return usage && { input_tokens: usage.input, output_tokens: usage.output, total_tokens: usage.total }
}
