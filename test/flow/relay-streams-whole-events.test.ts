import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { MemoryReply } from '../support/reply.ts'
import { eventsIn, RelayBench, until } from '../support/relay.ts'
import { chunk, jsonAnswer, lastChunk, startTarget, streamHead, type Target } from '../support/target.ts'

const versions = { '1.0': 'a2a-1.0-jsonrpc', '0.3': 'a2a-0.3-jsonrpc' } as const
const opened: (Target | RelayBench)[] = []

afterEach(async () => {
  for (const one of opened.splice(0)) await one.stop()
})

function keep<T extends Target | RelayBench>(one: T): T {
  opened.push(one)
  return one
}

function transcript(version: keyof typeof versions): string {
  return readFileSync(new URL(`../fixtures/a2a/stream-${version}.sse`, import.meta.url), 'utf8')
}

function asked(version: keyof typeof versions) {
  const method = version === '1.0' ? 'SendStreamingMessage' : 'message/stream'
  return { dialect: versions[version], method, rpcId: '3' } as const
}

test.each(['1.0', '0.3'] as const)('a stream of %s passes byte for byte and tells its task', async (version) => {
  const text = transcript(version)
  const target = keep(
    await startTarget((socket) =>
      socket.write(Buffer.concat([Buffer.from(streamHead), chunk(text), Buffer.from(lastChunk)])),
    ),
  )
  const { reply, outcome } = keep(new RelayBench()).stream(target.url, asked(version))
  expect(await outcome).toMatchObject({ kind: 'answered', fault: null, bytesIn: text.length, bytesOut: text.length })
  expect(await outcome).toMatchObject({ task: { state: 'TASK_STATE_COMPLETED' } })
  expect(reply.text).toBe(text)
  expect(reply.ended && !reply.wasCut).toBe(true)
  expect(reply.headers).toContainEqual(['content-type', 'text/event-stream'])
})

test.each(['1.0', '0.3'] as const)(
  'a stream of %s cut at any offset ends with an error, never silently',
  async (version) => {
    const text = transcript(version)
    const bytes = Buffer.from(text)
    const bench = keep(new RelayBench())
    let cut = 0
    let reset = false
    const target = keep(
      await startTarget((socket) => {
        socket.write(
          Buffer.concat([Buffer.from(streamHead), cut > 0 ? chunk(bytes.subarray(0, cut)) : Buffer.alloc(0)]),
        )
        if (reset) socket.destroy()
        else socket.end(lastChunk)
      }),
    )
    const ends = [...text.matchAll(/\n\n/g)].map((found) => found.index + 2)
    const offsets = [0, 1, ...ends.slice(0, -1).flatMap((end) => [end - 1, end, end + 1]), bytes.length - 1]
    for (cut of offsets) {
      for (reset of [false, true]) {
        const { reply, outcome } = bench.stream(target.url, asked(version))
        expect(await outcome).toMatchObject({
          kind: 'fault',
          fault: { sent: true },
          denial: { code: 'upstream_unavailable' },
        })
        const whole = ends.filter((end) => end <= cut).length
        const events = eventsIn(reply.text)
        expect(events.slice(0, -1)).toEqual(eventsIn(text).slice(0, whole))
        expect(events.at(-1)).toMatchObject({
          id: 3,
          error: { code: 1503, data: [{ reason: 'UPSTREAM_UNAVAILABLE' }] },
        })
        expect(reply.ended).toBe(true)
      }
    }
  },
)

test('however a recorded transcript is chunked, the caller gets the same bytes', async () => {
  let pieces: readonly Buffer[] = []
  const target = keep(
    await startTarget((socket) => {
      socket.setNoDelay(true)
      socket.write(streamHead)
      const next = (index: number): void => {
        const piece = pieces[index]
        if (!piece) return void socket.write(lastChunk)
        socket.write(chunk(piece))
        setImmediate(next, index + 1)
      }
      next(0)
    }),
  )
  const bench = keep(new RelayBench())
  const cuts = fc.tuple(
    fc.constantFrom('1.0' as const, '0.3' as const),
    fc.constantFrom('\n', '\r\n'),
    fc.uniqueArray(fc.nat(1700), { maxLength: 30 }),
  )
  await fc.assert(
    fc.asyncProperty(cuts, async ([version, lineEnd, at]) => {
      const text = transcript(version).replaceAll('\n', lineEnd)
      const bytes = Buffer.from(text)
      const edges = [0, ...at.toSorted((a, b) => a - b), bytes.length]
      pieces = edges
        .slice(1)
        .map((edge, index) => bytes.subarray(edges[index], edge))
        .filter((piece) => piece.length > 0)
      const { reply, outcome } = bench.stream(target.url, asked(version))
      expect((await outcome).kind).toBe('answered')
      expect(reply.text).toBe(text)
    }),
    { numRuns: 40 },
  )
})

test('what follows the last event is dropped and the caller does not wait for the target to end', async () => {
  const text = transcript('1.0')
  const target = keep(
    await startTarget((socket) =>
      socket.write(
        Buffer.concat([Buffer.from(streamHead), chunk(text), chunk('data: {"more":1}\n\n'), chunk(': and more\n\n')]),
      ),
    ),
  )
  const { reply, outcome } = keep(new RelayBench()).stream(target.url, asked('1.0'))
  expect((await outcome).kind).toBe('answered')
  expect(reply.ended).toBe(true)
  expect(reply.text).toBe(text)
  await until(() => target.sockets.size === 0)
})

