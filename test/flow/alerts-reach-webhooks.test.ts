import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test, vi } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { Secret } from '../../src/config/secret.ts'
import type { Alert } from '../../src/observe/alert.ts'
import { type AlertOptions, openAlerts } from '../../src/observe/alerts.ts'
import { openLog } from '../../src/observe/log.ts'
import { startWebhook } from '../support/webhook.ts'
import { run } from '../unit/ledger/entries.ts'

const integrationKey = 'e93facc04764012d7bfb002500d5d1a6'

interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

interface Receiver extends AsyncDisposable {
  readonly url: string
  readonly received: Received[]
}

/** A real webhook; `answer` is called with the number of the request, starting at 1. */
async function receiver(answer: (response: ServerResponse, nth: number) => void): Promise<Receiver> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() })
      answer(response, received.length)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/s3cr3t-path`,
    received,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const status = (code: number) => (response: ServerResponse) => void response.writeHead(code).end()

const alert: Alert = {
  kind: 'run_halted',
  at: 1_800_000_000_000,
  sentence: 'Run run_1 was halted: research called orchestrator back at depth 3.',
  run: { id: 'run_1' },
  edge: { from: 'agent:research', to: 'agent:orchestrator', depth: 3, lap: 2 },
  rule: 'run.laps_max',
  code: 'loop_detected',
}

function optionsFor(
  urls: readonly string[],
  secret: Secret | null = null,
): AlertOptions & { readonly lines: string[] } {
  const lines: string[] = []
  const log = openLog({ level: 'info', clock: systemClock, sink: { write: (line) => void lines.push(line) } })
  const webhooks = urls.map((url) => ({ url, secret }))
  return { webhooks, clock: systemClock, log, lines, backoffs_ms: [5, 10, 20], timeout_ms: 2000 }
}

test('an alert arrives once, with its schema and a signature over exactly its bytes', async () => {
  await using hook = await receiver(status(204))
  const alerts = openAlerts(optionsFor([hook.url], new Secret('shared')))
  alerts.send(alert)
  await alerts.close()
  const [{ headers, body } = { headers: {}, body: '' }] = hook.received
  expect(hook.received).toHaveLength(1)
  const commands = ['weir runs show run_1', 'weir runs tree run_1']
  expect(JSON.parse(body)).toEqual({ schema: 'weir.alert/v1', ...alert, commands })
  expect(headers['content-type']).toBe('application/json')
  expect(headers['weir-signature']).toBe(`sha256=${createHmac('sha256', 'shared').update(body).digest('hex')}`)
  expect(alerts.dead).toBe(0)
})

test('without a secret an alert carries no signature', async () => {
  await using hook = await receiver(status(200))
  const alerts = openAlerts(optionsFor([hook.url]))
  alerts.send(alert)
  await alerts.close()
  expect(hook.received.map(({ headers }) => 'weir-signature' in headers)).toEqual([false])
})

test('a receiver that fails twice gets the alert the third time', async () => {
  await using hook = await receiver((response, nth) => status(nth < 3 ? 503 : 200)(response))
  const alerts = openAlerts(optionsFor([hook.url]))
  alerts.send(alert)
  await vi.waitFor(() => expect(hook.received).toHaveLength(3), 20_000)
  await alerts.close()
  expect(new Set(hook.received.map(({ body }) => body)).size).toBe(1)
  expect(alerts.dead).toBe(0)
})

test('after three retries an alert is given up, counted and logged without the path of the webhook', async () => {
  await using hook = await receiver(status(500))
  const options = optionsFor([hook.url])
  const alerts = openAlerts(options)
  alerts.send(alert)
  await vi.waitFor(() => expect(alerts.dead).toBe(1), 20_000)
  expect(hook.received).toHaveLength(4)
  expect(options.lines).toHaveLength(1)
  expect(JSON.parse(options.lines[0] ?? '')).toMatchObject({ level: 'warn', reason: '500' })
  expect(options.lines[0]).not.toContain('s3cr3t-path')
  await alerts.close()
})

test('a refusal for good is not repeated', async () => {
  await using hook = await receiver(status(410))
  const alerts = openAlerts(optionsFor([hook.url]))
  alerts.send(alert)
  await alerts.close()
  expect([hook.received.length, alerts.dead]).toEqual([1, 1])
})

test('a redirect is not followed, so an alert goes only where the operator said', async () => {
  await using other = await receiver(status(200))
  await using hook = await receiver((response) => void response.writeHead(307, { location: other.url }).end())
  const alerts = openAlerts(optionsFor([hook.url]))
  alerts.send(alert)
  await vi.waitFor(() => expect(alerts.dead).toBe(1), 20_000)
  await alerts.close()
  expect(other.received).toEqual([])
})

test('a receiver that is dead holds up nobody else', async () => {
  await using silent = await receiver(() => undefined)
  await using hook = await receiver(status(200))
  const alerts = openAlerts(optionsFor([silent.url, hook.url]))
  alerts.send(alert)
  alerts.send(alert)
  await vi.waitFor(() => expect(hook.received).toHaveLength(2), 1500)
  await alerts.close()
  expect(alerts.dead).toBe(2)
})

test('a receiver that never answers is left after the timeout and tried again', async () => {
  await using hook = await receiver((response, nth) => (nth === 1 ? undefined : status(200)(response)))
  const alerts = openAlerts({ ...optionsFor([hook.url]), timeout_ms: 100 })
  alerts.send(alert)
  await vi.waitFor(() => expect(hook.received).toHaveLength(2), 20_000)
  await alerts.close()
  expect(alerts.dead).toBe(0)
})

test('the queue is bounded: past 256 waiting alerts the new ones are counted as dead at once', async () => {
  await using hook = await receiver(() => undefined)
  const alerts = openAlerts({ ...optionsFor([hook.url]), timeout_ms: 100 })
  for (let i = 0; i < 300; i++) alerts.send(alert)
  expect(alerts.dead).toBe(300 - 257)
  await alerts.close()
  expect(alerts.dead).toBe(300)
  alerts.send(alert)
  expect(alerts.dead).toBe(301)
})

test('each receiver gets the shape it takes, and Slack hears nothing of what is over', async () => {
  const hooks = await Promise.all([startWebhook(), startWebhook(), startWebhook([202])])
  const [ours, slack, pager] = hooks
  const options = optionsFor([])
  const alerts = openAlerts({
    ...options,
    webhooks: [
      { url: ours.url, secret: new Secret('shared'), shape: 'weir', routingKey: null },
      { url: slack.url, secret: null, shape: 'slack', routingKey: null },
      { url: pager.url, secret: null, shape: 'pagerduty', routingKey: new Secret(integrationKey) },
    ],
  })
  const over: Alert = { kind: 'over', at: alert.at, sentence: 'It has ended.', run: { id: run(1) } }
  alerts.send(alert)
  alerts.send(over)
  await alerts.close()
  await Promise.all(hooks.map((hook) => hook.stop()))
  const bodies = hooks.map(({ taken }) => taken.map(({ body }) => JSON.parse(body) as Record<string, unknown>))
  expect(bodies[0]?.map((body) => body['kind'])).toEqual(['run_halted', 'over'])
  expect(bodies[1]?.map((body) => Object.keys(body))).toEqual([['text', 'blocks']])
  expect(bodies[2]?.map((body) => [body['routing_key'], body['event_action']])).toEqual([
    [integrationKey, 'trigger'],
    [integrationKey, 'resolve'],
  ])
  expect([alerts.dead, options.lines]).toEqual([0, []])
})

test('what PagerDuty refuses for good is given up without a word of its key', async () => {
  const hook = await startWebhook([400])
  const options = optionsFor([])
  const webhook = { url: hook.url, secret: null, shape: 'pagerduty', routingKey: new Secret(integrationKey) } as const
  const alerts = openAlerts({ ...options, webhooks: [webhook] })
  alerts.send(alert)
  await alerts.close()
  await hook.stop()
  expect([hook.delivered.length, alerts.dead]).toEqual([1, 1])
  expect(options.lines.join('')).toContain('an alert was given up')
  expect(options.lines.join('')).not.toContain(integrationKey)
})
