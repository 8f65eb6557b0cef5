/** The client of SDK 1.3.0, alone and with its compatibility to 0.3, as a client of the matrix. */
import {
  ListTasksRequest,
  type Message,
  SendMessageRequest,
  StreamResponse,
  Task,
  Message as MessageCodec,
  TaskPushNotificationConfig,
} from '@a2a-js/sdk'
import {
  type Client,
  ClientFactory,
  DefaultAgentCardResolver,
  JsonRpcTransportFactory,
  RestTransportFactory,
} from '@a2a-js/sdk/client'
import type { Binding, MatrixClient, PushView, Sending } from './matrix-clients.ts'
import type { PlainPart } from './matrix-script.ts'
import { type TaskView, type View, view10 } from './matrix-view.ts'

export interface Opening10 {
  readonly base: string
  readonly fetchImpl: typeof fetch
  readonly binding: Binding
  readonly compat: boolean
}

export async function client10({ base, fetchImpl, binding, compat }: Opening10): Promise<MatrixClient> {
  const options = { fetchImpl, legacyCompat: { enabled: compat } }
  const Transport = binding === 'rest' ? RestTransportFactory : JsonRpcTransportFactory
  const factory = new ClientFactory({
    transports: [new Transport(options)],
    cardResolver: new DefaultAgentCardResolver(options),
  })
  const client = compat ? await asOfOld(factory, base, fetchImpl) : await factory.createFromUrl(base)
  const tenant = ''
  return {
    send: async (sending) => viewOf(await client.sendMessage(requestOf(sending))),
    stream: (sending) => views(client.sendMessageStream(requestOf(sending))),
    get: async (id, historyLength) => viewOf(await client.getTask({ tenant, id, historyLength })) as TaskView,
    cancel: async (id) => viewOf(await client.cancelTask({ tenant, id, metadata: undefined })) as TaskView,
    subscribe: (id) => views(client.resubscribeTask({ tenant, id })),
    list: compat
      ? null
      : async (contextId) => {
          const { tasks } = await client.listTasks(ListTasksRequest.fromJSON({ contextId, includeArtifacts: true }))
          return tasks.map((task) => viewOf(task) as TaskView)
        },
    createPush: async (taskId, config) =>
      pushView(await client.createTaskPushNotificationConfig(pushOf(taskId, config))),
    getPush: async (taskId, id) => pushView(await client.getTaskPushNotificationConfig({ tenant, taskId, id })),
    listPush: async (taskId) => {
      const page = { tenant, taskId, pageSize: 0, pageToken: '' }
      return (await client.listTaskPushNotificationConfig(page)).configs.map(pushView)
    },
    deletePush: (taskId, id) => client.deleteTaskPushNotificationConfig({ tenant, taskId, id }),
    extendedCard: async () => {
      const { name, skills } = await client.transport.getExtendedAgentCard({ tenant })
      return { name, skills: skills.length }
    },
  }
}

/**
 * With the card of an agent that knows 0.3 only: the compatible client speaks 1.0 wherever a card has it, and every card
 * of Weir has.
 */
async function asOfOld(factory: ClientFactory, base: string, fetchImpl: typeof fetch): Promise<Client> {
  const { supportedInterfaces: _, ...card } = (await (
    await fetchImpl(`${base}.well-known/agent-card.json`)
  ).json()) as {
    readonly supportedInterfaces: unknown
  }
  return await factory.createFromAgentCard(card as Parameters<ClientFactory['createFromAgentCard']>[0])
}

function requestOf({ text, parts = [], taskId = '', contextId = '', blocking, push }: Sending): SendMessageRequest {
  const all = [{ text }, ...parts].map(partOf)
  const message = { messageId: crypto.randomUUID(), role: 'ROLE_USER', parts: all, taskId, contextId }
  const waiting = blocking === undefined ? {} : { returnImmediately: !blocking }
  const pushing = push ? { taskPushNotificationConfig: TaskPushNotificationConfig.toJSON(pushOf('', push)) } : {}
  return SendMessageRequest.fromJSON({ message, configuration: { ...waiting, ...pushing } })
}

function partOf(part: PlainPart): object {
  if ('bytes' in part) return { raw: part.bytes, mediaType: part.mediaType, filename: part.name }
  if ('url' in part) return { url: part.url, mediaType: part.mediaType, filename: part.name }
  return part
}

function pushOf(taskId: string, { id, url, token = '', credentials }: PushView): TaskPushNotificationConfig {
  const authentication = credentials === undefined ? {} : { authentication: { scheme: 'Bearer', credentials } }
  return TaskPushNotificationConfig.fromJSON({ taskId, id, url, token, ...authentication })
}

function pushView({ id, url, token, authentication }: TaskPushNotificationConfig): PushView {
  return { id, url, token: token || undefined, credentials: authentication?.credentials || undefined }
}

function viewOf(result: Message | Task): View {
  return view10('messageId' in result ? { message: MessageCodec.toJSON(result) } : { task: Task.toJSON(result) })
}

async function* views(events: AsyncIterable<StreamResponse>): AsyncGenerator<View> {
  for await (const event of events) yield view10(StreamResponse.toJSON(event) as object)
}
