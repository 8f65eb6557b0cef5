/** Answers in the shape of Anthropic's Messages: a `message` with one block, from `message_start` to `message_stop` in streams. */
import { type Piece, type Telling, eventPiece, idOf } from './piece.ts'

const reasons = { stop: 'end_turn', length: 'max_tokens', tool: 'tool_use' } as const

export function writeMessage(telling: Telling): string {
  const { turn } = telling
  const text = turn.tokens.join('')
  const content =
    turn.tool === null
      ? { ...emptyBlock(telling), text }
      : { ...emptyBlock(telling), input: JSON.parse(text) as unknown }
  return JSON.stringify(
    messageOf(telling, [content], { stop_reason: reasons[turn.stop], output_tokens: turn.outputTokens }),
  )
}

export function* streamMessage(telling: Telling): Generator<Piece> {
  const { turn } = telling
  const begun = messageOf(telling, [], { stop_reason: null, output_tokens: Math.min(turn.outputTokens, 1) })
  yield event('message_start', { message: begun })
  yield event('content_block_start', { index: 0, content_block: emptyBlock(telling) })
  yield event('ping', {})
  for (const token of turn.tokens) {
    const delta =
      turn.tool === null ? { type: 'text_delta', text: token } : { type: 'input_json_delta', partial_json: token }
    yield event('content_block_delta', { index: 0, delta }, true)
  }
  yield event('content_block_stop', { index: 0 })
  yield event('message_delta', {
    delta: { stop_reason: reasons[turn.stop], stop_sequence: null, stop_details: null },
    usage: { ...inputOf(telling), output_tokens: turn.outputTokens },
  })
  yield event('message_stop', {})
}

export function writeCount({ turn }: Pick<Telling, 'turn'>): string {
  return JSON.stringify({ input_tokens: turn.inputTokens })
}

function event(type: string, members: object, said = false): Piece {
  return eventPiece(type, { type, ...members }, said)
}

function messageOf(
  telling: Telling,
  content: readonly object[],
  { stop_reason, output_tokens }: { readonly stop_reason: string | null; readonly output_tokens: number },
): object {
  const { asked } = telling
  return {
    model: asked.model,
    id: idOf('msg_', asked),
    type: 'message',
    role: 'assistant',
    content,
    stop_reason,
    stop_sequence: null,
    stop_details: null,
    usage: {
      ...inputOf(telling),
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
      output_tokens,
      service_tier: 'standard',
      inference_geo: 'not_available',
    },
  }
}

function inputOf({ turn }: Telling): object {
  return { input_tokens: turn.inputTokens, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 }
}

/** A block before anything of it was said. */
function emptyBlock({ asked, turn }: Telling): object {
  if (turn.tool === null) return { type: 'text', text: '' }
  return { type: 'tool_use', id: idOf('toolu_', asked, 8), name: turn.tool, input: {} }
}
