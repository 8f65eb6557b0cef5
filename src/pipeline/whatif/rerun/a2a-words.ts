/**
 * What is said to agents and by them when a run is played again: what was captured where it can be said again, else the least
 * that its dialect allows. What names a task, or a place that wants to be told, is left out: every task is a new one here.
 */
import { isJsonObject, type JsonObject, readJsonObject } from '../../../base/json.ts'
import type { CallRecord } from '../../../domain/record.ts'
import type { Spend } from '../../../domain/spend.ts'
import { type Answer, type AnswerParts, type Asked, depth_max, madeUpText, type Request, toldMembers } from './said.ts'

const isPush = /push/i

type Version = '1.0' | '0.3'

/** `captured` is the body that came in, where it is kept in full. */
export function requestToAgent(record: CallRecord, captured: Buffer | null): Request {
  const { dialect, target, action } = record
  const version: Version = dialect === 'a2a-0.3-jsonrpc' ? '0.3' : '1.0'
  const params = captured && paramsIn(captured, dialect)
  const isStream = action === 'stream'
  const method = version === '0.3' ? (isStream ? 'message/stream' : 'message/send') : methodOf10(isStream)
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: params ?? { message: madeUp(version, 'user') } })
  const headers = { 'content-type': 'application/json', 'a2a-version': version }
  return { path: `/a2a/${target.slice('agent:'.length)}/`, headers, body, from: params ? 'captured' : 'made_up' }
}

function methodOf10(isStream: boolean): string {
  return isStream ? 'SendStreamingMessage' : 'SendMessage'
}

/** Those of a request in a dialect whose messages go as JSON-RPC; REST of 1.0 has the same ones as its body. */
function paramsIn(captured: Buffer, dialect: CallRecord['dialect']): JsonObject | null {
  const read = readJsonObject(captured.toString(), depth_max)
  const isRpc = dialect === 'a2a-1.0-jsonrpc' || dialect === 'a2a-0.3-jsonrpc'
  const params = isRpc ? read?.['params'] : dialect === 'a2a-1.0-rest' ? read : null
  if (!isJsonObject(params) || !isJsonObject(params['message'])) return null
  const { taskId: _task, contextId: _context, referenceTaskIds: _references, ...message } = params['message']
  const { configuration, ...rest } = params
  const kept = isJsonObject(configuration) ? { configuration: withoutPush(configuration) } : {}
  return { ...rest, ...kept, message }
}

/** Nothing is told to addresses that callers once left. */
function withoutPush(configuration: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(configuration).filter(([name]) => !isPush.test(name)))
}

function madeUp(version: Version, role: 'user' | 'agent'): JsonObject {
  const messageId = `replay-${role}`
  if (version === '1.0')
    return { messageId, role: role === 'user' ? 'ROLE_USER' : 'ROLE_AGENT', parts: [{ text: madeUpText }] }
  return { kind: 'message', messageId, role, parts: [{ kind: 'text', text: madeUpText }] }
}

const streams: ReadonlySet<string> = new Set(['SendStreamingMessage', 'message/stream'])
const sends: ReadonlySet<string> = new Set([...streams, 'SendMessage', 'message/send'])

export function asksAgent({ method }: Asked): boolean {
  return method !== null && sends.has(method)
}

export function answerOfAgent(record: CallRecord, asked: Asked, { captured, cost, fresh }: AnswerParts): Answer {
  const method = asked.method ?? ''
  const version: Version = method.includes('/') ? '0.3' : '1.0'
  const known = captured && sameDialect(record, version) ? answerIn(captured, record) : null
  const told = known ?? { result: version === '0.3' ? madeUp(version, 'agent') : { message: madeUp(version, 'agent') } }
  const answer = JSON.stringify({ jsonrpc: '2.0', id: asked.id, ...retold(told, { version, cost, fresh }) })
  const from = known ? 'captured' : 'made_up'
  if (!streams.has(method)) return { body: answer, contentType: 'application/json', from }
  return { body: `data: ${answer}\n\n`, contentType: 'text/event-stream', from }
}

function sameDialect({ dialect }: CallRecord, version: Version): boolean {
  return dialect === `a2a-${version}-jsonrpc` || (dialect === 'a2a-1.0-rest' && version === '1.0')
}

/** `result` or `error`, as JSON-RPC has them. */
function answerIn(captured: Buffer, { dialect }: CallRecord): JsonObject | null {
  const read = readJsonObject(captured.toString(), depth_max)
  if (dialect === 'a2a-1.0-rest') return read && ('task' in read || 'message' in read) ? { result: read } : null
  if (isJsonObject(read?.['result'])) return { result: read['result'] }
  return isJsonObject(read?.['error']) ? { error: read['error'] } : null
}

interface Retelling extends Pick<AnswerParts, 'cost' | 'fresh'> {
  readonly version: Version
}

/** With a task that is new here, and with what it has cost. */
function retold(told: JsonObject, { version, cost, fresh }: Retelling): JsonObject {
  const { result } = told
  if (!isJsonObject(result)) return told
  const isTask = version === '0.3' ? result['kind'] === 'task' : isJsonObject(result['task'])
  const name = isTask ? 'task' : 'message'
  const inner = version === '0.3' ? result : result[name]
  if (!isJsonObject(inner)) return told
  const renewed = isTask ? { ...inner, id: fresh(String(inner['id'])) } : inner
  const priced = cost === null ? renewed : withCost(renewed, cost)
  return { result: version === '0.3' ? priced : { ...result, [name]: priced } }
}

function withCost(said: JsonObject, { cost_micros, tokens }: Spend): JsonObject {
  const before = isJsonObject(said['metadata']) ? said['metadata'] : {}
  return { ...said, metadata: { ...before, [toldMembers.cost_micros]: cost_micros, [toldMembers.tokens]: tokens } }
}
