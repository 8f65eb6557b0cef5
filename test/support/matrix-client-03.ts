/** The client of SDK 0.3.14 as a client of the matrix. */
import type { Message, MessageSendParams, Task, TaskPushNotificationConfig } from 'a2a-sdk-03'
import {
  ClientFactory,
  DefaultAgentCardResolver,
  JsonRpcTransportFactory,
  RestTransportFactory,
} from 'a2a-sdk-03/client'
import type { Binding, MatrixClient, PushView, Sending } from './matrix-clients.ts'
import { part03 } from './matrix-executors.ts'
import { type TaskView, type View, view03 } from './matrix-view.ts'

export interface Opening03 {
  readonly base: string
  readonly fetchImpl: typeof fetch
  readonly binding: Binding
}

export async function client03({ base, fetchImpl, binding }: Opening03): Promise<MatrixClient> {
  const Transport = binding === 'rest' ? RestTransportFactory : JsonRpcTransportFactory
  const factory = new ClientFactory({
    transports: [new Transport({ fetchImpl })],
    cardResolver: new DefaultAgentCardResolver({ fetchImpl }),
  })
  const client = await factory.createFromUrl(base)
  return {
    send: async (sending) => view03(await client.sendMessage(paramsOf(sending))),
    stream: (sending) => views(client.sendMessageStream(paramsOf(sending))),
    get: async (id, historyLength) =>
      view03(await client.getTask({ id, ...(historyLength === undefined ? {} : { historyLength }) })) as TaskView,
    cancel: async (id) => view03(await client.cancelTask({ id })) as TaskView,
    subscribe: (id) => views(client.resubscribeTask({ id })),
    list: null,
    createPush: async (taskId, config) =>
      pushView(await client.setTaskPushNotificationConfig({ taskId, pushNotificationConfig: pushOf(config) })),
    getPush: async (taskId, pushNotificationConfigId) =>
      // The method of the client is typed without the id of the config; its transport takes it.
      pushView(await client.transport.getTaskPushNotificationConfig({ id: taskId, pushNotificationConfigId })),
    listPush: async (id) => (await client.listTaskPushNotificationConfig({ id })).map(pushView),
    deletePush: (id, pushNotificationConfigId) =>
      client.deleteTaskPushNotificationConfig({ id, pushNotificationConfigId }),
    extendedCard: async () => {
      const { name, skills } = await client.transport.getExtendedAgentCard()
      return { name, skills: skills.length }
    },
  }
}

function paramsOf({ text, parts = [], taskId, contextId, blocking, push }: Sending): MessageSendParams {
  const all = [{ text }, ...parts].map(part03)
  const ids = { ...(taskId === undefined ? {} : { taskId }), ...(contextId === undefined ? {} : { contextId }) }
  const configuration = {
    ...(blocking === undefined ? {} : { blocking }),
    ...(push ? { pushNotificationConfig: pushOf(push) } : {}),
  }
  return {
    message: { kind: 'message', messageId: crypto.randomUUID(), role: 'user', parts: all, ...ids },
    configuration,
  }
}

function pushOf({ id, url, token, credentials }: PushView): TaskPushNotificationConfig['pushNotificationConfig'] {
  const authentication = credentials === undefined ? {} : { authentication: { schemes: ['Bearer'], credentials } }
  return { id, url, ...(token === undefined ? {} : { token }), ...authentication }
}

function pushView({ pushNotificationConfig: shown }: TaskPushNotificationConfig): PushView {
  const { id = '', url, token, authentication } = shown
  return { id, url, token: token || undefined, credentials: authentication?.credentials || undefined }
}

async function* views(events: AsyncIterable<Message | Task | object>): AsyncGenerator<View> {
  for await (const event of events) yield view03(event)
}
