/** A target whose every byte is scripted: what it sends is up to the test, what it was sent is kept. */
import { createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'

export interface Target {
  readonly url: string
  /** Whole requests in the order they came, head and body as text. */
  readonly requests: readonly string[]
  /** Sockets that are still open. */
  readonly sockets: ReadonlySet<Socket>
  stop(): Promise<void>
}

/** Calls `answer` with the socket once a whole request has come; `index` counts requests from 0. */
export async function startTarget(answer: (socket: Socket, request: string, index: number) => void): Promise<Target> {
  const requests: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      for (let whole = wholeRequest(text); whole !== null; whole = wholeRequest(text)) {
        text = text.slice(whole.length)
        requests.push(whole)
        answer(socket, whole, requests.length - 1)
      }
    })
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/rpc`,
    requests,
    sockets,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

function wholeRequest(text: string): string | null {
  const head = text.indexOf('\r\n\r\n')
  if (head === -1) return null
  const length = Number(/content-length: (\d+)/i.exec(text.slice(0, head))?.[1] ?? 0)
  return text.length >= head + 4 + length ? text.slice(0, head + 4 + length) : null
}

/** A whole answer with a length. */
export function jsonAnswer(body: string, status = '200 OK', extra = ''): string {
  return `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\n${extra}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

export const streamHead = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n'
export const lastChunk = '0\r\n\r\n'

/** One HTTP chunk. */
export function chunk(bytes: string | Buffer): Buffer {
  const data = Buffer.from(bytes)
  return Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n')])
}
