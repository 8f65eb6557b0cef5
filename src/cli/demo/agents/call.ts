/** How an agent calls another one through Weir: the official client, its own key, and the Txn-Token it was given. */
import { SendMessageRequest } from '@a2a-js/sdk'
import { ClientFactory, DefaultAgentCardResolver, JsonRpcTransportFactory } from '@a2a-js/sdk/client'

export interface Credentials {
  /** `http://127.0.0.1:8080`, the data address of Weir. */
  readonly weir: string
  /** The API key of the agent that calls. */
  readonly key: string
}

export interface Caller extends Credentials {
  /** Of the call that is being served; undefined for the first call of all. */
  readonly txnToken: string | undefined
}

export interface Answered {
  /** Weir said no, or nobody answered: make do with what there is. */
  readonly refused: boolean
  readonly text: string
}

export async function callThroughWeir(caller: Caller, agent: string, text: string): Promise<Answered> {
  try {
    const client = await clientOf(caller, agent)
    const message = { messageId: crypto.randomUUID(), role: 'ROLE_USER', parts: [{ text }] }
    const result = await client.sendMessage(SendMessageRequest.fromJSON({ message }), {
      serviceParameters: caller.txnToken === undefined ? {} : { 'Txn-Token': caller.txnToken },
    })
    const parts = 'parts' in result ? result.parts : (result.status?.message?.parts ?? [])
    return {
      refused: false,
      text: parts.map((part) => (part.content?.$case === 'text' ? part.content.value : '')).join(' '),
    }
  } catch (error) {
    // Weir's refusals are sentences written for the caller: `[weir:loop_detected] The target is already ...`.
    return { refused: true, text: error instanceof Error ? error.message : String(error) }
  }
}

const clients = new Map<string, ReturnType<ClientFactory['createFromUrl']>>()
const clients_max = 16

/** One client an agent and gateway: its card is fetched once. */
function clientOf({ weir, key }: Credentials, agent: string): ReturnType<ClientFactory['createFromUrl']> {
  const url = `${weir}/a2a/${agent}/`
  const known = clients.get(url)
  if (known) return known
  const fetchImpl: typeof fetch = (input, init) => {
    const headers = new Headers(init?.headers)
    headers.set('authorization', `Bearer ${key}`)
    return fetch(input, { ...init, headers })
  }
  const client = new ClientFactory({
    transports: [new JsonRpcTransportFactory({ fetchImpl })],
    cardResolver: new DefaultAgentCardResolver({ fetchImpl }),
  }).createFromUrl(url)
  if (clients.size >= clients_max) clients.clear()
  clients.set(url, client)
  client.catch(() => clients.delete(url))
  return client
}
