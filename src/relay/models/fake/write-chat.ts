/** Answers in the shape of OpenAI's Chat Completions: `chat.completion`, and `chat.completion.chunk` in streams. */
import { type Piece, type Telling, eventPiece, idOf } from './piece.ts'

const reasons = { stop: 'stop', length: 'length', tool: 'tool_calls' } as const

export function writeChat(telling: Telling): string {
  const { asked, turn } = telling
  const text = turn.tokens.join('')
  const said = turn.tool === null ? { content: text } : { content: null, tool_calls: [callOf(telling, text)] }
  const message = { role: 'assistant', ...said, refusal: null, annotations: [] }
  const choice = { message, logprobs: null, finish_reason: reasons[turn.stop] }
  const choices = Array.from({ length: asked.choices }, (_, index) => ({ index, ...choice }))
  return JSON.stringify({ ...frameOf(telling, 'chat.completion'), choices, usage: usageOf(telling), ...manner })
}

export function* streamChat(telling: Telling): Generator<Piece> {
  const { asked, turn } = telling
  const frame = { ...frameOf(telling, 'chat.completion.chunk'), ...manner }
  const noUsage = asked.usageAsked ? { usage: null } : {}
  const all = Array.from({ length: asked.choices }, (_, index) => index)
  const chunk = (index: number, delta: object, reason: string | null, said = false): Piece =>
    eventPiece(null, { ...frame, choices: [{ index, delta, logprobs: null, finish_reason: reason }], ...noUsage }, said)
  for (const index of all) yield chunk(index, openingOf(telling), null)
  for (const token of turn.tokens) {
    const delta =
      turn.tool === null ? { content: token } : { tool_calls: [{ index: 0, function: { arguments: token } }] }
    for (const index of all) yield chunk(index, delta, null, true)
  }
  for (const index of all) yield chunk(index, {}, reasons[turn.stop])
  if (asked.usageAsked) yield eventPiece(null, { ...frame, choices: [], usage: usageOf(telling) })
  yield { data: 'data: [DONE]\n\n', said: false }
}

const manner = { service_tier: 'default', system_fingerprint: 'fp_fake' } as const

function frameOf({ asked, created_s }: Telling, object: string): object {
  return { id: idOf('chatcmpl-', asked), object, created: created_s, model: asked.model }
}

function openingOf(telling: Telling): object {
  const { tool } = telling.turn
  if (tool === null) return { role: 'assistant', content: '', refusal: null }
  return { role: 'assistant', content: null, tool_calls: [{ index: 0, ...callOf(telling, '') }], refusal: null }
}

function callOf({ asked, turn }: Telling, written: string): object {
  return { id: idOf('call_', asked, 8), type: 'function', function: { name: turn.tool, arguments: written } }
}

function usageOf({ asked, turn }: Telling): object {
  const output = turn.outputTokens * asked.choices
  return {
    prompt_tokens: turn.inputTokens,
    completion_tokens: output,
    total_tokens: turn.inputTokens + output,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}
