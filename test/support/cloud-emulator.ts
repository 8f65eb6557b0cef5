/**
 * What the emulators of hosted agent services share: a server that keeps what it was asked, and an agent that does what
 * the first word of its message says, so that a test reaches every behaviour through any number of gateways.
 *
 *     hold | slow | fail | break | garbage | limit | ask      at all of them
 *     truncate | huge                                         at those that stream
 *     consent | login | incomplete                            Foundry
 *     think | whole | crash | empty | vanish | busy           Agent Engine
 *     data                                                    FastA2A
 *     anything else                                           an echo that counts the turns of its conversation
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JsonObject } from '../../src/base/json.ts'

export interface Asked {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  /** Null where there was no body, or none that is a JSON object. */
  readonly body: JsonObject | null
}

export interface Emulator {
  /** Where the agent lives, as an operator would write it. */
  readonly url: string
  /** Every request, oldest first. */
  readonly asked: readonly Asked[]
  /** How many requests there were whose path ends so. */
  count(ending: string): number
  /** Lets everything that is held go on, now and from now on. */
  release(): void
  stop(): Promise<void>
}

/** Answers one request; what it throws as a `Refusal` is answered as the service words its errors. */
export type Answering = (asked: Asked, response: ServerResponse) => Promise<void>

/** A service refuses in its own words. */
export class Refusal extends Error {
  readonly status: number
  readonly body: unknown
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    super(`refused with ${status}`)
    this.status = status
    this.body = body
    this.headers = headers
  }
}

/** A gate that holds whoever waits until it is opened, or until `over` says it is not worth waiting any more. */
export class Gate {
  #open = false

  open(): void {
    this.#open = true
  }

  async pass(over: () => boolean = () => false): Promise<void> {
    while (!this.#open && !over()) await pause(5)
  }
}

export async function startEmulator(base: string, answering: Answering, gate: Gate): Promise<Emulator> {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    void answer(request, response, answering, asked).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}${base}`,
    asked,
    count: (ending) => asked.filter(({ path }) => path.endsWith(ending)).length,
    release: () => gate.open(),
    stop: () =>
      new Promise((resolve) => {
        gate.open()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  answering: Answering,
  seen: Asked[],
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const url = new URL(request.url ?? '/', 'http://emulator')
  const body = readObject(Buffer.concat(chunks).toString())
  const { method = '', headers } = request
  const asked = { method, path: decodeURIComponent(url.pathname), query: url.searchParams, headers, body }
  seen.push(asked)
  try {
    await answering(asked, response)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    for (const [name, value] of Object.entries(error.headers)) response.setHeader(name, value)
    if (typeof error.body === 'string')
      response.writeHead(error.status, { 'content-type': 'text/plain' }).end(error.body)
    else sendJson(response, error.body, error.status)
  }
}

export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(value))
}

function readObject(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null
  } catch {
    return null
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** The first word says what the agent is to do. */
export function moodOf(text: string): string {
  return /^[a-z]+/.exec(text)?.[0] ?? ''
}

/** Pieces as a model streams them; put together they are the text. */
export function piecesOf(text: string): readonly string[] {
  return text.match(/\S+\s*/g) ?? [text]
}
