import { afterEach, expect, test } from 'vitest'
import { deny } from '../../src/domain/verdict.ts'
import { eventsIn, RelayBench, until } from '../support/relay.ts'
import { chunk, jsonAnswer, startTarget, streamHead, type Target } from '../support/target.ts'

const opened: (Target | RelayBench)[] = []
const event = (state: string, n = 0): Buffer =>
  chunk(
    `data: ${JSON.stringify({ jsonrpc: '2.0', id: 1, result: { statusUpdate: { taskId: 't9', contextId: 'c9', status: { state, timestamp: n } } } })}\n\n`,
  )
const cancelled = (target: Target): boolean =>
  target.requests.some((request) => request.includes('"method":"CancelTask","params":{"id":"t9"}'))

afterEach(async () => {
  for (const one of opened.splice(0)) await one.stop()
})

function keep<T extends Target | RelayBench>(one: T): T {
  opened.push(one)
  return one
}

test('a target that refuses connections is a fault before anything was sent', async () => {
  const target = await startTarget(() => {})
  await target.stop()
  const bench = keep(new RelayBench())
  expect(await bench.unary(target.url).outcome).toMatchObject({
    kind: 'fault',
    fault: { code: 'connect_failed', sent: false },
    denial: { code: 'upstream_unavailable' },
    answer: null,
    sent: false,
  })
  const { reply, outcome } = bench.stream(target.url)
  expect((await outcome).kind).toBe('fault')
  expect(reply.headers).toContainEqual(['retry-after', '1'])
  expect(eventsIn(reply.text)).toMatchObject([{ id: 1, error: { code: 1503 } }])
})

test('a target that never answers is given up after first_byte_ms, unary and streaming', async () => {
  const target = keep(await startTarget(() => {}))
  const bench = keep(new RelayBench({ first_byte_ms: 60 }))
  const expected = {
    kind: 'fault',
    fault: { code: 'first_byte_timeout', sent: true },
    denial: { code: 'child_timeout' },
  }
  expect(await bench.unary(target.url).outcome).toMatchObject(expected)
  expect(await bench.stream(target.url).outcome).toMatchObject(expected)
  await until(() => target.sockets.size === 0)
})

