/** What each operation is called in each dialect: one table, read and written from the same rows. */
import type { DialectName, Operation } from '../../domain/call.ts'
import type { A2aVersion } from './revision.ts'

/** A REST route. `{id}` is the task, `{configId}` its push notification config. */
export interface RestRoute {
  readonly verb: 'GET' | 'POST' | 'DELETE'
  readonly template: string
}

interface Method {
  readonly rpc10: string
  readonly rpc03: string
  readonly rest10: RestRoute
  readonly rest03: RestRoute
}

const configs = '/tasks/{id}/pushNotificationConfigs'

/** The text of 0.3 knows a list for REST and gRPC only; over JSON-RPC some send `tasks/list`, and it means that. */
export const methods: Readonly<Record<Operation, Method>> = {
  send: both('SendMessage', 'message/send', { verb: 'POST', template: '/message:send' }),
  stream: both('SendStreamingMessage', 'message/stream', { verb: 'POST', template: '/message:stream' }),
  get: both('GetTask', 'tasks/get', { verb: 'GET', template: '/tasks/{id}' }),
  list: both('ListTasks', 'tasks/list', { verb: 'GET', template: '/tasks' }),
  cancel: both('CancelTask', 'tasks/cancel', { verb: 'POST', template: '/tasks/{id}:cancel' }),
  // GET in the proto, POST in the text. Every server of 1.0 takes either; of 0.3 those in Python take GET alone.
  subscribe: {
    ...both('SubscribeToTask', 'tasks/resubscribe', { verb: 'POST', template: '/tasks/{id}:subscribe' }),
    rest03: { verb: 'GET', template: '/v1/tasks/{id}:subscribe' },
  },
  push_create: both('CreateTaskPushNotificationConfig', 'tasks/pushNotificationConfig/set', {
    verb: 'POST',
    template: configs,
  }),
  push_get: both('GetTaskPushNotificationConfig', 'tasks/pushNotificationConfig/get', {
    verb: 'GET',
    template: `${configs}/{configId}`,
  }),
  push_list: both('ListTaskPushNotificationConfigs', 'tasks/pushNotificationConfig/list', {
    verb: 'GET',
    template: configs,
  }),
  push_delete: both('DeleteTaskPushNotificationConfig', 'tasks/pushNotificationConfig/delete', {
    verb: 'DELETE',
    template: `${configs}/{configId}`,
  }),
  card: {
    rpc10: 'GetExtendedAgentCard',
    rpc03: 'agent/getAuthenticatedExtendedCard',
    rest10: { verb: 'GET', template: '/extendedAgentCard' },
    rest03: { verb: 'GET', template: '/v1/card' },
  },
}

function both(rpc10: string, rpc03: string, route: RestRoute): Method {
  return { rpc10, rpc03, rest10: route, rest03: { verb: route.verb, template: `/v1${route.template}` } }
}

const rows = Object.entries(methods) as readonly (readonly [Operation, Method])[]

const rpcOperations: Readonly<Record<A2aVersion, ReadonlyMap<string, Operation>>> = {
  '1.0': new Map(rows.map(([operation, { rpc10 }]) => [rpc10, operation])),
  '0.3': new Map(rows.map(([operation, { rpc03 }]) => [rpc03, operation])),
}

/** The operation a method of JSON-RPC asks for; null if the revision has no such method. */
export function operationOfRpc(version: A2aVersion, method: string): Operation | null {
  return rpcOperations[version].get(method) ?? null
}

/** The operations of one path, by the HTTP method. */
export type Verbs = ReadonlyMap<string, Operation>

const restOperations: Readonly<Record<A2aVersion, ReadonlyMap<string, Verbs>>> = {
  '1.0': byTemplate(({ rest10 }) => rest10),
  '0.3': byTemplate(({ rest03 }) => rest03),
}

function byTemplate(routeOf: (method: Method) => RestRoute): ReadonlyMap<string, Verbs> {
  const found = new Map<string, Map<string, Operation>>()
  for (const [operation, method] of rows) {
    const { verb, template } = routeOf(method)
    const verbs = found.get(template) ?? new Map<string, Operation>()
    found.set(template, verbs.set(verb, operation))
    if (operation === 'subscribe') verbs.set('GET', operation).set('POST', operation)
  }
  return found
}

/** What a path of that form can be asked; null if the revision has no such path. */
export function verbsOfRest(version: A2aVersion, template: string): Verbs | null {
  return restOperations[version].get(template) ?? null
}

export function versionOf(dialect: DialectName): A2aVersion {
  return dialect.startsWith('a2a-0.3') ? '0.3' : '1.0'
}

export function isRest(dialect: DialectName): boolean {
  return dialect.endsWith('-rest')
}

/** The dialects, by revision and binding. */
export const dialects = {
  '1.0': { jsonrpc: 'a2a-1.0-jsonrpc', rest: 'a2a-1.0-rest' },
  '0.3': { jsonrpc: 'a2a-0.3-jsonrpc', rest: 'a2a-0.3-rest' },
} as const satisfies Readonly<Record<A2aVersion, Readonly<Record<'jsonrpc' | 'rest', DialectName>>>>
