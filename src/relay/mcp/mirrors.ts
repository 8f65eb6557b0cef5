/** The headers that say again what the body of a modern request says (2026-07-28, transports), computed for this hop. */
import { valueAtPath } from '../../base/json-edit.ts'
import type { HeaderList } from '../../protocol/http.ts'
import { encodeMirrored, isHeaderName, mirroredText } from '../../protocol/mcp/mirror.ts'
import { firstModern, namedBy } from '../../protocol/mcp/words.ts'
import type { Json } from './channel.ts'
import type { Mirror } from './link.ts'
import { textAt } from './params.ts'

export function modernHeaders(method: string, params: Json | null, mirrors: readonly Mirror[]): HeaderList {
  const member = namedBy.get(method)
  const name = member === undefined ? null : textAt(params, [member])
  return [
    ['mcp-protocol-version', firstModern],
    ['mcp-method', encodeMirrored(method)],
    ...(name === null ? [] : ([['mcp-name', encodeMirrored(name)]] as const)),
    ...mirrors.flatMap(({ header, path }) => {
      const value = isHeaderName(header) && params !== null ? mirroredValue(params, path) : null
      return value === null ? [] : [[`mcp-param-${header.toLowerCase()}`, encodeMirrored(value)] as const]
    }),
  ]
}

/** How a string, a number or a boolean begins. */
const isPlain = /^["\d\-tf]/

/** Of the arguments; lists and objects are never read for it. */
function mirroredValue(params: Json, path: readonly string[]): string | null {
  const value = valueAtPath(params, ['arguments', ...path])
  if (value === null || !isPlain.test(value.toString('latin1', 0, 1))) return null
  return mirroredText(JSON.parse(value.toString('utf8')))
}
