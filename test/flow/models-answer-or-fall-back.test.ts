import { createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { deny } from '../../src/domain/verdict.ts'
import {
  bodyOf,
  completion,
  delta,
  doneEvent,
  event,
  finishEvent,
  json,
  ModelHouse,
  openEvents,
  type Provider,
  row,
  type startProvider,
  usageEvent,
} from '../support/model-bench.ts'
import { until } from '../support/relay.ts'

const house = new ModelHouse()

afterEach(() => house.stop())

const provider: ModelHouse['provider'] = (answer) => house.provider(answer)
const bench: ModelHouse['bench'] = (...parts) => house.bench(...parts)

const good = (text = 'hello'): Promise<Provider> =>
  provider((response) => void openEvents(response).end(delta(text) + finishEvent + usageEvent + doneEvent))
const whole = (): Promise<Provider> => provider((response) => json(response, 200, completion))
const broken = (
  status: number,
  headers: object = {},
  body: unknown = { error: { message: 'no' } },
): Promise<Provider> => provider((response) => json(response, status, body, headers))

function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** A port nobody listens at. */
async function deadUrl(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}`
}

test('a provider gets its body at its path with our key, the operator’s headers and nothing of whoever asks', async () => {
  const it = await whole()
  const models = bench({ openai: row(it.url, { headers: { 'OpenAI-Organization': 'org-of-the-operator' } }) })
  const headers = [
    ['authorization', 'Bearer of-the-caller'],
    ['x-api-key', 'of-the-caller'],
    ['accept', 'application/json'],
    ['openai-organization', 'of-the-caller'],
    ['user-agent', 'an-sdk'],
  ] as const
  const { told, attempts, lost } = await models.send([['openai/gpt']], { headers, path: '/chat/completions?beta=true' })
    .outcome
  const [asked] = it.asked
  expect(asked?.path).toBe('/v1/chat/completions?beta=true')
  expect(asked?.body.toString()).toBe('{"model":"gpt"}')
  const { host: _, connection: __, ...shown } = asked?.headers ?? {}
  expect(shown).toEqual({
    authorization: 'Bearer sk-our-key-at-the-provider',
    'openai-organization': 'org-of-the-operator',
    'user-agent': 'an-sdk',
    accept: 'application/json',
    'accept-encoding': 'identity',
    'content-type': 'application/json',
    'content-length': '15',
  })
  expect(told).toMatchObject({ final: true, usage: { input_tokens: 7, output_tokens: 2 }, candidate: { model: 'gpt' } })
  expect([attempts, lost]).toEqual([1, 0])
})

test('of Anthropic the key stands where its SDK puts it', async () => {
  const it = await whole()
  const models = bench({ anthropic: { ...row(it.url), api: 'anthropic' } })
  await models.send([['anthropic/claude']], { path: '/v1/messages' }, { dialect: 'anthropic-messages' }).outcome
  expect(it.asked[0]?.headers['x-api-key']).toBe('sk-our-key-at-the-provider')
  expect(it.asked[0]?.headers.authorization).toBeUndefined()
})

test('whole answers and streams come back byte for byte', async () => {
  const filler = randomBytes(300_000).toString('base64')
  const body = `{"choices":[],\n "strange" : "${filler}" }\n`
  const events = [
    delta(filler.slice(0, 200_000)),
    ': a comment\n\n',
    'event: odd\r\nid: 4\r\ndata: {"a":1}\r\n\r\n',
    delta('x'),
  ]
  const it = await provider((response, nth) => {
    if (nth === 0) return json(response, 200, body)
    openEvents(response)
    for (const each of events) response.write(each)
    response.end(doneEvent)
  })
  const models = bench({ openai: row(it.url) })
  const { answer, kind } = await models.send([['openai/gpt']]).outcome
  expect([kind, answer?.status, sha256(answer?.body ?? '')]).toEqual(['answered', 200, sha256(body)])
  const { reply, outcome } = models.send([['openai/gpt']], { closing: () => '' }, { streaming: true })
  await outcome
  expect(sha256(Buffer.concat(reply.chunks))).toBe(sha256(events.join('') + doneEvent))
})

test('the cost stands before the last event, and usage that only we asked for is kept', async () => {
  const it = await good()
  const models = bench({ openai: row(it.url) })
  const { reply, outcome } = models.send([['openai/gpt']], { dropsUsage: true })
  const { told, bytesOut } = await outcome
  expect(reply.text).toBe(`${delta('hello')}${finishEvent}: weir tokens=2\n\n${doneEvent}`)
  expect(reply.headers).toContainEqual(['x-weir', 'here'])
  expect(bytesOut).toBe(Buffer.byteLength(reply.text))
  expect(told).toMatchObject({ usage: { output_tokens: 2 }, final: true, delivered_bytes: 5 })
  const seen = models.send([['openai/gpt']])
  await seen.outcome
  expect(seen.reply.text).toContain(usageEvent)
})

test('whoever cannot answer is followed by somebody who can, before the first event', async () => {
  const failures: readonly (() => Promise<string>)[] = [
    deadUrl,
    async () => (await broken(500)).url,
    async () => (await broken(529)).url,
    async () => (await broken(408)).url,
    async () => (await broken(429, { 'retry-after': '20' })).url,
    async () => (await broken(401)).url,
    async () => (await broken(403)).url,
    async () => (await broken(302, { location: 'http://127.0.0.1/' })).url,
    async () => (await provider((response) => void response.writeHead(200).end('<html>'))).url,
    async () => (await provider((response) => response.socket?.destroy())).url,
    async () => (await provider((response) => void response.socket?.end('garbage\r\n\r\n'))).url,
    async () => (await provider((response) => void openEvents(response).end())).url,
    async () => (await provider((response) => void openEvents(response).end(': only a comment\n\n'))).url,
    async () =>
      (await provider((response) => void openEvents(response).end(event({ error: { message: 'overloaded' } })))).url,
    async () =>
      (
        await provider(
          (response) => void openEvents(response).write(delta('half').slice(0, -1), () => response.destroy()),
        )
      ).url,
    async () => (await provider((response) => json(response, 200, completion, { 'content-encoding': 'br' }))).url,
  ]
  const second = await good('from the second')
  for (const fail of failures) {
    const models = bench({ first: row(await fail()), second: row(second.url) })
    const { reply, outcome } = models.send([['first/a'], ['second/b']])
    const { kind, told } = await outcome
    expect([fail.toString(), kind, told?.candidate.provider.id]).toEqual([fail.toString(), 'answered', 'second'])
    expect(reply.text).toContain('from the second')
    expect(reply.text).not.toContain('comment')
  }
})

test('what the caller did wrong goes back as the provider said it, and nobody else is asked', async () => {
  const second = await good()
  for (const status of [400, 404, 409, 413, 422]) {
    const first = await broken(
      status,
      { 'x-request-id': 'r1', 'set-cookie': 'a=b' },
      `{"error": {"message":"odd ${status}"}}`,
    )
    const models = bench({ first: row(first.url), second: row(second.url) })
    const outcome = await models.send([['first/a'], ['second/b']]).outcome
    expect([outcome.kind, outcome.answer?.status, bodyOf(outcome)]).toEqual([
      'answered',
      status,
      `{"error": {"message":"odd ${status}"}}`,
    ])
    expect(outcome.answer?.headers).toContainEqual(['weir-upstream-request-id', 'r1'])
    expect(outcome.answer?.headers.map(([name]) => name)).not.toContain('set-cookie')
    expect(outcome.told).toMatchObject({ usage: null, final: true, delivered_bytes: 0 })
  }
  expect(second.asked.length).toBe(0)
})

test('nobody is asked once an event was handed on: the stream ends with the refusal, and what was delivered is told', async () => {
  const second = await good()
  const breaks: readonly Parameters<typeof startProvider>[0][] = [
    (response) => void openEvents(response).write(delta('hello'), () => setTimeout(() => response.destroy(), 20)),
    (response) => void openEvents(response).end(delta('hello')),
    (response) => void openEvents(response).write(delta('hello')),
    (response) => void openEvents(response).write(`${delta('hello')}data: ${'x'.repeat(300_000)}`),
  ]
  const codes = []
  for (const answer of breaks) {
    const first = await provider(answer)
    const models = bench({ first: row(first.url, { timeouts: { idle_ms: 100 } }), second: row(second.url) })
    const { reply, outcome } = models.send([['first/a'], ['second/b']])
    const { kind, told, fault, lost } = await outcome
    codes.push(fault?.code)
    expect([kind, told?.final, told?.delivered_bytes, told?.usage, lost]).toEqual(['fault', false, 5, null, 0])
    expect(reply.text.startsWith(delta('hello'))).toBe(true)
    expect(reply.text).toMatch(/"code":"(upstream_unavailable|child_timeout)"/)
    expect(reply.ended).toBe(true)
  }
  expect(codes).toEqual(['truncated', 'truncated', 'idle_timeout', 'too_large'])
  expect(second.asked.length).toBe(0)
})

test('an error in the middle of a stream is the provider’s last word', async () => {
  const it = await provider(
    (response) => void openEvents(response).end(delta('hello') + event({ error: { message: 'no' } })),
  )
  const { reply, outcome } = bench({ openai: row(it.url) }).send([['openai/gpt']], { closing: () => '' })
  expect(await outcome).toMatchObject({ kind: 'answered', errorCode: 500, told: { final: false, delivered_bytes: 5 } })
  expect(reply.text).toBe(delta('hello') + event({ error: { message: 'no' } }))
})

test('a caller that leaves, and one that is stopped, take the request with them', async () => {
  const it = await provider((response) => void openEvents(response).write(delta('hello')))
  const silent = await provider(() => undefined)
  const models = bench({ openai: row(it.url), silent: row(silent.url) })
  const leaving = models.send([['openai/gpt']])
  await until(() => leaving.reply.text !== '')
  leaving.reply.leave()
  expect(await leaving.outcome).toMatchObject({ kind: 'gone', told: { delivered_bytes: 5, final: false }, attempts: 1 })
  await until(() => it.asked[0]?.cut === true)
  const waiting = models.send([['silent/gpt']])
  await until(() => silent.asked.length === 1)
  waiting.reply.leave()
  expect(await waiting.outcome).toMatchObject({ kind: 'gone', told: null, attempts: 1, lost: 1 })
  await until(() => silent.asked[0]?.cut === true)
  const halted = models.send([['openai/gpt']])
  await until(() => halted.reply.text !== '')
  halted.exchange.halt(deny('run_halted', 'by the test'))
  expect(await halted.outcome).toMatchObject({ kind: 'halted', told: { delivered_bytes: 5 } })
  expect(halted.reply.text).toBe(delta('hello') + event({ error: { code: 'run_halted' } }))
  await until(() => it.asked[1]?.cut === true)
  expect(models.places.view().map(({ outstanding }) => outstanding)).toEqual([0, 0])
})

test('a call that may not go on is not tried again and gets nothing of an answer', async () => {
  const denial = deny('run_halted', 'by the test')
  const failing = await broken(500)
  const it = await good()
  const models = bench({ first: row(failing.url), second: row(it.url) })
  let asked = 0
  const late = models.send([['first/a'], ['second/b']], { standing: () => (failing.asked.length > 0 ? denial : null) })
  expect(await late.outcome).toMatchObject({ kind: 'halted', denial: { code: 'run_halted' }, attempts: 1 })
  expect(it.asked.length).toBe(0)
  const mid = models.send([['second/b']], { standing: () => ((asked += 1) > 1 ? denial : null) })
  expect(await mid.outcome).toMatchObject({ kind: 'halted' })
  expect(mid.reply.text).toBe(delta('hello') + event({ error: { code: 'run_halted' } }))
})

const named = (type: string, data: object): string => `event: ${type}\n${event({ type, ...data })}`
const message = [
  named('message_start', { message: { usage: { input_tokens: 11, cache_read_input_tokens: 4, output_tokens: 1 } } }),
  named('ping', {}),
  named('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'hello' } }),
  named('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 9 } }),
  named('message_stop', {}),
]
const response = [
  named('response.created', { response: { id: 'r1', usage: null } }),
  named('response.output_text.delta', { delta: 'hello' }),
  named('response.completed', { response: { id: 'r1', usage: { input_tokens: 11, output_tokens: 9 } } }),
]

test.each([
  ['anthropic-messages', 'anthropic', message, 15],
  ['openai-responses', 'openai', response, 11],
] as const)('a stream of %s ends by its own words, whole or cut', async (dialect, api, events, input_tokens) => {
  const it = await provider((answer, nth) => {
    openEvents(answer).write(events.slice(0, nth === 0 ? -1 : -2).join(''))
    if (nth === 0) answer.end(events.at(-1))
    else setTimeout(() => answer.destroy(), 20)
  })
  const models = bench({ it: { ...row(it.url), api } })
  const full = models.send([['it/m']], {}, { dialect, streaming: true })
  expect(await full.outcome).toMatchObject({
    kind: 'answered',
    told: { final: true, usage: { input_tokens, output_tokens: 9 } },
  })
  expect(full.reply.text).toBe(`${events.slice(0, -1).join('')}: weir tokens=9\n\n${events.at(-1)}`)
  const cut = models.send([['it/m']], {}, { dialect, streaming: true })
  const { kind, told } = await cut.outcome
  expect([kind, told?.final, told?.delivered_bytes]).toEqual(['fault', false, dialect === 'openai-responses' ? 0 : 5])
})
