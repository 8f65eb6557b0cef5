/**
 * A strict reader for JSON that carries authority (tokens, keys, small documents). `JSON.parse` keeps the last of two
 * equal members, so two readers of one text can disagree about what it says; here such a text is refused.
 */

/** A JSON object. Its members were written by others: check each before use. */
export type JsonObject = Readonly<Record<string, unknown>>

export type JsonRead =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly reason: 'invalid' | 'duplicate_member' | 'forbidden_member' | 'too_deep' }

/** Reads one JSON text; refuses duplicate members, `__proto__` and nesting deeper than `depth_max`. Never throws. */
export function readJson(text: string, depth_max = 32): JsonRead {
  const parsed = parse(text)
  if (!parsed.ok) return parsed
  const reason = scan(text, depth_max)
  return reason === null ? parsed : { ok: false, reason }
}

/** Reads one JSON object, or null for anything else. */
export function readJsonObject(text: string, depth_max = 32): JsonObject | null {
  const read = readJson(text, depth_max)
  return read.ok && isJsonObject(read.value) ? read.value : null
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parse(text: string): JsonRead {
  try {
    return { ok: true, value: JSON.parse(text) as unknown }
  } catch {
    return { ok: false, reason: 'invalid' }
  }
}

/** Everything in a valid text that a reader could stumble over: strings with a colon behind them, and brackets. */
const marks = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[[\]{}]/g

/** The text is valid JSON by now, so a string followed by a colon can only be the name of a member. */
function scan(text: string, depth_max: number): 'duplicate_member' | 'forbidden_member' | 'too_deep' | null {
  const open: Set<string>[] = []
  for (const [mark, colon] of text.matchAll(marks)) {
    if (mark === '{' || mark === '[') {
      if (open.push(new Set()) > depth_max) return 'too_deep'
    } else if (mark === '}' || mark === ']') {
      open.pop()
    } else if (colon !== undefined) {
      const name = JSON.parse(mark.slice(0, mark.length - colon.length)) as string
      if (name === '__proto__') return 'forbidden_member'
      const members = open.at(-1)
      if (members?.has(name)) return 'duplicate_member'
      members?.add(name)
    }
  }
  return null
}
