/** Requests in the words of the server they go to: what names something in them is written anew, the rest stays. */
import { readJson } from '../../../base/json.ts'
import { editJson, membersOf, valueAtPath } from '../../../base/json-edit.ts'
import { withOnly } from '../../../protocol/mcp/renames.ts'
import type { Json } from '../../../relay/mcp/channel.ts'

/** The text of a member of the parameters; null where there is none. */
export function textIn(params: Json | null, path: readonly string[]): string | null {
  const raw = params === null ? null : valueAtPath(params, path)
  const read = raw === null ? null : readJson(raw.toString())
  return read?.ok && typeof read.value === 'string' ? read.value : null
}

const nothing = Buffer.from('{}')

/** With that text there, and there alone; the same bytes where it stands there already. */
export function withText(params: Json | null, path: readonly string[], text: string): Json {
  const bytes = params ?? nothing
  if (textIn(bytes, path) === text && isOnce(bytes, path)) return bytes
  return editJson(bytes, withOnly(bytes, path, JSON.stringify(text)))
}

function isOnce(bytes: Buffer, path: readonly string[]): boolean {
  const holder = valueAtPath(bytes, path.slice(0, -1))
  return holder !== null && membersOf(holder).filter(([name]) => name === path.at(-1)).length === 1
}
