/**
 * What is said to tools and by their servers when a run is played again. The gateway is asked in the modern era, where a
 * request stands for itself; the mock is a server of the legacy one, the least that may be called.
 */
import { isJsonObject, type JsonObject, readJsonObject } from '../../../base/json.ts'
import { mcpRevisions } from '../../../domain/call.ts'
import type { CallRecord } from '../../../domain/record.ts'
import { encodeMirrored } from '../../../protocol/mcp/mirror.ts'
import { metaPrefix } from '../../../protocol/mcp/words.ts'
import { type Answer, type AnswerParts, type Asked, depth_max, madeUpText, type Request, toldMembers } from './said.ts'

const [modern, legacy] = mcpRevisions
const callMethod = 'tools/call'

/** The server of a tool and its name there. */
export function toolIn(target: string): { readonly server: string; readonly name: string } {
  const [, server = '', name = ''] = /^tool:([^/]*)\/(.*)$/s.exec(target) ?? []
  return { server, name }
}

export function requestToTool({ target }: CallRecord, captured: Buffer | null): Request {
  const { server, name } = toolIn(target)
  const read = captured && readJsonObject(captured.toString(), depth_max)
  const said = isJsonObject(read?.['params']) && read['method'] === callMethod ? read['params'] : null
  const _meta = { [`${metaPrefix}protocolVersion`]: modern, [`${metaPrefix}clientCapabilities`]: {} }
  const given = said && 'arguments' in said ? { arguments: said['arguments'] } : {}
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: callMethod, params: { name, ...given, _meta } })
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': modern,
    'mcp-method': callMethod,
    'mcp-name': encodeMirrored(name),
  }
  return { path: `/mcp/s/${server}`, headers, body, from: said ? 'captured' : 'made_up' }
}

export function asksTool({ method }: Asked): boolean {
  return method === callMethod
}

export function answerOfTool(_record: CallRecord, { id }: Asked, { captured, cost }: AnswerParts): Answer {
  const known = captured && resultIn(captured)
  const result = known ?? { content: [{ type: 'text', text: madeUpText }] }
  const told = cost && { _meta: { [toldMembers.cost_micros]: cost.cost_micros, [toldMembers.tokens]: cost.tokens } }
  const body = JSON.stringify({ jsonrpc: '2.0', id, result: { ...result, ...told } })
  return { body, contentType: 'application/json', from: known ? 'captured' : 'made_up' }
}

/** What the tool said, without what was said beside it to its caller. */
function resultIn(captured: Buffer): JsonObject | null {
  const read = readJsonObject(captured.toString(), depth_max)
  const result = read?.['result']
  if (!isJsonObject(result) || !Array.isArray(result['content'])) return null
  const { content, structuredContent, isError } = result
  return {
    content,
    ...(structuredContent !== undefined && { structuredContent }),
    ...(isError === true && { isError }),
  }
}

/** What the mock says as a server of those tools to everything that is no call; null for what has no answer. */
export function saidAsServer({ method, id }: Asked, tools: readonly string[]): string | null {
  if (id === null) return null
  const result = resultOf(method, tools)
  const error = { code: -32601, message: 'Method not found' }
  return JSON.stringify({ jsonrpc: '2.0', id, ...(result ? { result } : { error }) })
}

function resultOf(method: string | null, tools: readonly string[]): JsonObject | null {
  if (method === 'initialize')
    return {
      protocolVersion: legacy,
      capabilities: { tools: {} },
      serverInfo: { name: 'weir-replay', version: '1.0.0' },
    }
  if (method === 'tools/list') return { tools: tools.map((name) => ({ name, inputSchema: { type: 'object' } })) }
  return method === 'ping' ? {} : null
}
