/** Which headers go on to a tool server: those of its era, and never a credential, a cookie or the caller's session id. */
import type { McpCall } from '../../domain/call.ts'
import type { HeaderList, HeaderMap } from '../http.ts'
import type { Era } from './read-call.ts'

const always = ['accept-language', 'mcp-protocol-version']
const ofEra: Readonly<Record<Era, readonly string[]>> = {
  legacy: ['last-event-id'],
  modern: ['mcp-method', 'mcp-name'],
}
type HeaderPair = HeaderList[number]

const paramPrefix = 'mcp-param-'

const accepts: Readonly<Record<McpCall['form'], string>> = {
  request: 'application/json, text/event-stream',
  notification: 'application/json, text/event-stream',
  response: 'application/json, text/event-stream',
  listen: 'text/event-stream',
  close: '*/*',
}

export function mcpHeadersUpwards(headers: HeaderMap, { form }: Pick<McpCall, 'form'>, era: Era): HeaderList {
  const picked = [...always, ...ofEra[era]].flatMap((name) => {
    const value = headers.get(name)
    return value === undefined ? [] : [[name, value] as const]
  })
  const params: HeaderPair[] = []
  if (era === 'modern') for (const pair of headers) if (pair[0].startsWith(paramPrefix)) params.push(pair)
  const type: HeaderList = form === 'listen' || form === 'close' ? [] : [['content-type', 'application/json']]
  return [['accept', accepts[form]], ['accept-encoding', 'identity'], ...type, ...picked, ...params]
}
