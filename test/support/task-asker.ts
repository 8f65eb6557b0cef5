/** Every method there is for the id of a task, in every dialect: what tests of ownership ask. */
import type { DialectName, Operation } from '../../src/domain/call.ts'
import { isRest, methods, versionOf } from '../../src/protocol/a2a/methods.ts'

export const dialects: readonly DialectName[] = ['a2a-1.0-jsonrpc', 'a2a-0.3-jsonrpc', 'a2a-1.0-rest', 'a2a-0.3-rest']

/** What of a message names somebody's work, or the operation that is about a task. */
export const waysToName = [
  'send taskId',
  'send contextId',
  'send referenceTaskIds',
  'stream taskId',
  'stream contextId',
  'stream referenceTaskIds',
  'get',
  'cancel',
  'subscribe',
  'push_create',
  'push_get',
  'push_list',
  'push_delete',
] as const

export type WayToName = (typeof waysToName)[number]

export interface Question {
  readonly dialect: DialectName
  readonly way: WayToName
  readonly id: unknown
}

interface Written {
  readonly method: string
  readonly path: string
  readonly body: string | null
}

const url = 'http://127.0.0.1:9/hook'
const configId = 'config-1'

/** The request behind `/a2a/<slug>`. */
export function writeQuestion({ dialect, way, id }: Question): Written {
  const [operation, member] = way.split(' ') as [Operation, string | undefined]
  const version = versionOf(dialect)
  const params =
    member === undefined ? paramsOf(operation, dialect, id) : messageWith(dialect, { [member]: valueOf(member, id) })
  const { rpc10, rpc03, rest10, rest03 } = methods[operation]
  if (!isRest(dialect)) {
    const method = version === '1.0' ? rpc10 : rpc03
    return { method: 'POST', path: '/', body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }) }
  }
  const { verb, template } = version === '1.0' ? rest10 : rest03
  const path = template.replace('{id}', pathOf(id)).replace('{configId}', configId)
  const hasBody = member !== undefined || operation === 'push_create'
  return { method: verb, path, body: hasBody ? JSON.stringify(params) : null }
}

/** One list, with what narrows it. */
export function writeList(dialect: DialectName, filters: Readonly<Record<string, string>>): Written {
  const { rpc10, rpc03, rest10, rest03 } = methods.list
  const version = versionOf(dialect)
  if (!isRest(dialect)) {
    const method = version === '1.0' ? rpc10 : rpc03
    return { method: 'POST', path: '/', body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: filters }) }
  }
  const { template } = version === '1.0' ? rest10 : rest03
  return { method: 'GET', path: `${template}?${new URLSearchParams(filters).toString()}`, body: null }
}

/** Only what stands in the path must be writable there. */
function pathOf(id: unknown): string {
  return encodeURIComponent(String(id).toWellFormed())
}

function valueOf(member: string, id: unknown): unknown {
  return member === 'referenceTaskIds' ? [id] : id
}

function messageWith(dialect: DialectName, names: object): object {
  const message = { messageId: 'm1', ...names }
  if (versionOf(dialect) === '1.0') return { message: { ...message, role: 'ROLE_USER', parts: [{ text: 'hi' }] } }
  if (isRest(dialect)) return { message: { ...message, role: 'ROLE_USER', content: [{ text: 'hi' }] } }
  return { message: { ...message, kind: 'message', role: 'user', parts: [{ kind: 'text', text: 'hi' }] } }
}

function paramsOf(operation: Operation, dialect: DialectName, id: unknown): object {
  const is10 = versionOf(dialect) === '1.0'
  if (operation === 'push_create') {
    if (isRest(dialect)) return is10 ? { id: configId, url } : { pushNotificationConfig: { id: configId, url } }
    return is10 ? { taskId: id, id: configId, url } : { taskId: id, pushNotificationConfig: { id: configId, url } }
  }
  if (operation === 'push_list') return is10 ? { taskId: id } : { id }
  if (operation === 'push_get' || operation === 'push_delete')
    return is10 ? { taskId: id, id: configId } : { id, pushNotificationConfigId: configId }
  return { id }
}
