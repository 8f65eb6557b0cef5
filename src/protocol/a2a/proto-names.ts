/**
 * The protobuf of 0.3 has two spellings of every name in its JSON, and parsers take either: clients in Python send
 * `message_id` and `request` where everybody else sends `messageId` and `message`. Here they become the one that is read,
 * so that no agent sees another spelling than the road did.
 */
import { isJsonObject, type JsonObject, readJsonObject } from '../../base/json.ts'

const depthMax = 64
/** A name in the other spelling; one inside of free content is taken for one too, and found to be none. */
const otherSpelling = /"(?:request|[a-z0-9]+(?:_[a-z0-9]+)+)"\s*:/
const snake = /^[a-z0-9]+(?:_[a-z0-9]+)+$/
/** What the protobuf holds as free content: its names are those of whoever wrote it. */
const free: ReadonlySet<string> = new Set(['metadata', 'data'])

/** The body in one spelling; the very same where it is in that already, or says something in both. */
export function spellOut(body: Buffer): Buffer {
  const text = body.toString('utf8')
  const read = otherSpelling.test(text) ? readJsonObject(text, depthMax) : null
  if (!read) return body
  const spelled = respell(read)
  if (spelled === null) return body
  const { request, ...rest } = spelled
  const whole = request === undefined || rest['message'] !== undefined ? spelled : { ...rest, message: request }
  const written = JSON.stringify(whole)
  return written === JSON.stringify(read) ? body : Buffer.from(written)
}

/** Null where a member is there in both spellings. */
function respell(value: JsonObject): JsonObject | null {
  const spelled: Record<string, unknown> = {}
  for (const [name, inner] of Object.entries(value)) {
    const one = camel(name)
    const read = free.has(one) ? inner : respellAny(inner)
    if (read === undefined || Object.hasOwn(spelled, one)) return null
    spelled[one] = read
  }
  return spelled
}

/** Undefined where something inside is there in both spellings. */
function respellAny(value: unknown): unknown {
  if (isJsonObject(value)) return respell(value) ?? undefined
  if (!Array.isArray(value)) return value
  const items = value.map(respellAny)
  return items.includes(undefined) ? undefined : items
}

/** The name as the JSON of protobuf has it: `message_id` is `messageId`. */
export function camel(name: string): string {
  return snake.test(name) ? name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()) : name
}
