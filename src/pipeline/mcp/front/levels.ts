/** Which notifications of a request its client hears. */
import { valueAtPath } from '../../../base/json-edit.ts'
import { isLogLevel, logLevels } from '../../../protocol/mcp/words.ts'
import type { Json } from '../../../relay/mcp/channel.ts'

/** Log messages from that level on, none where it is null; everything else always. */
export function isHeard(method: string, params: Json | null, level: string | null): boolean {
  if (method !== 'notifications/message') return true
  if (level === null || params === null) return false
  const said = textAt(params, ['level'])
  return isLogLevel(said) && isLogLevel(level) && logLevels.indexOf(said) >= logLevels.indexOf(level)
}

/** A text in an object; null for anything else. */
export function textAt(object: Json | null, path: readonly string[]): string | null {
  const value = object === null ? null : valueAtPath(object, path)
  const read: unknown = value?.[0] === 0x22 ? JSON.parse(value.toString('utf8')) : null
  return typeof read === 'string' ? read : null
}
