/**
 * The upstream of the benchmarks of models: a uWebSockets.js provider that speaks Chat Completions and, for a model whose
 * name begins with `claude`, Messages. Whole answers have 1 KB. A stream has as many pieces as its argument says; what was
 * used is said at its end, of Chat Completions only to whoever asks.
 */
import { type Asked, serveBare } from './bare-server.ts'
import { tell } from './telling.ts'

const pieces = Number(process.argv[2] ?? 100)
const text = 'x'.repeat(700)

const completion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1_790_000_000,
  model: 'gpt-bench',
  choices: [{ index: 0, message: { role: 'assistant', content: text, refusal: null }, finish_reason: 'stop' }],
  usage: {
    prompt_tokens: 90,
    completion_tokens: 120,
    total_tokens: 210,
    prompt_tokens_details: { cached_tokens: 64, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 16, audio_tokens: 0 },
  },
}

const messagesUsage = { input_tokens: 26, cache_creation_input_tokens: 0, cache_read_input_tokens: 64 }
const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-bench',
  content: [{ type: 'text', text }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { ...messagesUsage, output_tokens: 120 },
}

function chunk(choices: readonly object[], more: object = {}): string {
  const { id, created, model } = completion
  const said = { id, object: 'chat.completion.chunk', created, model, service_tier: 'default', choices, ...more }
  return `data: ${JSON.stringify(said)}\n\n`
}

function delta(said: object, finish_reason: string | null = null): string {
  return chunk([{ index: 0, delta: said, logprobs: null, finish_reason }])
}

function event(type: string, said: object = {}): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...said })}\n\n`
}

function textDelta(said: string): string {
  return event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: said } })
}

interface Script {
  readonly whole: Buffer
  readonly first: Buffer
  readonly events: readonly [Buffer, Buffer]
  lastOf(body: Buffer): Buffer
}

const done = 'data: [DONE]\n\n'
const finish = delta({}, 'stop')
const plainEnd = Buffer.from(finish + done)
const countedEnd = Buffer.from(finish + chunk([], { usage: completion.usage }) + done)

const chat: Script = {
  whole: Buffer.from(JSON.stringify(completion)),
  first: Buffer.from(delta({ role: 'assistant', content: '', refusal: null })),
  events: [Buffer.from(delta({ content: ' to be' })), Buffer.from(delta({ content: ' or not' }))],
  lastOf: (body) => (body.includes('"include_usage":true') ? countedEnd : plainEnd),
}

const messagesEnd = Buffer.from(
  event('content_block_stop', { index: 0 }) +
    event('message_delta', {
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: completion.usage.completion_tokens },
    }) +
    event('message_stop'),
)

const messages: Script = {
  whole: Buffer.from(JSON.stringify(message)),
  first: Buffer.from(
    event('message_start', { message: { ...message, content: [], usage: { ...messagesUsage, output_tokens: 1 } } }) +
      event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
  ),
  events: [Buffer.from(textDelta(' to be')), Buffer.from(textDelta(' or not'))],
  lastOf: () => messagesEnd,
}

serveBare('the mock provider', ({ body, answer, stream }: Asked) => {
  const script = /"model":"(?:[a-z]+\/)?claude/.test(body.toString('latin1', 0, 256)) ? messages : chat
  if (!body.includes('"stream":true')) return answer('200 OK', script.whole)
  const out = stream()
  out.write(script.first)
  tell({ stream: out, events: script.events, last: script.lastOf(body), left: pieces })
})
