/** A webhook that keeps what it was sent. */
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Delivered {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface TestWebhook {
  readonly url: string
  /** Everything that came. */
  readonly delivered: readonly Delivered[]
  /** What of it was answered with a success. */
  readonly taken: readonly Delivered[]
  stop(): Promise<void>
}

/** `answers` are the statuses of its first answers; all others are a success. */
export async function startWebhook(answers: readonly number[] = []): Promise<TestWebhook> {
  const delivered: Delivered[] = []
  const taken: Delivered[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const status = answers[delivered.length] ?? 204
      const one = { headers: request.headers, body: Buffer.concat(chunks).toString() }
      delivered.push(one)
      if (status < 300) taken.push(one)
      response.writeHead(status).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hook`,
    delivered,
    taken,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
