/**
 * The end of a redirect on this machine (RFC 8252 section 7.3): a listener on the loopback address, on a port that the
 * system chooses for this one login, that hears one answer. Any page in any browser can send requests here, so what is
 * not the answer that is waited for is turned away and changes nothing.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Loopback {
  readonly redirectUri: string
  /** The first answer for which `isOurs` holds; null if there is none within `wait_ms`. */
  answer(isOurs: (answer: URLSearchParams) => boolean, wait_ms: number): Promise<URLSearchParams | null>
  close(): void
}

const path = '/callback'

/** Rejects if no port can be had. */
export async function openLoopback(): Promise<Loopback> {
  const heard = Promise.withResolvers<URLSearchParams | null>()
  let isOurs = (_answer: URLSearchParams): boolean => false
  const server = createServer((request, response) => {
    const answer = answerIn(request, host)
    const ours = answer !== null && isOurs(answer)
    say(response, ours)
    if (!ours) return
    // An answer is heard once: whoever comes again with the same URL is turned away.
    isOurs = () => false
    heard.resolve(answer)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    redirectUri: `http://${host}${path}`,
    async answer(holds, wait_ms) {
      isOurs = holds
      const late = setTimeout(() => heard.resolve(null), wait_ms)
      const answer = await heard.promise
      clearTimeout(late)
      return answer
    },
    close() {
      server.close()
      // Browsers open connections ahead and keep them, which would keep this process from ending.
      server.closeAllConnections()
    },
  }
}

/** The parameters of an answer; null for any other request, also one that a name which leads here was used for. */
function answerIn({ method, url = '', headers }: IncomingMessage, host: string): URLSearchParams | null {
  if (method !== 'GET' || headers.host !== host || !url.startsWith(`${path}?`)) return null
  return new URLSearchParams(url.slice(path.length))
}

function say(response: ServerResponse, ours: boolean): void {
  response.writeHead(ours ? 200 : 400, {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    connection: 'close',
  })
  response.end(ours ? 'Done. Go back to the terminal; this page can be closed.\n' : 'Nobody waits for this.\n')
}
