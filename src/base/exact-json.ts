/**
 * JSON values whose numbers keep their digits: 12345678901234567890 and 1.0 leave as they came. A number that JavaScript
 * would write otherwise is held as its text (TC39 `JSON.rawJSON`), which `JSON.stringify` writes as it is.
 */

interface ExactJson {
  parse(text: string, reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown): unknown
  rawJSON(text: string): object
  isRawJSON(value: unknown): value is { readonly rawJSON: string }
}
const json = JSON as unknown as ExactJson

/** Whether there may be a number that would not come out as it went in; most texts have none, and are read at full speed. */
const odd = /\d{16}|\d\.\d|\d[eE]|-0/

/** Of text that was checked to be JSON. */
export function parseExact(text: string): unknown {
  if (!odd.test(text)) return JSON.parse(text)
  return json.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source ? json.rawJSON(source) : value,
  )
}

/** The digits of such a number; null for everything else. */
export function exactNumber(value: unknown): string | null {
  return json.isRawJSON(value) ? value.rawJSON : null
}