test('a target that ends after its last event keeps its connection for the next call', async () => {
  const text = transcript('1.0')
  const target = keep(
    await startTarget((socket) =>
      socket.write(Buffer.concat([Buffer.from(streamHead), chunk(text), Buffer.from(lastChunk)])),
    ),
  )
  const bench = keep(new RelayBench())
  for (let calls = 0; calls < 3; calls += 1) {
    await bench.stream(target.url, asked('1.0')).outcome
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  expect([target.requests.length, target.sockets.size]).toEqual([3, 1])
})

test('silence is filled with comments, also before the target has answered at all', async () => {
  const { promise: called, resolve } = Promise.withResolvers<Socket>()
  const target = keep(await startTarget(resolve))
  const { reply, outcome } = keep(new RelayBench({ heartbeat_ms: 20 })).stream(target.url, asked('1.0'))
  const comments = (count: number): Promise<void> => until(() => reply.text.length >= ':\n\n'.length * count)
  const socket = await called
  await comments(1)
  expect(reply.status).toBe(200)
  socket.write(streamHead)
  await comments(4)
  socket.write(Buffer.concat([chunk(transcript('1.0')), Buffer.from(lastChunk)]))
  expect((await outcome).kind).toBe('answered')
  expect(reply.text.replaceAll(/^:\n\n/gm, '')).toBe(transcript('1.0'))
})

test('a caller that does not read stops the target and holds little memory', async () => {
  const status = { state: 'TASK_STATE_WORKING' }
  let sent = 0
  const target = keep(
    await startTarget((socket) => {
      socket.write(streamHead)
      const pour = (): void => {
        for (let room = true; room; sent += 1) {
          const update = { statusUpdate: { taskId: 't', status, metadata: { n: sent, pad: 'x'.repeat(2000) } } }
          room = socket.write(chunk(`data: ${JSON.stringify({ jsonrpc: '2.0', id: 3, result: update })}\n\n`))
        }
      }
      socket.on('drain', pour)
      pour()
    }),
  )
  const reply = new MemoryReply()
  reply.reads = false
  const { outcome } = keep(new RelayBench({ watched_tasks: 0 })).stream(target.url, asked('1.0'), reply)
  let before = -1
  while (before !== sent) {
    before = sent
    await new Promise((resolve) => setTimeout(resolve, 150))
  }
  expect(reply.bufferedMax).toBeLessThan(16_384 + 65_536 + 4096)
  reply.drain()
  await until(() => {
    reply.drain()
    return sent > before
  })
  reply.leave()
  expect((await outcome).kind).toBe('gone')
  await until(() => target.sockets.size === 0)
})

test('a caller that never reads again is cut after idle_ms', async () => {
  const target = keep(
    await startTarget((socket) => {
      socket.write(streamHead)
      socket.write(
        chunk(
          `data: ${JSON.stringify({ id: 3, result: { task: { id: 't', status: { state: 'x'.repeat(20_000) } } } })}\n\n`,
        ),
      )
    }),
  )
  const reply = new MemoryReply()
  reply.reads = false
  const { outcome } = keep(new RelayBench({ idle_ms: 60 })).stream(target.url, asked('1.0'), reply)
  expect((await outcome).kind).toBe('gone')
  expect(reply.wasCut).toBe(true)
})

test('an agent that answers a streaming call with one JSON text gets it passed on as one event', async () => {
  const task = readFileSync(new URL('../fixtures/a2a/task-1.0.rpc', import.meta.url), 'utf8')
  const error = '{\n"jsonrpc":"2.0",\n"id":2,"error":{"code":-32602,"message":"not like this"}}'
  const answers = [jsonAnswer(task), jsonAnswer(error, '400 Bad Request')]
  const target = keep(await startTarget((socket, _request, index) => socket.write(answers[index] ?? '')))
  const bench = keep(new RelayBench())
  const first = bench.stream(target.url, { ...asked('1.0'), rpcId: '2' })
  expect(await first.outcome).toMatchObject({ kind: 'answered', task: { state: 'TASK_STATE_COMPLETED' } })
  expect(first.reply.text).toBe(`data: ${task}\n\n`)
  const second = bench.stream(target.url, { ...asked('1.0'), rpcId: '2' })
  expect(await second.outcome).toMatchObject({ kind: 'answered', errorCode: -32602 })
  expect(eventsIn(second.reply.text)).toEqual([JSON.parse(error)])
  expect(second.reply.headers).toContainEqual(['content-type', 'text/event-stream'])
})

test('every event carries the id as the caller spelled it', async () => {
  const text = transcript('1.0')
  const target = keep(
    await startTarget((socket) =>
      socket.write(Buffer.concat([Buffer.from(streamHead), chunk(text), Buffer.from(lastChunk)])),
    ),
  )
  const { reply, outcome } = keep(new RelayBench()).stream(target.url, { ...asked('1.0'), rpcId: '3.0' })
  await outcome
  expect(reply.text).toBe(text.replaceAll('"id":3,', '"id":3.0,'))
})
