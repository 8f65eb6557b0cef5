/** A provider that answers every request with the same bytes, and counts how often it was asked. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Written } from '../../src/protocol/jsonrpc.ts'

export interface CannedProvider {
  /** Without a path. */
  readonly url: string
  readonly asked: number
  close(): void
}

export async function openCannedProvider({ status, headers, body }: Written): Promise<CannedProvider> {
  let asked = 0
  const server = createServer((request, response) => {
    asked += 1
    request.resume().on('end', () => {
      response.writeHead(status, Object.fromEntries(headers))
      response.end(body)
    })
  })
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get asked() {
      return asked
    },
    close: () => void server.close(),
  }
}
