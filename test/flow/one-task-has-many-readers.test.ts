import { afterEach, expect, test } from 'vitest'
import { eventsIn, RelayBench, until } from '../support/relay.ts'
import { MemoryReply } from '../support/reply.ts'
import { type Asked, piece, startRpcTarget, status, task } from '../support/rpc-target.ts'
import type { Target } from '../support/target.ts'

const opened: (Target | RelayBench)[] = []

afterEach(async () => {
  for (const one of opened.splice(0)) await one.stop()
})

function keep<T extends Target | RelayBench>(one: T): T {
  opened.push(one)
  return one
}

/** A target that begins a stream with one task and says the rest when it is told to. */
async function holding(): Promise<{ readonly target: Target; readonly asked: Asked[] }> {
  const asked: Asked[] = []
  const target = keep(
    await startRpcTarget((one) => {
      asked.push(one)
      one.begin(task('TASK_STATE_WORKING'))
    }),
  )
  return { target, asked }
}

const payloads = (reply: MemoryReply): readonly unknown[] =>
  eventsIn(reply.text.replaceAll(/^:\n\n/gm, '')).map((event) => (event as { readonly result: unknown }).result)

test('five hundred readers of one task cost its agent one connection, and all of them read the same', async () => {
  const { target, asked } = await holding()
  const bench = keep(new RelayBench())
  const first = bench.stream(target.url)
  await until(() => first.exchange.taskId === 't1')
  const readers = Array.from({ length: 500 }, (_, at) => bench.follow(target.url, 't1', JSON.stringify(`reader ${at}`)))
  asked[0]?.event(piece('a1', 'one'), piece('a1', 'two', true), status('TASK_STATE_COMPLETED'))
  for (const { outcome } of [first, ...readers]) expect((await outcome).kind).toBe('answered')
  expect([target.requests.length, target.sockets.size]).toEqual([1, 1])
  const expected = [
    task('TASK_STATE_WORKING'),
    piece('a1', 'one'),
    piece('a1', 'two', true),
    status('TASK_STATE_COMPLETED'),
  ]
  for (const { reply } of readers) expect(payloads(reply)).toEqual(expected)
  expect(payloads(first.reply)).toEqual(expected)
  expect(eventsIn(readers[42]?.reply.text ?? '')[0]).toMatchObject({ id: 'reader 42' })
})

test('a reader that comes late sees the task as it stands, then what follows', async () => {
  const { target, asked } = await holding()
  const bench = keep(new RelayBench({ stream_log_events: 2 }))
  const first = bench.stream(target.url)
  await until(() => first.exchange.taskId === 't1')
  asked[0]?.event(
    piece('a1', 'one'),
    piece('a1', 'two', true),
    piece('a2', 'other'),
    status('TASK_STATE_WORKING', 'half'),
  )
  await until(() => first.reply.text.includes('half'))
  const late = bench.follow(target.url, 't1')
  asked[0]?.event(status('TASK_STATE_COMPLETED'))
  await late.outcome
  const [snapshot, ...rest] = payloads(late.reply)
  expect(snapshot).toMatchObject({
    task: {
      id: 't1',
      status: { state: 'TASK_STATE_WORKING', message: { parts: [{ text: 'half' }] } },
      artifacts: [
        { artifactId: 'a1', parts: [{ text: 'one' }, { text: 'two' }] },
        { artifactId: 'a2', parts: [{ text: 'other' }] },
      ],
    },
  })
  expect(rest).toEqual([status('TASK_STATE_COMPLETED')])
})

test('a reader that stops reading delays nobody, holds little, and is told to subscribe again', async () => {
  const { target, asked } = await holding()
  const bench = keep(new RelayBench({ stream_log_events: 8, stream_buffer_bytes: 4096 }))
  const first = bench.stream(target.url)
  await until(() => first.exchange.taskId === 't1')
  const stuck = new MemoryReply()
  stuck.reads = false
  stuck.highWater = 4096
  const behind = bench.follow(target.url, 't1', '9', stuck)
  for (let n = 0; n < 100; n += 1) asked[0]?.event(piece(`a${n}`, 'x'.repeat(1000)))
  asked[0]?.event(status('TASK_STATE_COMPLETED'))
  expect((await first.outcome).kind).toBe('answered')
  expect(payloads(first.reply)).toHaveLength(102)
  expect(stuck.bufferedMax).toBeLessThan(4096 + 2 * 1300)
  stuck.reads = true
  stuck.drain()
  expect(await behind.outcome).toMatchObject({ kind: 'halted', denial: { code: 'reader_behind' } })
  expect(eventsIn(stuck.text).at(-1)).toMatchObject({ id: 9, error: { code: 1503 } })
})

test('when its caller leaves, a task is followed to its end, and others can still join it', async () => {
  const { target, asked } = await holding()
  const left: unknown[] = []
  const bench = keep(new RelayBench())
  bench.watch = { onUnwatched: (seen) => void left.push(seen) }
  const first = bench.stream(target.url)
  await until(() => first.exchange.taskId === 't1')
  first.reply.leave()
  expect(await first.outcome).toMatchObject({ kind: 'gone', task: { id: 't1', open: true } })
  const second = bench.follow(target.url, 't1')
  second.reply.leave()
  expect((await second.outcome).kind).toBe('gone')
  const third = bench.follow(target.url, 't1')
  asked[0]?.event(status('TASK_STATE_COMPLETED'))
  expect((await third.outcome).kind).toBe('answered')
  expect(left).toMatchObject([{ id: 't1', state: 'TASK_STATE_COMPLETED', open: false }])
  expect(target.requests).toHaveLength(1)
})

test('where there is no room to follow a task for nobody, its agent is let go and nothing is cancelled', async () => {
  const { target } = await holding()
  const { exchange, reply, outcome } = keep(new RelayBench({ watched_tasks: 0 })).stream(target.url)
  await until(() => exchange.taskId === 't1')
  reply.leave()
  expect((await outcome).kind).toBe('gone')
  await until(() => target.sockets.size === 0)
  expect(target.requests).toHaveLength(1)
})

test('nothing of a task reaches its caller before it is written down whose it is', async () => {
  const { target, asked } = await holding()
  const bench = keep(new RelayBench())
  const { promise, resolve } = Promise.withResolvers<boolean>()
  bench.watch = { own: () => promise }
  const { reply, outcome } = bench.stream(target.url)
  await until(() => asked.length === 1)
  asked[0]?.event(piece('a1', 'one'), status('TASK_STATE_COMPLETED'))
  await new Promise((done) => setTimeout(done, 50))
  expect(reply.text).toBe('')
  resolve(true)
  expect((await outcome).kind).toBe('answered')
  expect(payloads(reply)).toEqual([task('TASK_STATE_WORKING'), piece('a1', 'one'), status('TASK_STATE_COMPLETED')])
})

test('a task that cannot be written down is stopped, and its caller never hears of it', async () => {
  const { target, asked } = await holding()
  const bench = keep(new RelayBench())
  bench.watch = { own: () => Promise.resolve(false) }
  const { outcome } = bench.stream(target.url)
  expect(await outcome).toMatchObject({ kind: 'halted', denial: { code: 'busy' } })
  await until(() => asked.some(({ method }) => method === 'CancelTask'))
})
