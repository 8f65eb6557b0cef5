/**
 * The clients of the SDKs are given what agents of every dialect said, written for them. There is no network here: the
 * clients ask a function, so that only the writing is judged.
 */
import { AgentCard, Message, Task, TaskPushNotificationConfig } from '@a2a-js/sdk'
import { JsonRpcTransportFactory, RestTransportFactory } from '@a2a-js/sdk/client'
import { JsonRpcTransport as Rpc03, RestTransport as Rest03 } from 'a2a-sdk-03/client'
import { expect, test } from 'vitest'
import type { DialectName, Operation } from '../../src/domain/call.ts'
import { answerHeaders, answerStatus } from '../../src/protocol/a2a/answer-head.ts'
import { readSaid } from '../../src/protocol/a2a/read-said.ts'
import { type Asker, writeSaid, writeSaidEvent } from '../../src/protocol/a2a/write-said.ts'
import { writeNothing, writePush, writePushList } from '../../src/protocol/a2a/write-task.ts'
import { recorded, type Recorded } from '../support/wire-log.ts'

const dialects: readonly DialectName[] = ['a2a-1.0-jsonrpc', 'a2a-1.0-rest', 'a2a-0.3-jsonrpc', 'a2a-0.3-rest']
const pairs = dialects.flatMap((agent) => dialects.map((client) => ({ agent, client })))

const config = {
  taskId: 't',
  id: 'c1',
  url: 'https://example.com/hook',
  token: 'tok',
  authentication: { scheme: 'Bearer', credentials: 'cred' },
}

const pushOperations: Readonly<Record<string, Operation>> = {
  CreateTaskPushNotificationConfig: 'push_create',
  ListTaskPushNotificationConfigs: 'push_list',
  DeleteTaskPushNotificationConfig: 'push_delete',
  'tasks/pushNotificationConfig/set': 'push_create',
  'tasks/pushNotificationConfig/list': 'push_list',
  'tasks/pushNotificationConfig/delete': 'push_delete',
  POST: 'push_create',
  GET: 'push_list',
  DELETE: 'push_delete',
}

/** An agent whose answers were recorded, behind the writer. */
function gateway(agent: DialectName, dialect: DialectName): typeof fetch {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : String(input)
    const body = typeof init?.body === 'string' ? (JSON.parse(init.body) as Record<string, unknown>) : {}
    const rpcId = dialect.endsWith('jsonrpc') ? JSON.stringify(body['id']) : 'null'
    const call = { dialect, rpcId, operation: operationOf(url, init?.method ?? 'GET', body) }
    const bytes = answerOf(agent, call)
    const status = answerStatus(call)
    const headers = answerHeaders(call, new Headers(init?.headers).get('accept')).map(([n, v]): [string, string] => [
      n,
      v,
    ])
    return new Response(status === 204 ? null : new Uint8Array(bytes), { status, headers })
  }
}

function operationOf(url: string, verb: string, { method }: Readonly<Record<string, unknown>>): Operation {
  const text = typeof method === 'string' ? method : url
  const push =
    pushOperations[typeof method === 'string' ? method : url.includes('/pushNotificationConfigs') ? verb : '']
  if (push) return push
  if (/stream/i.test(text)) return 'stream'
  return /send/i.test(text) ? 'send' : 'get'
}

function answerOf(agent: DialectName, call: Asker): Buffer {
  if (call.operation === 'push_create') return writePush(config, call)
  if (call.operation === 'push_list') return writePushList([config], call)
  if (call.operation === 'push_delete') return writeNothing(call)
  const all = recorded(agent)
  if (call.operation !== 'stream') {
    const one = all.find(({ operation }) => operation === call.operation)
    return writeSaid(saidBy(one), call)
  }
  const begins = all.findIndex(({ operation }) => operation === 'stream')
  return Buffer.concat(all.slice(begins, begins + 5).map((one) => writeSaidEvent(saidBy(one), call)))
}

function saidBy(one: Recorded | undefined) {
  const read = one && readSaid(one.bytes, one)
  if (read?.kind !== 'said') throw new Error('it was recorded')
  return read
}

interface Heard {
  readonly message: unknown
  readonly task: unknown
  readonly events: readonly unknown[]
  readonly created: unknown
  readonly listed: unknown
}

async function collect<T>(events: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = []
  for await (const event of events) all.push(event)
  return all
}