test('a body that stops coming is given up after idle_ms', async () => {
  const target = keep(await startTarget((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{')))
  const bench = keep(new RelayBench({ idle_ms: 60 }))
  expect(await bench.unary(target.url).outcome).toMatchObject({ fault: { code: 'idle_timeout' } })
})

test('a stream that goes silent is ended after idle_ms and its task is cancelled', async () => {
  const target = keep(
    await startTarget((socket, request) => {
      if (!request.includes('CancelTask'))
        socket.write(Buffer.concat([Buffer.from(streamHead), event('TASK_STATE_WORKING')]))
    }),
  )
  const { reply, outcome } = keep(new RelayBench({ idle_ms: 80 })).stream(target.url)
  expect(await outcome).toMatchObject({
    fault: { code: 'idle_timeout' },
    task: { id: 't9', state: 'TASK_STATE_WORKING' },
  })
  expect(eventsIn(reply.text).at(-1)).toMatchObject({ error: { code: 1504 } })
  await until(() => cancelled(target))
})

test.each([
  ['comments', () => chunk(': still here\n\n')],
  ['the same update with a new timestamp', (n: number) => event('TASK_STATE_WORKING', n)],
])('a stream on which only %s move is stalled', async (_what, drip) => {
  const target = keep(
    await startTarget((socket, request) => {
      if (request.includes('CancelTask')) return
      socket.write(Buffer.concat([Buffer.from(streamHead), event('TASK_STATE_WORKING')]))
      let n = 0
      const timer = setInterval(() => socket.write(drip((n += 1))), 10)
      socket.on('close', () => clearInterval(timer))
    }),
  )
  const { reply, outcome } = keep(new RelayBench({ stall_ms: 120 })).stream(target.url)
  expect(await outcome).toMatchObject({ fault: { code: 'stalled' }, denial: { code: 'stalled' } })
  expect(eventsIn(reply.text).at(-1)).toMatchObject({ error: { code: 1504, data: [{ reason: 'STALLED' }] } })
  await until(() => cancelled(target))
})

test.each([
  ['a page', 'HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>', 'bad_answer'],
  ['no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n\r\n', 'bad_answer'],
  ['an empty answer', jsonAnswer(''), 'bad_answer'],
  ['another JSON', jsonAnswer('{"hello":"world"}'), 'bad_answer'],
  ['a server error without JSON-RPC', jsonAnswer('{"detail":"oops"}', '500 Oops'), 'bad_answer'],
  [
    'a refusal of our credentials',
    jsonAnswer('{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"no"}}', '401 Unauthorized'),
    'bad_answer',
  ],
  ['a redirect', jsonAnswer('', '307 Temporary Redirect', 'location: http://169.254.169.254/\r\n'), 'bad_answer'],
  ['a compressed answer', jsonAnswer('{}', '200 OK', 'content-encoding: gzip\r\n'), 'bad_answer'],
  [
    'a result with a status of failure',
    jsonAnswer('{"jsonrpc":"2.0","id":1,"result":{"message":{}}}', '500 Oops'),
    'bad_answer',
  ],
  ['an answer announced too large', 'HTTP/1.1 200 OK\r\ncontent-length: 9999999\r\n\r\n{', 'too_large'],
  ['headers without end', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 'too_large'],
])('%s is a fault and nothing of it reaches the caller', async (_what, answer, code) => {
  const target = keep(await startTarget((socket) => socket.end(answer)))
  const bench = keep(new RelayBench())
  const expected = {
    kind: 'fault',
    fault: { code, sent: true },
    denial: { code: 'upstream_unavailable' },
    answer: null,
  }
  expect(await bench.unary(target.url).outcome).toMatchObject(expected)
  const { reply, outcome } = bench.stream(target.url)
  expect(await outcome).toMatchObject(expected)
  expect(eventsIn(reply.text)).toMatchObject([{ id: 1, error: { code: 1503 } }])
  expect(target.requests).toHaveLength(2)
})

test('an answer that grows too large without saying so is cut off', async () => {
  const target = keep(
    await startTarget((socket) =>
      socket.write(
        Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'), chunk('x'.repeat(3000))]),
      ),
    ),
  )
  expect(await keep(new RelayBench({ answer_bytes: 2000 })).unary(target.url).outcome).toMatchObject({
    fault: { code: 'too_large' },
  })
})

test('an event that is too large, or no JSON-RPC, ends the stream with an error', async () => {
  const answers = [`data: ${'x'.repeat(5000)}`, 'data: {"jsonrpc":"2.0","id":1}\n\n', 'data: nonsense\n\n']
  const target = keep(
    await startTarget((socket, _request, index) =>
      socket.write(Buffer.concat([Buffer.from(streamHead), chunk(answers[index] ?? '')])),
    ),
  )
  const bench = keep(new RelayBench({ event_bytes: 4000 }))
  for (const code of ['too_large', 'bad_answer', 'bad_answer']) {
    const { reply, outcome } = bench.stream(target.url)
    expect(await outcome).toMatchObject({ fault: { code } })
    expect(eventsIn(reply.text)).toMatchObject([{ error: { code: 1503 } }])
  }
})

test('a halted stream with a task ends like a cancelled task, and the target is told', async () => {
  const target = keep(
    await startTarget((socket, request) => {
      if (!request.includes('CancelTask'))
        socket.write(Buffer.concat([Buffer.from(streamHead), event('TASK_STATE_WORKING')]))
    }),
  )
  const { exchange, reply, outcome } = keep(new RelayBench()).stream(target.url)
  await until(() => exchange.taskId === 't9')
  exchange.halt(deny('run_halted', 'halted'))
  exchange.halt(deny('run_halted', 'halted'))
  expect(await outcome).toMatchObject({ kind: 'halted', denial: { code: 'run_halted' }, task: { id: 't9' } })
  expect(eventsIn(reply.text).at(-1)).toMatchObject({
    id: 1,
    result: {
      statusUpdate: {
        taskId: 't9',
        contextId: 'c9',
        status: {
          state: 'TASK_STATE_CANCELED',
          message: { role: 'ROLE_AGENT', parts: [{ text: expect.stringContaining('[weir:run_halted]') as unknown }] },
        },
      },
    },
  })
  expect(reply.ended).toBe(true)
  await until(() => cancelled(target))
})

test('a halted stream of 0.3 ends with a final update in its own shape', async () => {
  const working = { kind: 'task', id: 't9', contextId: 'c9', status: { state: 'working' } }
  const target = keep(
    await startTarget((socket) =>
      socket.write(
        Buffer.concat([
          Buffer.from(streamHead),
          chunk(`data: ${JSON.stringify({ jsonrpc: '2.0', id: 1, result: working })}\n\n`),
        ]),
      ),
    ),
  )
  const { exchange, reply, outcome } = keep(new RelayBench()).stream(target.url, {
    dialect: 'a2a-0.3-jsonrpc',
    method: 'message/stream',
  })
  await until(() => exchange.taskId === 't9')
  exchange.halt(deny('run_halted', 'halted'))
  await outcome
  expect(eventsIn(reply.text).at(-1)).toMatchObject({
    result: { kind: 'status-update', taskId: 't9', final: true, status: { state: 'canceled' } },
  })
  await until(() => target.requests.some((request) => request.includes('"method":"tasks/cancel"')))
})

test('a halted call without a task is told so as an error', async () => {
  const target = keep(await startTarget(() => {}))
  const bench = keep(new RelayBench())
  const { exchange, reply, outcome } = bench.stream(target.url)
  const call = bench.unary(target.url)
  await until(() => target.requests.length === 2)
  exchange.halt(deny('run_halted', 'halted'))
  call.exchange.halt(deny('run_halted', 'halted'))
  expect((await outcome).kind).toBe('halted')
  expect(eventsIn(reply.text)).toMatchObject([{ error: { code: 1403, data: [{ reason: 'RUN_HALTED' }] } }])
  expect(await call.outcome).toMatchObject({ kind: 'halted', denial: { code: 'run_halted' }, answer: null })
  await until(() => target.sockets.size === 0)
})

test('when the caller goes away and nobody follows its task, the target is let go and told nothing', async () => {
  const target = keep(
    await startTarget((socket) => socket.write(Buffer.concat([Buffer.from(streamHead), event('TASK_STATE_WORKING')]))),
  )
  const { reply, outcome, exchange } = keep(new RelayBench({ watched_tasks: 0 })).stream(target.url)
  await until(() => exchange.taskId === 't9')
  reply.leave()
  expect(await outcome).toMatchObject({ kind: 'gone', task: { id: 't9' } })
  await until(() => target.sockets.size === 0)
  expect(target.requests).toHaveLength(1)
})

test('a caller that has gone before the call was sent costs the target nothing', async () => {
  const target = keep(await startTarget(() => {}))
  const { reply } = { reply: keep(new RelayBench()).stream(target.url).reply }
  reply.leave()
  const call = keep(new RelayBench()).unary(target.url)
  call.exchange.abort('gone')
  expect(await call.outcome).toMatchObject({ kind: 'gone', sent: false })
  expect(target.requests).toHaveLength(0)
})
