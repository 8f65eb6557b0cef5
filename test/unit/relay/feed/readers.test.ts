import { expect, test } from 'vitest'
import { sayNeutral } from '../../../../src/protocol/a2a/neutral.ts'
import { EventLog } from '../../../../src/relay/feed/event-log.ts'
import type { Reader } from '../../../../src/relay/feed/reader.ts'
import { Readers } from '../../../../src/relay/feed/readers.ts'

const caps = { stream_log_events: 8, stream_log_bytes: 1_000_000, answer_bytes: 1_048_576 }

function said(text: string) {
  return sayNeutral({ artifactUpdate: { taskId: 't', artifact: { artifactId: 'a', parts: [{ text }] } } })
}

/** A reader that notes up to where the log reached each time it was told. */
function noting(log: EventLog, told: number[]): Reader {
  return { full: false, onHead: () => {}, onOver: () => {}, onNews: () => void told.push(log.next) }
}

function setUp(onBug: (bug: unknown) => void = () => {}) {
  const log = new EventLog(caps)
  const readers = new Readers(log, caps, onBug)
  const told: number[] = []
  readers.add(noting(log, told))
  return { log, readers, told }
}

test('what is said in one turn is told at once, when the turn is over', async () => {
  const { readers, told } = setUp()
  for (let n = 0; n < 5; n += 1) readers.news(said('x'))
  expect(told).toEqual([])
  await Promise.resolve()
  expect(told).toEqual([5])
})

test('nothing leaves the log before it was told, however much is said in one turn', async () => {
  const { log, readers } = setUp()
  const missed: number[] = []
  let cursor = 0
  const reader: Reader = {
    ...noting(log, []),
    onNews() {
      if (cursor < log.from) missed.push(cursor)
      cursor = log.next
    },
  }
  readers.add(reader)
  for (let n = 0; n < 100; n += 1) readers.news(said('x'))
  await Promise.resolve()
  expect([missed, cursor, log.from]).toEqual([[], 100, 92])
})

test('large events are told one by one', async () => {
  const { readers, told } = setUp()
  for (let n = 0; n < 3; n += 1) readers.news(said('x'.repeat(20_000)))
  await Promise.resolve()
  expect(told).toEqual([1, 2, 3])
})

test('a bug of a reader is handed over and thrown at nobody', async () => {
  const bugs: unknown[] = []
  const { log, readers } = setUp((bug) => void bugs.push(String(bug)))
  const broken: Reader = {
    ...noting(log, []),
    onNews() {
      throw new Error('a bug')
    },
  }
  readers.add(broken)
  readers.news(said('x'))
  await Promise.resolve()
  expect(bugs).toEqual(['Error: a bug'])
})
