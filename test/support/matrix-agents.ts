/**
 * The agent kinds of the matrix: the servers of both SDKs over both bindings, mounted as their authors mount them, and one
 * like FastA2A 0.5 that answers at once and has no streams. What goes over each wire is kept.
 */
import { createServer, type IncomingHttpHeaders, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AgentCard } from '@a2a-js/sdk'
import { DefaultRequestHandler, InMemoryTaskStore } from '@a2a-js/sdk/server'
import { jsonRpcHandler, restHandler, UserBuilder } from '@a2a-js/sdk/server/express'
import { DefaultRequestHandler as Handler03, InMemoryTaskStore as Store03 } from 'a2a-sdk-03/server'
import { jsonRpcHandler as rpc03, restHandler as rest03, UserBuilder as Users03 } from 'a2a-sdk-03/server/express'
import express from 'express'
import { dullListener } from './matrix-dull-agent.ts'
import { executor03, executor10 } from './matrix-executors.ts'
import type { Gates } from './matrix-script.ts'

/** One request an agent got and the bytes it answered with. */
export interface Tapped {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly asked: () => string
  readonly answered: () => Buffer
}

export interface MatrixAgent {
  readonly slug: string
  readonly url: string
  readonly tapped: readonly Tapped[]
  stop(): Promise<void>
}

export interface AgentKind {
  readonly slug: string
  readonly name: string
  readonly version: '1.0' | '0.3'
  readonly binding: 'jsonrpc' | 'rest'
  /** Whether it streams, waits for the end of a task and says a message without one. */
  readonly lively: boolean
  /** Whether it loses what SDK 0.3.14 loses of parts on their way through protobuf. */
  readonly protobuf03: boolean
  readonly listener: (gates: Gates, url: string) => RequestListener
}

const users = UserBuilder.noAuthentication
const users03 = Users03.noAuthentication

export const agentKinds: readonly AgentKind[] = [
  {
    slug: 'rpc10',
    name: 'SDK 1.3.0 server, JSON-RPC',
    version: '1.0',
    binding: 'jsonrpc',
    lively: true,
    protobuf03: false,
    listener: (gates, url) =>
      express().use(jsonRpcHandler({ requestHandler: handler10(gates, url, 'JSONRPC'), userBuilder: users })),
  },
  {
    slug: 'rest10',
    name: 'SDK 1.3.0 server, HTTP+JSON',
    version: '1.0',
    binding: 'rest',
    lively: true,
    protobuf03: false,
    listener: (gates, url) =>
      express().use(restHandler({ requestHandler: handler10(gates, url, 'HTTP+JSON'), userBuilder: users })),
  },
  {
    slug: 'rpc03',
    name: 'SDK 0.3.14 server, JSON-RPC',
    version: '0.3',
    binding: 'jsonrpc',
    lively: true,
    protobuf03: false,
    listener: (gates, url) =>
      express().use(rpc03({ requestHandler: handler03(gates, url, 'JSONRPC'), userBuilder: users03 })),
  },
  {
    slug: 'rest03',
    name: 'SDK 0.3.14 server, HTTP+JSON',
    version: '0.3',
    binding: 'rest',
    lively: true,
    protobuf03: true,
    listener: (gates, url) =>
      express().use(rest03({ requestHandler: handler03(gates, url, 'HTTP+JSON'), userBuilder: users03 })),
  },
  {
    slug: 'dull',
    name: 'like FastA2A 0.5 (A2A 0.2.5), JSON-RPC',
    version: '0.3',
    binding: 'jsonrpc',
    lively: false,
    protobuf03: false,
    listener: (gates) => dullListener(gates),
  },
]

const facts = {
  name: 'matrix',
  description: 'Plays what it is told.',
  version: '1.0.0',
  defaultInputModes: ['text/plain'],
  defaultOutputModes: ['text/plain'],
  skills: [],
}

function handler10(gates: Gates, url: string, protocolBinding: string): DefaultRequestHandler {
  const supportedInterfaces = [{ url, protocolBinding, protocolVersion: '1.0' }]
  const card = AgentCard.fromJSON({ ...facts, supportedInterfaces, capabilities: { streaming: true } })
  return new DefaultRequestHandler(card, new InMemoryTaskStore(), executor10(gates))
}

function handler03(gates: Gates, url: string, preferredTransport: string): Handler03 {
  const card = { ...facts, url, preferredTransport, protocolVersion: '0.3.0', capabilities: { streaming: true } }
  return new Handler03(card, new Store03(), executor03(gates))
}

export async function startMatrixAgent(kind: AgentKind, gates: Gates): Promise<MatrixAgent> {
  const tapped: Tapped[] = []
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const listener = kind.listener(gates, url)
  server.on('request', (request, response) => {
    const asked: Buffer[] = []
    request.on('data', (chunk: Buffer) => asked.push(chunk))
    const { method = '', url: path = '', headers } = request
    const text = (): string => Buffer.concat(asked).toString()
    tapped.push({ method, url: path, headers, asked: text, answered: tap(response) })
    listener(request, response)
  })
  return {
    slug: kind.slug,
    url,
    tapped,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Everything that is written to the body of an answer, while it goes where it would. */
function tap(response: ServerResponse): () => Buffer {
  const kept: Buffer[] = []
  const keep = (chunk: unknown): void => {
    if (typeof chunk === 'string' || chunk instanceof Uint8Array) kept.push(Buffer.from(chunk))
  }
  const { write, end } = response
  let ending = false
  response.write = (...all: unknown[]) => {
    if (!ending) keep(all[0])
    return Reflect.apply(write, response, all) as boolean
  }
  response.end = (...all: unknown[]) => {
    keep(all[0])
    ending = true
    return Reflect.apply(end, response, all) as ServerResponse
  }
  return () => Buffer.concat(kept)
}
