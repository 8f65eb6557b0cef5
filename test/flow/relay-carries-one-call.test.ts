import { readFileSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { RelayBench } from '../support/relay.ts'
import { jsonAnswer, startTarget, type Target } from '../support/target.ts'

const task = readFileSync(new URL('../fixtures/a2a/task-1.0.rpc', import.meta.url), 'utf8')
const opened: (Target | RelayBench)[] = []

afterEach(async () => {
  for (const one of opened.splice(0)) await one.stop()
})

function keep<T extends Target | RelayBench>(one: T): T {
  opened.push(one)
  return one
}

async function answerOf(answer: string, rpcId = '2') {
  const target = keep(await startTarget((socket) => socket.write(answer)))
  const outcome = await keep(new RelayBench()).unary(target.url, { rpcId }).outcome
  return { outcome, body: Buffer.from(outcome.answer?.body ?? '').toString('utf8'), target }
}

test('the target gets the body as it was sent, our token, one version, the operator’s secret and nothing else', async () => {
  const { target } = await answerOf(jsonAnswer(task))
  const [head = '', body] = (target.requests[0] ?? '').split('\r\n\r\n')
  expect(body).toBe('{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":{}}')
  const names = head
    .split('\r\n')
    .slice(1)
    .map((line) => line.toLowerCase())
  expect(names.filter((line) => !line.startsWith('host:')).toSorted()).toEqual([
    'a2a-version: 1.0',
    'accept-encoding: identity',
    'accept: application/json',
    'connection: keep-alive',
    'content-length: 59',
    'content-type: application/json',
    'traceparent: 00-aa-bb-01',
    'txn-token: delivery-token',
    'x-api-key: operator-secret',
  ])
})

test('an answer comes back byte for byte with what was seen of it', async () => {
  const { outcome, body } = await answerOf(jsonAnswer(task, '200 OK', 'set-cookie: a=b\r\na2a-extensions: urn:x\r\n'))
  expect(body).toBe(task)
  expect(outcome).toMatchObject({
    kind: 'answered',
    answer: { status: 200 },
    bytesIn: task.length,
    sent: true,
    task: { id: '62b73475-aa1f-4ac3-af61-fb3a00f243c3', state: 'TASK_STATE_COMPLETED' },
  })
  expect(outcome.firstByte_ms).toBeGreaterThanOrEqual(0)
  expect(outcome.answer?.headers.map(([name]) => name)).toEqual(['content-type', 'cache-control', 'a2a-extensions'])
})

test('a JSON-RPC error passes as that error whatever its status', async () => {
  const error = '{"jsonrpc":"2.0","id":2,"error":{"code":-32001,"message":"Task not found: nope"}}'
  for (const status of ['200 OK', '404 Not Found', '500 Oops']) {
    const { outcome, body } = await answerOf(jsonAnswer(error, status))
    expect(body).toBe(error)
    expect(outcome).toMatchObject({ kind: 'answered', errorCode: -32001, answer: { status: 200 } })
  }
})

test('the text of an internal error stays with operators', async () => {
  const error = '{"jsonrpc":"2.0","id":2,"error":{"code":-32603,"message":"kaboom: secret at /srv/x","data":[1]}}'
  const { outcome, body } = await answerOf(jsonAnswer(error))
  expect(JSON.parse(body)).toMatchObject({
    id: 2,
    error: { code: -32603, message: expect.stringMatching(/ref hop_/) as unknown },
  })
  expect(body).not.toMatch(/kaboom|secret|srv/)
  expect(outcome.detail).toBe('kaboom: secret at /srv/x')
})

test('an id that the target rounded is put right', async () => {
  const { body } = await answerOf(jsonAnswer(task.replace('"id":2', '"id":9007199254740992')), '9007199254740993')
  expect(body).toBe(task.replace('"id":2', '"id":9007199254740993'))
})

test('an answer that ends with its connection is whole', async () => {
  const target = keep(await startTarget((socket) => socket.end(`HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${task}`)))
  expect(await keep(new RelayBench()).unary(target.url, { rpcId: '2' }).outcome).toMatchObject({ kind: 'answered' })
})

test('connections are used again, at most one more than calls at a time', async () => {
  const target = keep(await startTarget((socket) => socket.write(jsonAnswer(task))))
  const bench = keep(new RelayBench())
  for (let calls = 0; calls < 5; calls += 1) expect((await bench.unary(target.url).outcome).kind).toBe('answered')
  expect(target.sockets.size).toBeLessThanOrEqual(2)
})
