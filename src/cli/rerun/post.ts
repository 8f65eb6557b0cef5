/** One request to a gateway on this machine: without a proxy, whatever the environment says, and for as long as it takes. */
import { type IncomingMessage, request } from 'node:http'

interface Sent {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The id of the hop it became, once its answer was read to its end; null where nothing said it. Never rejects. */
export function post(url: string, { headers, body }: Sent, signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve) => {
    const sending = request(url, { method: 'POST', headers, agent: false, signal }, (answer: IncomingMessage) => {
      const said = answer.headers['weir-hop-id']
      const hop = typeof said === 'string' ? said : null
      // Nobody reads it: what matters is in the ledger of the gateway.
      answer
        .resume()
        .on('close', () => resolve(hop))
        .on('error', () => resolve(hop))
    })
    sending.on('error', () => resolve(null))
    sending.end(body)
  })
}
