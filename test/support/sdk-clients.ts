/** The client generations we support, each asked for one call in its own words. */
import { Role } from '@a2a-js/sdk'
import {
  ClientFactory,
  DefaultAgentCardResolver,
  JsonRpcTransportFactory,
  RestTransportFactory,
} from '@a2a-js/sdk/client'
import {
  ClientFactory as ClientFactory03,
  DefaultAgentCardResolver as CardResolver03,
  JsonRpcTransportFactory as Transport03,
  RestTransportFactory as Rest03,
} from 'a2a-sdk-03/client'

export interface SdkClient {
  readonly name: string
  /** Whether this client speaks 0.3 on the wire. */
  readonly speaks: '1.0' | '0.3'
  send(base: string): Promise<unknown>
  stream(base: string): Promise<readonly unknown[]>
  /** Subscribes to a task. */
  follow(base: string, taskId: string): Promise<readonly unknown[]>
}

const params10 = {
  tenant: '',
  message: {
    messageId: 'm',
    contextId: '',
    taskId: '',
    role: Role.ROLE_USER,
    parts: [
      { content: { $case: 'text' as const, value: 'hi' }, metadata: undefined, filename: '', mediaType: 'text/plain' },
    ],
    metadata: undefined,
    extensions: [],
    referenceTaskIds: [],
  },
  configuration: undefined,
  metadata: undefined,
}

const params03 = {
  message: {
    kind: 'message' as const,
    messageId: 'm',
    role: 'user' as const,
    parts: [{ kind: 'text' as const, text: 'hi' }],
  },
}

export const sdkClients = sdkClientsWith({})
/** The same clients over HTTP+JSON. */
export const sdkRestClients = sdkClientsWith({}, 'rest')

type Binding = 'jsonrpc' | 'rest'

/** Every client as it ships, sending these headers with all it asks for, its first look at the card included. */
export function sdkClientsWith(
  headers: Readonly<Record<string, string>>,
  binding: Binding = 'jsonrpc',
): readonly SdkClient[] {
  const fetchImpl: typeof fetch = (input, init) => {
    const all = new Headers(init?.headers)
    for (const [name, value] of Object.entries(headers)) all.set(name, value)
    return fetch(input, { ...init, headers: all })
  }
  const Transport10 = binding === 'rest' ? RestTransportFactory : JsonRpcTransportFactory
  const factory10 = (legacyCompat: boolean): ClientFactory =>
    new ClientFactory({
      transports: [new Transport10({ fetchImpl, legacyCompat: { enabled: legacyCompat } })],
      cardResolver: new DefaultAgentCardResolver({ fetchImpl, legacyCompat: { enabled: legacyCompat } }),
    })
  const factory03 = new ClientFactory03({
    transports: [binding === 'rest' ? new Rest03({ fetchImpl }) : new Transport03({ fetchImpl })],
    cardResolver: new CardResolver03({ fetchImpl }),
  })
  return [
    sdk10('@a2a-js/sdk 1.3.0', '1.0', factory10(false)),
    sdk10('@a2a-js/sdk 1.3.0 with compatibility', '0.3', factory10(true)),
    {
      name: '@a2a-js/sdk 0.3.14',
      speaks: '0.3',
      send: async (base) => (await factory03.createFromUrl(base)).sendMessage(params03),
      stream: async (base) => collect((await factory03.createFromUrl(base)).sendMessageStream(params03)),
      follow: async (base, id) => collect((await factory03.createFromUrl(base)).resubscribeTask({ id })),
    },
  ]
}

function sdk10(name: string, speaks: '1.0' | '0.3', factory: ClientFactory): SdkClient {
  return {
    name,
    speaks,
    send: async (base) => (await factory.createFromUrl(base)).sendMessage(params10),
    stream: async (base) => collect((await factory.createFromUrl(base)).sendMessageStream(params10)),
    follow: async (base, id) => collect((await factory.createFromUrl(base)).resubscribeTask({ id, tenant: '' })),
  }
}

async function collect(events: AsyncIterable<unknown>): Promise<readonly unknown[]> {
  const all: unknown[] = []
  for await (const event of events) all.push(event)
  return all
}
