/** A caller over TLS that shows a certificate or none: for gateways that listen with one of a `TestCa`. */
import { request } from 'node:https'
import { sendMessage } from './caller.ts'
import type { Pair, TestCa } from './test-ca.ts'

export interface TlsAnswer {
  readonly status: number
  readonly challenge: string | null
  readonly text: string
}

export interface TlsAsking {
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

/** Talks to one gateway; each request has a connection of its own, so that no certificate outlives its request. */
export class TlsCaller {
  readonly #url: string
  readonly #ca: string

  constructor(url: string, ca: Pick<TestCa, 'pem'>) {
    this.#url = url
    this.#ca = ca.pem
  }

  /** SendMessage to an agent. */
  async call(to: string, shown: Pair | null, headers: Readonly<Record<string, string>> = {}): Promise<TlsAnswer> {
    const own = { 'content-type': 'application/json', 'a2a-version': '1.0', ...headers }
    return await this.post(shown, { path: `/a2a/${to}/`, headers: own, body: sendMessage('hello') })
  }

  /** What the token endpoint says to this form. */
  async token(shown: Pair | null, form: Readonly<Record<string, string>>): Promise<Readonly<Record<string, unknown>>> {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const body = new URLSearchParams(form).toString()
    return JSON.parse((await this.post(shown, { path: '/oauth/token', headers, body })).text) as Record<string, unknown>
  }

  post(shown: Pair | null, { path, headers, body }: TlsAsking): Promise<TlsAnswer> {
    const options = { method: 'POST', ca: this.#ca, agent: false as const, headers, ...shown?.pem }
    return new Promise((resolve, reject) => {
      const asking = request(new URL(path, this.#url), options, (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('end', () => {
          const challenge = answer.headers['www-authenticate'] ?? null
          resolve({ status: answer.statusCode ?? 0, challenge, text: Buffer.concat(chunks).toString() })
        })
        answer.on('error', reject)
      })
      asking.on('error', reject)
      asking.end(body)
    })
  }
}
