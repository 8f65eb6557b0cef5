/**
 * The members of an answer that are looked at, wherever the binding puts them: beside each other in a body over REST,
 * inside `result` over JSON-RPC. One pass over the bytes finds them; nothing is built.
 */
import { jsonShape } from '../../base/json-shape.ts'
import { type JsonMistake, type JsonSpans, scanJson } from '../../base/json-scan.ts'

/** The members of an answer or event in any grammar. */
const members = [
  'kind',
  'id',
  'taskId',
  'contextId',
  'final',
  'status',
  'status.state',
  'status.message.parts',
  'artifact',
  'artifact.parts',
  'task',
  'task.id',
  'task.contextId',
  'task.status',
  'task.status.state',
  'message',
  'message.taskId',
  'message.contextId',
  'statusUpdate',
  'statusUpdate.taskId',
  'statusUpdate.contextId',
  'statusUpdate.final',
  'statusUpdate.status',
  'statusUpdate.status.state',
  'statusUpdate.status.message.parts',
  'statusUpdate.status.message.content',
  'artifactUpdate',
  'artifactUpdate.taskId',
  'artifactUpdate.contextId',
  'artifactUpdate.artifact',
  'artifactUpdate.artifact.parts',
] as const

export type Member = (typeof members)[number]

const ofRpc = ['id', 'result', 'error', 'error.code', 'error.message', 'error.data'] as const
/** Google's shape of an error, that of 0.3, and problem details (RFC 9457). */
const ofRest = [
  'error',
  'error.code',
  'error.message',
  'error.data',
  'error.details',
  'code',
  'data',
  'title',
  'detail',
] as const

type RpcPath = (typeof ofRpc)[number] | `result.${Member}`
type RestPath = (typeof ofRest)[number] | Member

const rpcShape = jsonShape<RpcPath>([...ofRpc, ...members.map((member) => `result.${member}` as const)], 'ignore')
const restShape = jsonShape<RestPath>([...ofRest, ...members], 'ignore')

/** So that no name is put together while events pass. */
const inResult = Object.fromEntries(members.map((member) => [member, `result.${member}`])) as Readonly<
  Record<Member, `result.${Member}`>
>

export type RpcSpans = JsonSpans<RpcPath>
export type RestSpans = JsonSpans<RestPath>

export function scanRpc(bytes: Buffer): RpcSpans | JsonMistake {
  return scanJson(bytes, rpcShape)
}

export function scanRest(bytes: Buffer): RestSpans | JsonMistake {
  return scanJson(bytes, restShape)
}

/** An answer without its envelope. */
export interface View {
  text(member: Member): string | null
  isObject(member: Member): boolean
  isTrue(member: Member): boolean
  slice(member: Member): Buffer | null
}

export function viewRpc(spans: RpcSpans): View {
  return {
    text: (member) => spans.text(inResult[member]),
    isObject: (member) => spans.kindOf(inResult[member]) === 'object',
    isTrue: (member) => spans.kindOf(inResult[member]) === 'true',
    slice: (member) => spans.slice(inResult[member]),
  }
}

export function viewRest(spans: RestSpans): View {
  return {
    text: (member) => spans.text(member),
    isObject: (member) => spans.kindOf(member) === 'object',
    isTrue: (member) => spans.kindOf(member) === 'true',
    slice: (member) => spans.slice(member),
  }
}
