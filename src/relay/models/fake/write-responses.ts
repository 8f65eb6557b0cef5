/** Answers in the shape of OpenAI's Responses: a `response` with one item, and its events with their numbers in streams. */
import { type Piece, type Telling, eventPiece, idOf } from './piece.ts'

export function writeResponse(telling: Telling): string {
  return JSON.stringify(overOf(telling))
}

export function* streamResponse(telling: Telling): Generator<Piece> {
  let number = 0
  const event = (type: string, members: object, said = false): Piece =>
    eventPiece(type, { type, sequence_number: number++, ...members }, said)
  const begun = responseOf(telling, { status: 'in_progress', output: [] })
  yield event('response.created', { response: begun })
  yield event('response.in_progress', { response: begun })
  yield* telling.turn.tool === null ? streamText(telling, event) : streamCall(telling, event)
  const over = telling.turn.stop === 'length' ? 'response.incomplete' : 'response.completed'
  yield event(over, { response: overOf(telling) })
}

type Event = (type: string, members: object, said?: boolean) => Piece

function* streamText(telling: Telling, event: Event): Generator<Piece> {
  const { tokens } = telling.turn
  const text = tokens.join('')
  const place = { item_id: itemIdOf(telling), output_index: 0, content_index: 0 }
  yield event('response.output_item.added', { output_index: 0, item: messageOf(telling, 'in_progress', []) })
  yield event('response.content_part.added', { ...place, part: partOf('') })
  for (const delta of tokens) yield event('response.output_text.delta', { ...place, delta, logprobs: [] }, true)
  yield event('response.output_text.done', { ...place, text, logprobs: [] })
  yield event('response.content_part.done', { ...place, part: partOf(text) })
  yield event('response.output_item.done', { output_index: 0, item: itemOf(telling) })
}

function* streamCall(telling: Telling, event: Event): Generator<Piece> {
  const { tokens, tool } = telling.turn
  const place = { item_id: itemIdOf(telling), output_index: 0 }
  yield event('response.output_item.added', { output_index: 0, item: callOf(telling, 'in_progress', '') })
  for (const delta of tokens) yield event('response.function_call_arguments.delta', { ...place, delta }, true)
  yield event('response.function_call_arguments.done', { ...place, name: tool, arguments: tokens.join('') })
  yield event('response.output_item.done', { output_index: 0, item: itemOf(telling) })
}

function overOf(telling: Telling): object {
  const { inputTokens, outputTokens, stop } = telling.turn
  return responseOf(telling, {
    status: stop === 'length' ? 'incomplete' : 'completed',
    completed_at: telling.created_s,
    incomplete_details: stop === 'length' ? { reason: 'max_output_tokens' } : null,
    output: [itemOf(telling)],
    usage: {
      input_tokens: inputTokens,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: outputTokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: inputTokens + outputTokens,
    },
  })
}

/** What was asked is said again, as the provider does. */
function responseOf({ asked, created_s }: Telling, members: object): object {
  const { body } = asked
  return {
    id: idOf('resp_', asked),
    object: 'response',
    created_at: created_s,
    status: 'in_progress',
    background: false,
    completed_at: null,
    error: null,
    incomplete_details: null,
    instructions: body['instructions'] ?? null,
    max_output_tokens: asked.outputMax,
    max_tool_calls: null,
    model: asked.model,
    output: [],
    parallel_tool_calls: body['parallel_tool_calls'] ?? true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    service_tier: 'default',
    store: body['store'] ?? true,
    temperature: body['temperature'] ?? 1,
    text: body['text'] ?? { format: { type: 'text' } },
    tool_choice: body['tool_choice'] ?? 'auto',
    tools: body['tools'] ?? [],
    top_logprobs: 0,
    top_p: body['top_p'] ?? 1,
    truncation: 'disabled',
    usage: null,
    user: null,
    metadata: body['metadata'] ?? {},
    ...members,
  }
}

function itemOf(telling: Telling): object {
  const { tokens, tool, stop } = telling.turn
  const text = tokens.join('')
  if (tool !== null) return callOf(telling, 'completed', text)
  return messageOf(telling, stop === 'length' ? 'incomplete' : 'completed', [partOf(text)])
}

function itemIdOf({ asked, turn }: Telling): string {
  return idOf(turn.tool === null ? 'msg_' : 'fc_', asked, 4)
}

function messageOf(telling: Telling, status: string, content: readonly object[]): object {
  return { id: itemIdOf(telling), type: 'message', status, content, role: 'assistant' }
}

function partOf(text: string): object {
  return { type: 'output_text', annotations: [], logprobs: [], text }
}

function callOf(telling: Telling, status: string, written: string): object {
  const { asked, turn } = telling
  const call_id = idOf('call_', asked, 8)
  return { id: itemIdOf(telling), type: 'function_call', status, arguments: written, call_id, name: turn.tool }
}
