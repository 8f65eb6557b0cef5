/** A small gateway of card, reading and writing alone: what is behind it is up to the test. */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JsonObject } from '../../src/base/json.ts'
import type { Call } from '../../src/domain/call.ts'
import { mintHopId } from '../../src/domain/mint-ids.ts'
import { describeAgent, writeCard } from '../../src/protocol/a2a/card.ts'
import { isMalformed } from '../../src/protocol/a2a/malformed.ts'
import { readCall } from '../../src/protocol/a2a/read-call.ts'
import type { A2aVersion } from '../../src/protocol/a2a/revision.ts'
import type { Written } from '../../src/protocol/jsonrpc.ts'
import { agentId, dice } from './hop.ts'

const base = '/a2a/research/'

export interface Gate {
  /** Base of the agent, with its closing slash. */
  readonly base: string
  /** Calls that were read, in order. */
  readonly calls: readonly Call[]
  stop(): Promise<void>
}

/** Publishes one agent that speaks `versions`; `serve` answers a call or writes to the response itself. */
export async function startGate(
  versions: readonly A2aVersion[],
  serve: (call: Call, response: ServerResponse) => Written | null,
): Promise<Gate> {
  const calls: Call[] = []
  const server = createServer((request, response) => {
    const capabilities = { streaming: true, pushNotifications: false, extendedAgentCard: false }
    const subject = { slug: 'research', name: 'Research', description: 'Finds things.', capabilities }
    const card = writeCard(offering(versions, describeAgent(subject, origin())), 0, false)
    const [path = '', query = ''] = (request.url ?? '').split('?')
    if (path.includes('/.well-known/')) {
      write(response, { status: 200, headers: card.headers, body: card.body })
      return
    }
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const headers = new Map(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
      const inbound = {
        method: request.method ?? '',
        path,
        query,
        headers,
        receivedAt: 0,
        startedAt: 0,
        peer: '',
        clientCert: null,
      }
      const rest = path.slice(base.length - 1)
      const call = readCall(
        { ...inbound, body: Buffer.concat(chunks) },
        agentId('agent:research'),
        mintHopId(dice),
        rest,
      )
      if (!isMalformed(call)) calls.push(call)
      const written = isMalformed(call) ? call : serve(call, response)
      if (written) write(response, written)
    })
  })
  const origin = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    base: `${origin()}${base}`,
    calls,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function write(response: ServerResponse, { status, headers, body }: Written): void {
  response.writeHead(status, headers.flat())
  response.end(body)
}

/** A card of an agent that does not speak everything we do. */
function offering(versions: readonly A2aVersion[], card: JsonObject): JsonObject {
  const all = card['supportedInterfaces'] as readonly { protocolVersion: A2aVersion }[]
  const modern = { ...card, supportedInterfaces: all.filter((each) => versions.includes(each.protocolVersion)) }
  if (versions.includes('0.3')) return modern
  const {
    url: _url,
    additionalInterfaces: _more,
    preferredTransport: _first,
    protocolVersion: _old,
    ...rest
  } = modern as JsonObject
  return rest
}
