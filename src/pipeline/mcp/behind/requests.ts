/** Requests in the words of the server they go to: what names something in them is written anew, the rest stays. */
import { readJson } from '../../../base/json.ts'
import { editJson, membersOf, valueAtPath } from '../../../base/json-edit.ts'
import { swapParts } from '../../../base/json-splice.ts'
import { withOnly } from '../../../protocol/mcp/renames.ts'
import type { Json } from '../../../relay/mcp/channel.ts'

/** The text of a member of the parameters; null where there is none. */
export function textIn(params: Json | null, path: readonly string[]): string | null {
  const raw = params === null ? null : valueAtPath(params, path)
  return raw === null ? null : textOf(raw)
}

function textOf(raw: Buffer): string | null {
  const read = raw[0] === quote ? readJson(raw.toString()) : null
  return read?.ok && typeof read.value === 'string' ? read.value : null
}

const quote = 0x22

const nothing = Buffer.from('{}')

/** With that text there, and there alone; the same bytes where it stands there already. */
export function withText(params: Json | null, path: readonly string[], text: string): Json {
  const bytes = params ?? nothing
  const value = JSON.stringify(text)
  const holder = valueAtPath(bytes, path.slice(0, -1))
  const [said, again] = holder === null ? [] : membersOf(holder).filter(([name]) => name === path.at(-1))
  if (said === undefined || again !== undefined) return editJson(bytes, withOnly(bytes, path, value))
  return textOf(said[1]) === text ? bytes : swapParts(bytes, [[said[1], value]])
}
