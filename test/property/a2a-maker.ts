/** Makes answers and events of A2A 1.0 that every revision can say. */
import fc from 'fast-check'
import type { JsonObject } from '../../src/base/json.ts'
import { taskStates } from '../../src/domain/task.ts'

const word = fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' })
const name = fc.constantFrom('a', 'b', 'x-vendor', 'k1')
/** Without the negative zero, which JSON of JavaScript does not write, and the name that no answer may have. */
const json = fc
  .jsonValue({ maxDepth: 3 })
  .map((value) => JSON.stringify(value))
  .filter((text) => !text.includes('__proto__'))
  .map((text) => JSON.parse(text) as unknown)
const metadata = fc.dictionary(name, json, { minKeys: 1, maxKeys: 3, noNullPrototype: true })
const base64 = fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('base64'))

/** `typed` parts say what not even the SDK carries over: a media type of text, and data that is null. */
function part(typed: boolean): fc.Arbitrary<JsonObject> {
  const about = { mediaType: fc.constantFrom('text/plain', 'image/png'), filename: word, metadata }
  const little = typed ? about : { metadata }
  return fc.oneof(
    optional({ text: fc.string({ maxLength: 12, unit: 'grapheme' }) }, little),
    optional({ data: typed ? json : json.filter((value) => value !== null) }, little),
    optional({ raw: base64 }, about),
    optional({ url: fc.webUrl() }, about),
  )
}

function optional<T>(required: Readonly<Record<string, fc.Arbitrary<T>>>, more: object): fc.Arbitrary<JsonObject> {
  return fc.record(
    { ...required, ...more },
    {
      requiredKeys: Object.keys(required),
      noNullPrototype: true,
    },
  )
}

function message(typed: boolean): fc.Arbitrary<JsonObject> {
  const required = {
    messageId: word,
    role: fc.constantFrom('ROLE_USER', 'ROLE_AGENT'),
    parts: fc.array(part(typed), { maxLength: 3 }),
  } as Record<string, fc.Arbitrary<unknown>>
  return optional(required, {
    contextId: word,
    taskId: word,
    metadata,
    extensions: fc.array(fc.webUrl(), { minLength: 1, maxLength: 2 }),
  })
}

function artifact(typed: boolean): fc.Arbitrary<JsonObject> {
  const required = { artifactId: word, parts: fc.array(part(typed), { maxLength: 3 }) } as Record<
    string,
    fc.Arbitrary<unknown>
  >
  return optional(required, { name: word, description: word, metadata })
}

function status(typed: boolean): fc.Arbitrary<JsonObject> {
  return optional<unknown>(
    { state: fc.constantFrom(...taskStates) },
    {
      message: message(typed),
      timestamp: fc.constant('2026-11-21T01:11:50.526Z'),
    },
  )
}

/** Any event of 1.0. */
export function eventMaker(typed: boolean): fc.Arbitrary<JsonObject> {
  const ids = { taskId: word, contextId: word }
  const task = optional<unknown>(
    { id: word, contextId: word, status: status(typed) },
    {
      artifacts: fc.array(artifact(typed), { minLength: 1, maxLength: 2 }),
      history: fc.array(message(typed), { minLength: 1, maxLength: 2 }),
      metadata,
    },
  )
  const artifactUpdate = optional<unknown>(
    { ...ids, artifact: artifact(typed) },
    { append: fc.constant(true), lastChunk: fc.constant(true), metadata },
  )
  return fc.oneof(
    fc.record({ task }, { noNullPrototype: true }),
    fc.record({ message: message(typed) }, { noNullPrototype: true }),
    fc.record(
      { statusUpdate: optional<unknown>({ ...ids, status: status(typed) }, { metadata }) },
      { noNullPrototype: true },
    ),
    fc.record({ artifactUpdate }, { noNullPrototype: true }),
  )
}