const ask10 = { tenant: '', message: Message.fromJSON({ messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'hi' }] }) }
const params10 = { ...ask10, configuration: undefined, metadata: undefined }
const params03 = {
  message: {
    kind: 'message' as const,
    messageId: 'm',
    role: 'user' as const,
    parts: [{ kind: 'text' as const, text: 'hi' }],
  },
}
const endpoint = 'http://agent.test'

async function hear10(agent: DialectName, dialect: DialectName): Promise<Heard> {
  const fetchImpl = gateway(agent, dialect)
  const factory = dialect.endsWith('rest')
    ? new RestTransportFactory({ fetchImpl })
    : new JsonRpcTransportFactory({ fetchImpl })
  const client = await factory.create(endpoint, AgentCard.fromJSON({ name: 'a' }))
  const page = { tenant: '', taskId: 't', pageSize: 0, pageToken: '' }
  await client.deleteTaskPushNotificationConfig({ tenant: '', taskId: 't', id: 'c1' })
  return {
    message: await client.sendMessage(params10),
    task: Task.toJSON(await client.getTask({ tenant: '', id: 't', historyLength: undefined })),
    events: await collect(client.sendMessageStream(params10)),
    created: await client.createTaskPushNotificationConfig(TaskPushNotificationConfig.fromJSON(config)),
    listed: (await client.listTaskPushNotificationConfig(page)).configs,
  }
}

async function hear03(agent: DialectName, dialect: DialectName): Promise<Heard> {
  const fetchImpl = gateway(agent, dialect)
  const client = dialect.endsWith('rest') ? new Rest03({ endpoint, fetchImpl }) : new Rpc03({ endpoint, fetchImpl })
  await client.deleteTaskPushNotificationConfig({ id: 't', pushNotificationConfigId: 'c1' })
  const nested = { taskId: 't', pushNotificationConfig: { url: config.url } }
  return {
    message: await client.sendMessage(params03),
    task: await client.getTask({ id: 't' }),
    events: await collect(client.sendMessageStream(params03)),
    created: await client.setTaskPushNotificationConfig(nested),
    listed: await client.listTaskPushNotificationConfig({ id: 't' }),
  }
}

test.each(pairs.filter(({ client }) => client.startsWith('a2a-1.0')))(
  'a client of $client understands an agent of $agent',
  async ({ agent, client }) => {
    const heard = await hear10(agent, client)
    expect(heard.message).toMatchObject({ parts: [{ content: { $case: 'text', value: 'direct' } }] })
    expect(heard.task).toMatchObject({
      status: { state: 'TASK_STATE_COMPLETED' },
      artifacts: [{ artifactId: 'a1', parts: [{ text: 'chunk0 ' }, { text: 'chunk1 ' }] }],
    })
    expect(heard.events).toMatchObject(
      ['task', 'statusUpdate', 'artifactUpdate', 'artifactUpdate', 'statusUpdate'].map(($case) => ({
        payload: { $case },
      })),
    )
    expect(heard.created).toMatchObject(config)
    expect(heard.listed).toMatchObject([config])
  },
)

test.each(pairs.filter(({ client }) => client.startsWith('a2a-0.3')))(
  'a client of $client understands an agent of $agent',
  async ({ agent, client }) => {
    const heard = await hear03(agent, client)
    expect(heard.message).toMatchObject({ kind: 'message', role: 'agent', parts: [{ kind: 'text', text: 'direct' }] })
    expect(heard.task).toMatchObject({
      kind: 'task',
      status: { state: 'completed' },
      artifacts: [{ artifactId: 'a1', parts: [{ text: 'chunk0 ' }, { text: 'chunk1 ' }] }],
    })
    expect(heard.events).toMatchObject([
      { kind: 'task' },
      { kind: 'status-update', final: false },
      { kind: 'artifact-update' },
      // Over REST this client drops the mark that a chunk is appended, also from servers of its own.
      { kind: 'artifact-update', ...(client.endsWith('rest') ? {} : { append: true }) },
      { kind: 'status-update', final: true, status: { state: 'completed' } },
    ])
    const nested = { taskId: 't', pushNotificationConfig: { id: 'c1', authentication: { schemes: ['Bearer'] } } }
    expect(heard.created).toMatchObject(nested)
    expect(heard.listed).toMatchObject([nested])
  },
)
