/**
 * How a client is asked to let its person connect: in URL mode, which no secret passes through (2025-11-25, elicitation). In
 * the modern era the question is an answer that rests; the client shows the link and sends its request again with an answer
 * under our key, which is not the server's and is taken out before it. Whoever has not connected by then is refused in words.
 */
import { editJson, membersOf, valueAtPath } from '../../base/json-edit.ts'
import { isJsonObject, type JsonObject, readJsonObject } from '../../base/json.ts'
import type { McpCall } from '../../domain/call.ts'
import type { Connect } from '../../domain/verdict.ts'
import { isModernVersion, metaPrefix } from './words.ts'

/** The question of ours among those of a server. */
export const connectKey = 'dev.weir/connect'
const answersAt = ['params', 'inputResponses'] as const
/** What may be answered with a question (2026-07-28, multi round-trip requests). */
const asking: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read'])

/** Parameters of `elicitation/create`, for any era. */
function urlElicitation({ id, server, url }: Connect): JsonObject {
  const message = `The tool server "${server}" works with your own account. Open the link to connect it.`
  return { mode: 'url', elicitationId: id, url, message }
}

/** The message that asks, in place of a refusal; null where the client cannot be asked, or was already. */
export function askToConnect(
  connect: Connect,
  call: Pick<McpCall, 'method' | 'rpcId' | 'dialect' | 'body'>,
): string | null {
  if (!asking.has(call.method) || !isModernVersion(call.dialect.slice('mcp-'.length))) return null
  const params = readJsonObject(Buffer.from(call.body).toString('utf8'), 64)?.['params']
  if (!isJsonObject(params) || isAnswered(params['inputResponses'])) return null
  const meta = isJsonObject(params['_meta']) ? params['_meta'] : {}
  const capabilities = meta[`${metaPrefix}clientCapabilities`]
  const elicitation = isJsonObject(capabilities) ? capabilities['elicitation'] : null
  if (!isJsonObject(elicitation) || !isJsonObject(elicitation['url'])) return null
  const inputRequests = { [connectKey]: { method: 'elicitation/create', params: urlElicitation(connect) } }
  const result = { resultType: 'input_required', inputRequests }
  return `{"jsonrpc":"2.0","id":${call.rpcId},"result":${JSON.stringify(result)}}`
}

function isAnswered(answers: unknown): boolean {
  return isJsonObject(answers) && Object.hasOwn(answers, connectKey)
}

/** The request as the server is meant to see it: byte for byte, but for an answer that was for us. */
export function withoutConnect(body: Uint8Array): Uint8Array {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  if (!bytes.includes(connectKey)) return body
  const answers = valueAtPath(bytes, answersAt)
  const members = answers === null ? [] : membersOf(answers)
  if (!members.some(([name]) => name === connectKey)) return body
  const path = members.length === 1 ? answersAt : [...answersAt, connectKey]
  return editJson(bytes, [{ path, value: undefined }])
}
