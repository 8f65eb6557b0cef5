/** The pager of the demo: a loopback receiver of Weir's alerts that believes only what is signed. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Alert } from '../admin-api.ts'

const body_bytes_max = 4_194_304

export interface Webhook extends AsyncDisposable {
  readonly url: string
  /** The first alert about this run, or null if none has come within the time. */
  alertOf(run: string, wait_ms: number): Promise<Alert | null>
}

export async function openWebhook(secret: string): Promise<Webhook> {
  const alerts = new Map<string, Alert>()
  const server = createServer((request, response) => {
    readBody(request)
      .then((body) => {
        const genuine = isSigned(body, request.headers['weir-signature']?.toString() ?? '', secret)
        if (genuine) keep(alerts, JSON.parse(body.toString()) as Alert)
        return response.writeHead(genuine ? 204 : 401).end()
      })
      .catch(() => response.destroy())
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts`,
    async alertOf(run, wait_ms) {
      const step_ms = 25
      for (let waited = 0; waited < wait_ms && !alerts.has(run); waited += step_ms)
        await new Promise((resolve) => setTimeout(resolve, step_ms))
      return alerts.get(run) ?? null
    },
    [Symbol.asyncDispose]() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

const alerts_max = 100

function keep(alerts: Map<string, Alert>, alert: Alert): void {
  if (alert.schema !== 'weir.alert/v1' || alert.kind !== 'run_halted') return
  if (alerts.size < alerts_max && !alerts.has(alert.run.id)) alerts.set(alert.run.id, alert)
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > body_bytes_max) throw new Error('the alert is larger than any alert is')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function isSigned(body: Buffer, signature: string, secret: string): boolean {
  const expected = Buffer.from(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`)
  const given = Buffer.from(signature)
  return given.length === expected.length && timingSafeEqual(given, expected)
}
