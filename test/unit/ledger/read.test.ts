import { utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { segmentName } from '../../../src/ledger/segment.ts'
import { type LedgerItem, readLedger, readSegment } from '../../../src/ledger/read.ts'
import { bootEntry, call, hop, intent } from './entries.ts'
import { segmentOf } from './segments.ts'
import { tempFolder } from './folder.ts'

async function collect(items: AsyncIterable<LedgerItem>): Promise<readonly LedgerItem[]> {
  const found: LedgerItem[] = []
  for await (const item of items) found.push(item)
  return found
}

const three = [bootEntry('b1'), intent(hop(1)), call(hop(1))]

test('a segment gives its entries, numbered, with the process that wrote them', () => {
  expect([...readSegment('f', segmentOf(three, 7))]).toEqual(
    three.map((entry, place) => ({ kind: 'entry', seq: 7 + place, boot: 'b1', entry })),
  )
})

test('a tail of zeros, as a power cut leaves it, is not taken for entries', () => {
  const bytes = segmentOf(three)
  const items = [...readSegment('f', Buffer.concat([bytes, Buffer.alloc(64)]))]
  expect(items.at(-1)).toMatchObject({ kind: 'unreadable', offset: bytes.length })
})

test.each([
  ['nothing', Buffer.alloc(0), /does not start/],
  ['another file', Buffer.from('#!/bin/sh and so on'), /does not start/],
  ['half a header', segmentOf([]).subarray(0, 100), /unfinished/],
])('what is no segment is said to be none: %s', (_what, bytes, why) => {
  expect([...readSegment('f', bytes)]).toEqual([
    { kind: 'unreadable', file: 'f', offset: 0, why: expect.stringMatching(why) as unknown },
  ])
})

test('a folder is read file by file; one that is not there is an empty ledger', async () => {
  const dir = tempFolder()
  writeFileSync(join(dir, segmentName(4)), segmentOf([bootEntry('b2')], 4, 'b2'))
  writeFileSync(join(dir, segmentName(1)), segmentOf(three))
  writeFileSync(join(dir, 'notes.txt'), 'not ours')
  const found = await collect(readLedger(dir))
  expect(found.map((item) => item.kind === 'entry' && [item.seq, item.boot])).toEqual([
    [1, 'b1'],
    [2, 'b1'],
    [3, 'b1'],
    [4, 'b2'],
  ])
  expect(await collect(readLedger(join(dir, 'missing')))).toEqual([])
})

test('files that were not written to lately can be left out', async () => {
  const dir = tempFolder()
  writeFileSync(join(dir, segmentName(1)), segmentOf(three))
  utimesSync(join(dir, segmentName(1)), 1000, 1000)
  expect(await collect(readLedger(dir, 2_000_000))).toEqual([])
})
