/** The official clients as they ship, each asked for everything it can do; what they show is read into one form. */
import {
  CancelTaskRequest,
  GetTaskRequest,
  ListTasksRequest,
  Message,
  SendMessageRequest,
  StreamResponse,
  SubscribeToTaskRequest,
  Task,
} from '@a2a-js/sdk'
import {
  type Client,
  ClientFactory,
  DefaultAgentCardResolver,
  JsonRpcTransportFactory,
  RestTransportFactory,
} from '@a2a-js/sdk/client'
import {
  type Client as Client03,
  ClientFactory as ClientFactory03,
  DefaultAgentCardResolver as CardResolver03,
  JsonRpcTransportFactory as Transport03,
} from 'a2a-sdk-03/client'
import type { JsonObject } from '../../src/base/json.ts'
import { keyOf } from './weir.ts'

/** What a message is sent with. */
export interface Wording {
  readonly taskId?: string
  readonly contextId?: string
  /** The caller does not wait for the end of the task. */
  readonly immediately?: boolean
}

/** One agent as one client sees it. Tasks and events are A2A 1.0 JSON, whatever the client speaks. */
export interface StockClient {
  send(text: string, wording?: Wording): Promise<JsonObject>
  stream(text: string, wording?: Wording): AsyncGenerator<JsonObject, void>
  get(taskId: string): Promise<JsonObject>
  cancel(taskId: string): Promise<JsonObject>
  subscribe(taskId: string): AsyncGenerator<JsonObject, void>
  /** Null where the protocol of the client has no such method. */
  readonly list: ((contextId: string) => Promise<readonly JsonObject[]>) | null
}

export interface StockKind {
  readonly name: string
  connect(base: string, from: string): Promise<StockClient>
}

export const stockKinds: readonly StockKind[] = [
  { name: '1.3.0 JSON-RPC', connect: async (base, from) => client10(await connect10(base, from, 'jsonrpc')) },
  { name: '1.3.0 REST', connect: async (base, from) => client10(await connect10(base, from, 'rest')) },
  { name: '0.3.14', connect: async (base, from) => client03(await connect03(base, from)) },
]

function fetchAs(from: string): typeof fetch {
  return (input, init) => {
    const headers = new Headers(init?.headers)
    headers.set('authorization', `Bearer ${keyOf(from)}`)
    return fetch(input, { ...init, headers })
  }
}

async function connect10(base: string, from: string, binding: 'jsonrpc' | 'rest'): Promise<Client> {
  const fetchImpl = fetchAs(from)
  const Transport = binding === 'rest' ? RestTransportFactory : JsonRpcTransportFactory
  return await new ClientFactory({
    transports: [new Transport({ fetchImpl })],
    cardResolver: new DefaultAgentCardResolver({ fetchImpl }),
  }).createFromUrl(base)
}

async function connect03(base: string, from: string): Promise<Client03> {
  const fetchImpl = fetchAs(from)
  return await new ClientFactory03({
    transports: [new Transport03({ fetchImpl })],
    cardResolver: new CardResolver03({ fetchImpl }),
  }).createFromUrl(base)
}

let messages = 0

function idsOf({ taskId, contextId }: Wording): JsonObject {
  return { ...(taskId === undefined ? {} : { taskId }), ...(contextId === undefined ? {} : { contextId }) }
}

function client10(client: Client): StockClient {
  const request = (text: string, wording: Wording): SendMessageRequest =>
    SendMessageRequest.fromJSON({
      message: { messageId: `m${(messages += 1)}`, role: 'ROLE_USER', parts: [{ text }], ...idsOf(wording) },
      ...(wording.immediately === true ? { configuration: { returnImmediately: true } } : {}),
    })
  return {
    async send(text, wording = {}) {
      const said = await client.sendMessage(request(text, wording))
      return ('status' in said ? Task.toJSON(said) : Message.toJSON(said)) as JsonObject
    },
    async *stream(text, wording = {}) {
      for await (const event of client.sendMessageStream(request(text, wording)))
        yield StreamResponse.toJSON(event) as JsonObject
    },
    get: async (id) => Task.toJSON(await client.getTask(GetTaskRequest.fromJSON({ id }))) as JsonObject,
    cancel: async (id) => Task.toJSON(await client.cancelTask(CancelTaskRequest.fromJSON({ id }))) as JsonObject,
    async *subscribe(id) {
      for await (const event of client.resubscribeTask(SubscribeToTaskRequest.fromJSON({ id })))
        yield StreamResponse.toJSON(event) as JsonObject
    },
    async list(contextId) {
      const { tasks } = await client.listTasks(ListTasksRequest.fromJSON({ contextId, includeArtifacts: true }))
      return tasks.map((task) => Task.toJSON(task) as JsonObject)
    },
  }
}

function client03(client: Client03): StockClient {
  const params = (text: string, wording: Wording) => ({
    message: {
      kind: 'message' as const,
      messageId: `m${(messages += 1)}`,
      role: 'user' as const,
      parts: [{ kind: 'text' as const, text }],
      ...idsOf(wording),
    },
    ...(wording.immediately === true ? { configuration: { blocking: false } } : {}),
  })
  return {
    send: async (text, wording = {}) => modern(await client.sendMessage(params(text, wording))),
    async *stream(text, wording = {}) {
      for await (const event of client.sendMessageStream(params(text, wording))) yield eventOf(event)
    },
    get: async (id) => modern(await client.getTask({ id })),
    cancel: async (id) => modern(await client.cancelTask({ id })),
    async *subscribe(id) {
      for await (const event of client.resubscribeTask({ id })) yield eventOf(event)
    },
    list: null,
  }
}

const eventNames: Readonly<Record<string, string>> = {
  task: 'task',
  message: 'message',
  'status-update': 'statusUpdate',
  'artifact-update': 'artifactUpdate',
}

function eventOf(said: { readonly kind: string }): JsonObject {
  return { [eventNames[said.kind] ?? said.kind]: modern(said) }
}

/** What 0.3 says, with the states of 1.0; its texts stand where they do there. */
function modern(said: object): JsonObject {
  const { status } = said as { readonly status?: JsonObject }
  if (!status) return said as JsonObject
  const state = `TASK_STATE_${String(status['state']).toUpperCase().replaceAll('-', '_')}`
  return { ...said, status: { ...status, state } }
}
