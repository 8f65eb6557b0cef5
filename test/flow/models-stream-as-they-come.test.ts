import { createHash } from 'node:crypto'
import { createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import type { ModelMission } from '../../src/relay/models/contract.ts'
import {
  completion,
  delta,
  doneEvent,
  event,
  finishEvent,
  json,
  missionOf,
  type ModelBench,
  ModelHouse,
  openEvents,
  row,
  usageEvent,
} from '../support/model-bench.ts'
import { until } from '../support/relay.ts'
import { MemoryReply } from '../support/reply.ts'
import { chunk, lastChunk, streamHead } from '../support/target.ts'

const house = new ModelHouse()

afterEach(() => house.stop())

const provider: ModelHouse['provider'] = (answer) => house.provider(answer)
const bench: ModelHouse['bench'] = (...parts) => house.bench(...parts)

/** A provider whose every byte is scripted, from the first one it hears of a connection. */
async function rawProvider(hear: (socket: Socket, nth: number) => void): Promise<{ readonly url: string }> {
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', () => hear(socket, connections++))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  house.keep({
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

function mission(models: ModelBench, written: string, more: Partial<ModelMission> = {}): ModelMission {
  return { ...missionOf([{ candidates: [models.candidate(written)], choose: 'weight' }], { streaming: true }), ...more }
}

test('a caller that does not read holds the provider back, and loses nothing', async () => {
  const events = Array.from({ length: 400 }, (_, n) => delta(`${n}:${'x'.repeat(50_000)}`))
  const it = await provider((response) => {
    openEvents(response)
    let next = 0
    const write = (): void => {
      while (next < events.length) if (!response.write(events[next++])) return void response.once('drain', write)
      response.end(doneEvent)
    }
    write()
  })
  const models = bench({ openai: row(it.url) })
  const reply = new MemoryReply()
  reply.reads = false
  const { outcome } = models.carry(mission(models, 'openai/gpt', { closing: () => '' }), reply)
  await until(() => reply.buffered >= reply.highWater)
  await new Promise((resolve) => setTimeout(resolve, 300))
  // What is given beyond the mark is at most what one chunk off the socket completes.
  expect(reply.bufferedMax).toBeLessThan(65_536 + 2 * 131_072)
  const reading = setInterval(() => reply.drain(), 1)
  expect(await outcome).toMatchObject({ kind: 'answered' })
  clearInterval(reading)
  const sent = events.join('') + doneEvent
  expect(reply.text.length).toBe(sent.length)
  expect(createHash('sha256').update(reply.text).digest('hex')).toBe(createHash('sha256').update(sent).digest('hex'))
  expect(reply.bufferedMax).toBeLessThan(65_536 + 2 * 131_072)
})

test('an event that is too large, before anything was handed on, and an answer that is, are refused', async () => {
  const huge = await provider((response) => void openEvents(response).write(`data: ${'x'.repeat(400_000)}`))
  const long = await provider((response) => json(response, 200, `{"a":"${'x'.repeat(1_100_000)}"}`))
  const second = await provider((response) => json(response, 200, completion))
  const models = bench({ huge: row(huge.url), long: row(long.url), second: row(second.url) })
  for (const first of ['huge/gpt', 'long/gpt']) {
    const { reply, outcome } = models.send([[first], ['second/gpt']])
    const { kind, fault } = await outcome
    expect([first, kind, fault?.code, reply.chunks.length]).toEqual([first, 'fault', 'too_large', 0])
  }
  // It was paid for already, and would be as large there.
  expect(second.asked.length).toBe(0)
})

test('a stream that has said its last word is over, and its connection serves the next call', async () => {
  const ports = new Set<number | undefined>()
  const it = await provider((response) => {
    ports.add(response.socket?.remotePort)
    openEvents(response).write(delta('hello') + doneEvent)
    setTimeout(() => response.end(': late\n\n'), 30)
  })
  const models = bench({ openai: row(it.url) })
  const { reply, outcome } = models.send([['openai/gpt']], { closing: () => '' })
  await outcome
  expect(it.asked[0]?.cut).toBe(false)
  expect(reply.text).toBe(delta('hello') + doneEvent)
  await new Promise((resolve) => setTimeout(resolve, 100))
  await models.send([['openai/gpt']]).outcome
  expect(ports.size).toBe(1)
})

test('whoever goes on for ever after the last word is let go of', async () => {
  const it = await provider((response) => {
    openEvents(response).write(doneEvent)
    const more = setInterval(() => response.write(delta('x'.repeat(1000))), 5)
    response.on('close', () => clearInterval(more))
  })
  const { outcome } = bench({ openai: row(it.url) }).send([['openai/gpt']])
  expect(await outcome).toMatchObject({ kind: 'answered' })
  await until(() => it.asked[0]?.cut === true)
})

test('an answer that comes before the request was read is that answer', async () => {
  const said = '{"error":{"message":"too large"}}'
  const head = `HTTP/1.1 413 Payload Too Large\r\ncontent-type: application/json\r\ncontent-length: ${said.length}\r\n`
  const reads = await rawProvider((socket) => void socket.write(`${head}\r\n${said}`))
  const closes = await rawProvider((socket) => void socket.resume().end(`${head}connection: close\r\n\r\n${said}`))
  const models = bench({ reads: row(reads.url), closes: row(closes.url) })
  for (const place of ['reads/gpt', 'closes/gpt']) {
    const { kind, answer } = await models.send([[place]], { body: () => Buffer.alloc(4_000_000, 0x20) }).outcome
    expect([place, kind, answer?.status, Buffer.from(answer?.body ?? '').toString()]).toEqual([
      place,
      'answered',
      413,
      said,
    ])
  }
})

test('whatever a provider sends in place of an answer ends the call, once', async () => {
  const garbage = [
    'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5\r\n\r\n{"a"',
    'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
    'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: \u0000\u0001\n\n\n\n\ndata',
    'HTTP/1.1 204 No Content\r\n\r\n',
    'HTTP/1.1 999 What\r\ncontent-length: 0\r\n\r\n',
    `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`,
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
    '\u0000\u0000\u0000',
    '',
  ]
  for (const bytes of garbage) {
    const it = await rawProvider((socket) => void socket.end(bytes))
    const models = bench({ openai: row(it.url) })
    const { reply, outcome } = models.send([['openai/gpt']])
    const { kind, denial } = await outcome
    expect([bytes.slice(0, 40), kind, denial?.code]).toEqual([bytes.slice(0, 40), 'fault', 'upstream_unavailable'])
    expect(reply.chunks.length === 0 || reply.text.includes('upstream_unavailable')).toBe(true)
    expect(models.places.outstandingAt('openai')).toBe(0)
  }
})

const stream = [
  ': first\n\n',
  delta('Grüße'),
  'event: x\r\ndata: {"choices":[],\r\ndata: "a":1}\r\n\r\n',
  event({ choices: [{ index: 0, delta: { content: '\u{1f600}\n' } }] }),
  ': between\n\n',
  finishEvent,
  usageEvent,
  doneEvent,
].join('')

test('however a provider cuts its stream into chunks and packets: what is handed on and what is told are the same', async () => {
  const cuttings: { readonly chunks: readonly number[]; readonly packets: readonly number[] }[] = []
  const split = (bytes: Buffer, places: readonly number[]): readonly Buffer[] => {
    const at = [...new Set(places.map((place) => place % bytes.length))].toSorted((a, b) => a - b)
    return [0, ...at].map((from, n) => bytes.subarray(from, at[n])).filter(({ length }) => length > 0)
  }
  const it = await rawProvider((socket) => {
    const { chunks, packets } = cuttings.shift() ?? { chunks: [], packets: [] }
    const body = split(Buffer.from(stream), chunks).map((part) => chunk(part))
    const bytes = Buffer.concat([Buffer.from(streamHead), ...body, Buffer.from(lastChunk)])
    socket.setNoDelay(true)
    void (async () => {
      for (const packet of split(bytes, packets)) {
        socket.write(packet)
        await new Promise((resolve) => setImmediate(resolve))
      }
      socket.end()
    })()
  })
  const models = bench({ openai: row(it.url) })
  const places = fc.array(fc.nat(4000), { maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(fc.record({ chunks: places, packets: places }), async (cutting) => {
      cuttings.push(cutting)
      const { reply, outcome } = models.send([['openai/gpt']], { closing: () => '' })
      const { kind, told } = await outcome
      expect([kind, told?.usage?.output_tokens, told?.final]).toEqual(['answered', 2, true])
      expect(told?.delivered_bytes).toBe(Buffer.byteLength('Grüße\u{1f600}\n'))
      expect(reply.text).toBe(stream)
    }),
    { numRuns: 60 },
  )
})
