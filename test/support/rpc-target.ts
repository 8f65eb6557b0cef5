/** A target that speaks A2A 1.0 over JSON-RPC by script: what it says to each method is up to the test. */
import type { Socket } from 'node:net'
import { chunk, jsonAnswer, lastChunk, startTarget, streamHead, type Target } from './target.ts'

/** One request as the target got it, with what can be said to it. */
export class Asked {
  readonly method: string
  readonly params: Readonly<Record<string, unknown>>
  readonly #id: unknown
  readonly #socket: Socket

  constructor(socket: Socket, request: string) {
    const body = JSON.parse(request.slice(request.indexOf('\r\n\r\n') + 4)) as {
      readonly id: unknown
      readonly method: string
      readonly params: Readonly<Record<string, unknown>>
    }
    this.method = body.method
    this.params = body.params
    this.#id = body.id
    this.#socket = socket
  }

  /** Begins a stream with these results as its first events. */
  begin(...results: readonly unknown[]): void {
    this.#socket.write(streamHead)
    this.event(...results)
  }

  event(...results: readonly unknown[]): void {
    for (const result of results) this.#socket.write(chunk(`data: ${this.#envelope({ result })}\n\n`))
  }

  end(): void {
    this.#socket.write(lastChunk)
  }

  /** Ends the stream the hard way. */
  reset(): void {
    this.#socket.destroy()
  }

  answer(result: unknown): void {
    this.#socket.write(jsonAnswer(this.#envelope({ result })))
  }

  fail(code: number, message = 'no'): void {
    this.#socket.write(jsonAnswer(this.#envelope({ error: { code, message } })))
  }

  #envelope(more: object): string {
    return JSON.stringify({ jsonrpc: '2.0', id: this.#id, ...more })
  }
}

export function startRpcTarget(answer: (asked: Asked, index: number) => void): Promise<Target> {
  return startTarget((socket, request, index) => answer(new Asked(socket, request), index))
}

/** A task and its events in A2A 1.0. */
export const task = (state: string, more: object = {}): object => ({
  task: { id: 't1', contextId: 'c1', status: { state }, ...more },
})
export const bareTask = (state: string, more: object = {}): object => ({
  id: 't1',
  contextId: 'c1',
  status: { state },
  ...more,
})
export const status = (state: string, text?: string): object => {
  const message = { messageId: 'm', role: 'ROLE_AGENT', parts: [{ text }] }
  return {
    statusUpdate: { taskId: 't1', contextId: 'c1', status: text === undefined ? { state } : { state, message } },
  }
}
export const piece = (artifactId: string, text: string, append = false): object => ({
  artifactUpdate: { taskId: 't1', contextId: 'c1', artifact: { artifactId, parts: [{ text }] }, append },
})
