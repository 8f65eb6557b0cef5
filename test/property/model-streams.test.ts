import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ModelDialect } from '../../src/domain/call.ts'
import { openUsageReader, usageOf } from '../../src/protocol/llm/usage.ts'
import { SseSplitter } from '../../src/protocol/sse.ts'

const streamed = ['openai-chat', 'openai-responses', 'anthropic-messages'] as const
const word = fc.string({ unit: 'grapheme', maxLength: 12 })
const count = fc.nat({ max: 1000 })

interface Told {
  readonly events: readonly unknown[]
  readonly bytes: number
  readonly input: number
  readonly output: number
}

function bytesOf(words: readonly string[]): number {
  return words.reduce((sum, each) => sum + Buffer.byteLength(each), 0)
}

const tellers: Readonly<
  Record<(typeof streamed)[number], (words: readonly string[], input: number, output: number) => unknown[]>
> = {
  'openai-chat': (words, input, output) => [
    ...words.map((content) => ({ choices: [{ index: 0, delta: { content }, finish_reason: null }], usage: null })),
    { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    { choices: [], usage: { prompt_tokens: input, completion_tokens: output } },
    '[DONE]',
  ],
  'openai-responses': (words, input, output) => [
    { type: 'response.created', response: { usage: null } },
    ...words.map((delta) => ({ type: 'response.output_text.delta', delta })),
    { type: 'response.output_text.done', text: words.join('') },
    { type: 'response.completed', response: { usage: { input_tokens: input, output_tokens: output } } },
  ],
  'anthropic-messages': (words, input, output) => [
    { type: 'message_start', message: { usage: { input_tokens: input, output_tokens: 1 } } },
    ...words.map((text) => ({ type: 'content_block_delta', delta: { type: 'text_delta', text } })),
    { type: 'message_delta', delta: {}, usage: { output_tokens: output } },
    { type: 'message_stop' },
  ],
}

const told = fc
  .tuple(fc.constantFrom(...streamed), fc.array(word), count, count)
  .map(([dialect, words, input, output]): Told & { dialect: ModelDialect } => ({
    dialect,
    events: tellers[dialect](words, input, output),
    bytes: bytesOf(words),
    input,
    output,
  }))

function sse(events: readonly unknown[], end: string): Buffer {
  return Buffer.from(
    events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}${end}${end}`).join(''),
  )
}

function listen(dialect: ModelDialect, chunks: readonly Buffer[]): object {
  const reader = openUsageReader(dialect, { asked: false })
  const splitter = new SseSplitter(1_000_000)
  const heard = chunks.flatMap((chunk) =>
    splitter.push(chunk).flatMap(({ data }) => (data === null ? [] : [reader.hear(data)])),
  )
  const { usage, final, delivered_bytes, failed } = reader
  return { heard, usage, final, delivered_bytes, failed }
}

test('however a stream is cut into chunks, the same is heard of it', () => {
  fc.assert(
    fc.property(told, fc.array(fc.nat()), fc.constantFrom('\n', '\r\n'), ({ dialect, events, ...said }, cuts, end) => {
      const whole = sse(events, end)
      const at = cuts.map((cut) => cut % (whole.length + 1)).toSorted((one, other) => one - other)
      const chunks = [0, ...at].map((from, i) => whole.subarray(from, at[i] ?? whole.length))
      const heard = listen(dialect, chunks)
      expect(heard).toEqual(listen(dialect, [whole]))
      const usage = { input_tokens: said.input, output_tokens: said.output }
      expect(heard).toMatchObject({ usage, final: true, delivered_bytes: said.bytes, failed: false })
    }),
    { numRuns: 500 },
  )
})

test('a stream that is cut in the middle says what was delivered and is not final', () => {
  fc.assert(
    fc.property(told, fc.nat(), ({ dialect, events, bytes }, cut) => {
      const reader = openUsageReader(dialect, { asked: true })
      const heard = events.slice(0, cut % Math.max(1, events.length - 2))
      for (const event of heard) reader.hear(Buffer.from(JSON.stringify(event)))
      expect(reader.final).toBe(false)
      expect(reader.delivered_bytes).toBeLessThanOrEqual(bytes)
    }),
  )
})

const spoiled = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.json().map((text) => Buffer.from(text)),
  fc.tuple(told, fc.nat(), fc.nat(), fc.nat({ max: 255 })).map(([{ events }, which, where, put]) => {
    const bytes = Buffer.from(JSON.stringify(events[which % events.length]))
    bytes[where % bytes.length] = put
    return bytes
  }),
)

test('no event of a provider and no answer of it throws, whatever it is', () => {
  fc.assert(
    fc.property(fc.constantFrom(...streamed, 'openai-embeddings' as const), fc.array(spoiled), (dialect, events) => {
      const reader = openUsageReader(dialect, { asked: false })
      for (const event of events) {
        reader.hear(event)
        const usage = usageOf(dialect, event)
        for (const counted of [usage, reader.usage]) if (counted !== null) expect(isSane(counted)).toBe(true)
      }
      expect(Number.isSafeInteger(reader.delivered_bytes)).toBe(true)
    }),
    { numRuns: 500 },
  )
})

function isSane(usage: object): boolean {
  return Object.values(usage).every((said) => Number.isSafeInteger(said) && said >= 0)
}
