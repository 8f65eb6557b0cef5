import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { LedgerEntry } from '../../../src/domain/record.ts'
import { follow, type FollowItem, type FollowOptions } from '../../../src/ledger/follow.ts'
import { segmentName } from '../../../src/ledger/segment.ts'
import { Status } from '../../../src/ledger/status.ts'
import { call, hop } from './entries.ts'
import { tempFolder } from './folder.ts'
import { segmentOf } from './segments.ts'

function calls(from: number, to: number): readonly LedgerEntry[] {
  return Array.from({ length: to - from + 1 }, (_, place) => call(hop(from + place)))
}

function write(dir: string, from: number, to: number, boot = 'b1'): void {
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, segmentName(from)), segmentOf(calls(from, to), from, boot))
}

/** `1-3` for entries, `gap 4-6`. */
function spans(items: readonly FollowItem[]): readonly string[] {
  const found: string[] = []
  let from = 0
  for (const [place, item] of items.entries()) {
    if (item.kind === 'gap') {
      found.push(`gap ${item.from}-${item.to}`)
      continue
    }
    const [before, after] = [items[place - 1], items[place + 1]]
    if (before?.kind !== 'entry' || before.seq + 1 !== item.seq) from = item.seq
    if (after?.kind !== 'entry' || after.seq !== item.seq + 1) found.push(`${from}-${item.seq}`)
  }
  return found
}

async function readOnce(options: Omit<FollowOptions, 'once'>): Promise<readonly FollowItem[]> {
  const items: FollowItem[] = []
  for await (const batch of follow({ ...options, once: true })) items.push(...batch)
  return items
}

test('entries come in their order with their number and the process that wrote them, over all files', async () => {
  const dir = tempFolder()
  write(dir, 1, 3)
  write(dir, 4, 9, 'b2')
  const items = await readOnce({ dir, from: 2 })
  expect(spans(items)).toEqual(['2-9'])
  expect(items.map((item) => item.kind === 'entry' && `${item.boot} ${'rid' in item.entry && item.entry.rid}`)).toEqual(
    [2, 3, 4, 5, 6, 7, 8, 9].map((seq) => `${seq < 4 ? 'b1' : 'b2'} ${hop(seq)}`),
  )
})

test('a folder that is not there has nothing to follow', async () => {
  expect(await readOnce({ dir: join(tempFolder(), 'none'), from: 1 })).toEqual([])
})

test('a batch is never larger than was asked for', async () => {
  const dir = tempFolder()
  write(dir, 1, 25)
  const sizes: number[] = []
  for await (const batch of follow({ dir, from: 1, once: true, batch_max: 10 })) sizes.push(batch.length)
  expect(sizes).toEqual([10, 10, 5])
})

test('what retention took is told once as a gap', async () => {
  const dir = tempFolder()
  write(dir, 11, 12)
  write(dir, 13, 14)
  expect(spans(await readOnce({ dir, from: 1 }))).toEqual(['gap 1-10', '11-14'])
})

test('a file that is damaged is a gap from there to the next file', async () => {
  const dir = tempFolder()
  const bytes = segmentOf(calls(1, 9))
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 5) ^ 1, bytes.length - 5)
  writeFileSync(join(dir, segmentName(1)), bytes)
  write(dir, 10, 11)
  expect(spans(await readOnce({ dir, from: 1 }))).toEqual(['1-8', 'gap 9-9', '10-11'])
})

test('a file that does not begin like a segment is a gap, and an unfinished newest one is waited for', async () => {
  const dir = tempFolder()
  write(dir, 1, 2)
  writeFileSync(join(dir, segmentName(3)), 'nothing')
  expect(spans(await readOnce({ dir, from: 1 }))).toEqual(['1-2'])
  write(dir, 5, 6)
  expect(spans(await readOnce({ dir, from: 1 }))).toEqual(['1-2', 'gap 3-4', '5-6'])
})

test('only what is durable is given, although more can be read', async () => {
  const dir = tempFolder()
  write(dir, 1, 9)
  const status = new Status(new SharedArrayBuffer(Status.bytes))
  status.durable = 4
  expect(spans(await readOnce({ dir, from: 1, status }))).toEqual(['1-4'])
})

test('a frame that is written bit by bit is given once, when it is whole', async () => {
  const dir = tempFolder()
  const whole = segmentOf(calls(1, 3))
  const path = join(dir, segmentName(1))
  writeFileSync(path, whole.subarray(0, 200))
  const ending = new AbortController()
  const items: FollowItem[] = []
  const following = (async () => {
    for await (const batch of follow({ dir, from: 1, signal: ending.signal })) {
      items.push(...batch)
      if (items.length === 5) ending.abort()
    }
  })()
  for (let at = 200; at < whole.length; at += 400) {
    await new Promise((resolve) => setTimeout(resolve, 5))
    appendFileSync(path, whole.subarray(at, at + 400))
  }
  write(dir, 4, 5)
  await following
  expect(spans(items)).toEqual(['1-5'])
})

test('a file that disappears while it is read is read to its end', async () => {
  const dir = tempFolder()
  write(dir, 1, 20)
  write(dir, 21, 30)
  const items: FollowItem[] = []
  for await (const batch of follow({ dir, from: 1, once: true, batch_max: 5 })) {
    items.push(...batch)
    rmSync(join(dir, segmentName(1)), { force: true })
  }
  expect(spans(items)).toEqual(['1-30'])
})
