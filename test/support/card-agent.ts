/** A place that serves an agent's card, which a test may change under way. */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JsonObject } from '../../src/base/json.ts'

export interface CardAgent {
  readonly origin: string
  /** Where the card is. */
  readonly url: string
  /** Sent as it stands; a number is a status without a card. */
  card: JsonObject | string | number
  /** Of every request for the card. */
  readonly asked: IncomingMessage[]
  stop(): Promise<void>
}

export const searchSkill = { id: 'search', name: 'Search', description: 'Finds pages.', tags: ['web'] }

/** A card of 1.0 at that origin. */
export function cardAt(origin: string, over: JsonObject = {}): JsonObject {
  return {
    name: 'Finder',
    description: 'Finds things.',
    version: '1.0.0',
    supportedInterfaces: [{ url: `${origin}/`, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
    capabilities: { streaming: true },
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [searchSkill],
    ...over,
  }
}

/** `answer` makes what a POST gets. */
export async function startCardAgent(answer = (): string => '{}'): Promise<CardAgent> {
  const asked: IncomingMessage[] = []
  const server = createServer((request, response) => {
    if (request.method === 'POST') {
      request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end(answer()))
      return
    }
    asked.push(request)
    const { card } = agent
    if (typeof card === 'number') response.writeHead(card).end()
    else response.end(typeof card === 'string' ? card : JSON.stringify(card))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const agent: CardAgent = {
    origin,
    url: `${origin}/.well-known/agent-card.json`,
    card: cardAt(origin),
    asked,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return agent
}
