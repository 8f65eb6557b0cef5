import fc from 'fast-check'
import { expect, test } from 'vitest'
import { membersOf } from '../../src/base/json-edit.ts'
import type { RequestEdits } from '../../src/protocol/llm/contract.ts'
import { writeModelRequest } from '../../src/protocol/llm/write-request.ts'
import { modelCall, type ModelPath, modelPaths, readModel } from '../support/model-inbound.ts'

const paths = Object.keys(modelPaths) as ModelPath[]
const anything = fc.jsonValue({ maxDepth: 3 })
const unknown = fc.string({ minLength: 1, maxLength: 8 }).map((name) => `x${name.replaceAll('_', '')}`)
const tokens = fc.oneof(fc.integer({ min: -1, max: 200 }), fc.constant(null))

const body = fc
  .record({
    known: fc.record(
      {
        model: fc.string({ minLength: 1, maxLength: 9, unit: 'grapheme' }),
        stream: fc.oneof(fc.boolean(), fc.constant(null)),
        max_tokens: tokens,
        max_completion_tokens: tokens,
        max_output_tokens: tokens,
        messages: anything,
        input: anything,
        tools: anything,
        stream_options: fc.oneof(
          fc.constant(null),
          fc.record({ include_usage: fc.boolean(), other: anything }, { requiredKeys: [] }),
        ),
      },
      { requiredKeys: ['model'] },
    ),
    more: fc.dictionary(unknown, anything, { maxKeys: 4 }),
    order: fc.integer(),
    gap: fc.constantFrom('', ' ', '\n\t'),
  })
  .filter(({ known, more }) => !JSON.stringify([known, more]).includes('__proto__'))
  .map(({ known, more, order, gap }) => {
    const members = Object.entries({ ...known, ...more })
    const from = members.length === 0 ? 0 : Math.abs(order) % members.length
    return JSON.stringify(Object.fromEntries([...members.slice(from), ...members.slice(0, from)]), null, gap)
  })

const edits: fc.Arbitrary<RequestEdits> = fc.record({
  model: fc.string({ minLength: 1, maxLength: 9, unit: 'grapheme' }),
  outputMax: fc.oneof(fc.integer({ min: 0, max: 200 }), fc.constant(null)),
  usage: fc.boolean(),
})

const edited = new Set(['model', 'max_tokens', 'max_completion_tokens', 'max_output_tokens', 'stream_options'])
const ceilings: Readonly<Record<ModelPath, readonly string[]>> = {
  chat: ['max_completion_tokens', 'max_tokens'],
  responses: ['max_output_tokens'],
  messages: ['max_tokens'],
  embeddings: [],
  count: [],
}

test('edits change what they must and leave every other member, its bytes and its place', () => {
  fc.assert(
    fc.property(fc.constantFrom(...paths), body, edits, (path, text, wanted) => {
      const call = modelCall(path, text)
      const made = Buffer.from(writeModelRequest(call, wanted))
      const [before, after] = [membersOf(call.body as Buffer), membersOf(made)]
      const others = (members: typeof before): unknown[] =>
        members.filter(([name]) => !edited.has(name)).map(([name, value]) => [name, value.toString()])
      expect(others(after)).toEqual(others(before))
      const [was, is] = [JSON.parse(text), JSON.parse(made.toString())] as Record<string, unknown>[]
      expect(is?.['model']).toBe(wanted.model)
      for (const name of edited)
        if (![...ceilings[path], 'model', 'stream_options'].includes(name)) expect(is?.[name]).toEqual(was?.[name])
      const limits = ceilings[path].flatMap((name) => (typeof is?.[name] === 'number' ? [is[name]] : []))
      if (wanted.outputMax !== null && ceilings[path].length > 0)
        for (const limit of limits) expect(limit).toBeLessThanOrEqual(wanted.outputMax)
      if (wanted.outputMax !== null && ceilings[path].length > 0) expect(limits.length).toBeGreaterThan(0)
      else for (const name of ceilings[path]) expect(is?.[name]).toEqual(was?.[name])
      const asks = path === 'chat' && wanted.usage && was?.['stream'] === true
      const options = was?.['stream_options'] as object | null | undefined
      expect(is?.['stream_options']).toEqual(asks ? { ...options, include_usage: true } : options)
      // Whoever reads it again reads what was written.
      expect(readModel(path, made)).toMatchObject({ model: wanted.model, streaming: call.streaming })
    }),
    { numRuns: 1000 },
  )
})

test('an edit that changes nothing hands the very bytes on', () => {
  fc.assert(
    fc.property(fc.constantFrom(...paths), body, (path, text) => {
      const call = modelCall(path, text)
      expect(writeModelRequest(call, { model: call.model, outputMax: null, usage: false })).toBe(call.body)
    }),
  )
})

const spoiled = fc
  .tuple(
    body,
    fc.nat(),
    fc.constantFrom('', '"', '\\', '{', '}', ',', ':', '0', '-', '.', 'e', '\u0000', '\ud800', '[', ' '),
  )
  .map(([text, where, put]) => {
    const cut = where % (text.length + 1)
    return text.slice(0, cut) + put + text.slice(cut + 1)
  })

test('a spoiled request is read, or refused in words, and never throws', () => {
  fc.assert(
    fc.property(fc.constantFrom(...paths), spoiled, edits, (path, text, wanted) => {
      const read = readModel(path, text)
      if ('kind' in read) {
        expect(read).toMatchObject({ kind: 'malformed', status: 400 })
        return
      }
      expect(Buffer.from(read.body).toString()).toBe(Buffer.from(text).toString())
      JSON.parse(Buffer.from(writeModelRequest(read, wanted)).toString())
    }),
    { numRuns: 1000 },
  )
})

const part = fc.oneof(
  fc.record({ type: fc.constant('text'), text: fc.string({ unit: 'binary' }) }),
  fc.record({ type: fc.constant('image_url'), image_url: fc.record({ url: fc.string() }) }),
  fc.record({ type: fc.constant('image'), source: fc.record({ data: fc.string(), content: anything }) }),
  fc.record({ type: fc.string(), image_url: fc.webUrl(), input_audio: anything, content: anything, source: anything }),
  anything,
)
const sent = fc.record({
  model: fc.constant('m'),
  messages: fc.array(fc.record({ role: fc.constant('user'), content: fc.oneof(fc.string(), fc.array(part)) })),
  input: fc.oneof(
    fc.string(),
    fc.array(fc.oneof(part, fc.record({ content: fc.array(part), output: fc.array(part) }))),
  ),
  tools: anything,
})

/** The bytes of every text in it. */
function textBytes(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (typeof value !== 'object' || value === null) return 0
  return Object.values(value).reduce<number>((sum, inner) => sum + textBytes(inner), 0)
}

test('the bound of the input is never less than the bytes of its texts, whatever is said to be a picture', () => {
  fc.assert(
    fc.property(fc.constantFrom(...paths), sent, (path, asked) => {
      const text = JSON.stringify(asked)
      if (text.includes('__proto__')) return
      expect(modelCall(path, text).inputBound).toBeGreaterThanOrEqual(textBytes(asked))
    }),
    { numRuns: 1000 },
  )
})
