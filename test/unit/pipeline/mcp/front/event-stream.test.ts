import { expect, test } from 'vitest'
import { systemClock } from '../../../../../src/base/clock.ts'
import { Wheel } from '../../../../../src/base/wheel.ts'
import { EventStream } from '../../../../../src/pipeline/mcp/front/event-stream.ts'
import { jsonAnswer } from '../../../../../src/pipeline/mcp/front/line.ts'
import type { Bench } from '../../../../../src/relay/exchange.ts'
import { MemoryReply } from '../../../../support/reply.ts'

const settings = { heartbeat_ms: 60_000, idle_ms: 60_000, stream_buffer_bytes: 200 }
const bench = { wheel: new Wheel(systemClock), clock: systemClock, settings } as unknown as Bench

function open({ events = 4, bytes = 10_000, primes = false } = {}) {
  const seen: string[] = []
  const note = (word: string) => (): void => void seen.push(word)
  const stream = new EventStream(
    'f00',
    { bench, bounds: { events, bytes }, primes },
    {
      onFull: note('full'),
      onRoom: note('room'),
      onLeft: note('left'),
      onSilence: note('silence'),
      onWhole: note('whole'),
    },
  )
  return { stream, seen }
}

const say = (stream: EventStream, ...numbers: readonly number[]): void => {
  for (const n of numbers) stream.push(Buffer.from(`{"n":${n}}`))
}
const numbersIn = ({ text }: MemoryReply): readonly number[] =>
  [...text.matchAll(/"n":(\d+)/g)].map(([, n]) => Number(n))

test('whoever comes back hears what it has missed, once, and then the rest', () => {
  const { stream, seen } = open()
  const first = new MemoryReply()
  stream.attach(first, 0)
  say(stream, 1, 2)
  first.leave()
  say(stream, 3)
  const second = new MemoryReply()
  stream.attach(second, 2)
  stream.open([])
  say(stream, 4)
  stream.end()
  expect([numbersIn(first), numbersIn(second), second.ended]).toEqual([[1, 2], [3, 4], true])
  expect(second.text).toContain('id: f00-3\n')
  expect(seen).toEqual(['room', 'left'])
})

test('so many events are kept, so many bytes, and the newest always', () => {
  const few = open({ events: 2 }).stream
  say(few, 1, 2, 3)
  const small = open({ bytes: 1 }).stream
  say(small, 1, 2)
  for (const [stream, kept] of [
    [few, [2, 3]],
    [small, [2]],
  ] as const) {
    const reply = new MemoryReply()
    stream.attach(reply, 0)
    stream.open([])
    expect(numbersIn(reply)).toEqual(kept)
  }
})

test('a client that does not keep up is given nothing more until it does', () => {
  const { stream, seen } = open({ events: 50 })
  const reply = new MemoryReply()
  Object.assign(reply, { reads: false })
  stream.attach(reply, 0)
  say(stream, ...Array.from({ length: 20 }, (_, n) => n))
  const given = numbersIn(reply).length
  expect(given).toBeLessThan(20)
  Object.assign(reply, { reads: true })
  reply.drain()
  expect(numbersIn(reply)).toHaveLength(20)
  expect(seen).toEqual(['full', 'room'])
})

test('a first event without data tells those who know of it where to go on', () => {
  const { stream } = open({ primes: true })
  const reply = new MemoryReply()
  stream.attach(reply, 0)
  stream.open([])
  expect(reply.text).toBe('id: f00-0\nretry: 1000\ndata: \n\n')
})

test('one that takes its place ends the connection before it, and an answer may be whole', () => {
  const { stream, seen } = open()
  const [one, other] = [new MemoryReply(), new MemoryReply()]
  stream.attach(one, 0)
  stream.attach(other, 0)
  expect([one.ended, other.ended]).toEqual([true, false])
  stream.answer(jsonAnswer(Buffer.from('{}')))
  expect([other.text, other.status, seen]).toEqual(['{}', 200, ['whole']])
})
