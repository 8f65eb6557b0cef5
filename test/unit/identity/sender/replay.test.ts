import { expect, test } from 'vitest'
import { createBoard, longsPerRow, rowsOf } from '../../../../src/base/board.ts'
import { ManualClock } from '../../../../src/base/clock.ts'
import { openReplay, type Replay, replayPlan } from '../../../../src/identity/sender/replay.ts'

const life_max_ms = 60_000

/** A table and its clock, which stands at the start of a generation. */
function table(entries: number) {
  const board = createBoard(replayPlan('used', entries))
  const clock = new ManualClock(1_800_000_000_000)
  const rows = rowsOf(board, 'used')
  const open = (): Replay => openReplay(rows, { entries, life_max_ms }, clock)
  return { board, clock, rows, open, used: open() }
}

test('a name is the first once and was seen ever after, also through another opening of the same rows', () => {
  const { used, open, clock } = table(64)
  const expiresAt = clock.now() + 30_000
  expect(used.once('a', 'j1', expiresAt)).toBe('first')
  expect(used.once('a', 'j1', expiresAt)).toBe('seen')
  expect(open().once('a', 'j1', expiresAt)).toBe('seen')
})

test('names belong to their issuers, and no two pairs run into each other', () => {
  const { used, clock } = table(64)
  const expiresAt = clock.now() + 30_000
  expect(used.once('a', 'bc', expiresAt)).toBe('first')
  expect(used.once('ab', 'c', expiresAt)).toBe('first')
  expect(used.once('b', 'bc', expiresAt)).toBe('first')
})

test('nothing is forgotten before it expires, whichever generation that is in', () => {
  for (let start = 0; start < life_max_ms; start += 6000) {
    const { used, clock } = table(64)
    clock.advance(start)
    const expiresAt = clock.now() + life_max_ms
    expect(used.once('a', 'j1', expiresAt)).toBe('first')
    for (let left = life_max_ms; left > 0; left -= 3000) {
      expect(used.once('a', 'j1', expiresAt)).toBe('seen')
      clock.advance(3000)
    }
  }
})

test('a name stays used when it comes again with another expiry, earlier or later', () => {
  const { used, clock } = table(64)
  const now = clock.now()
  expect(used.once('a', 'early', now + 10_000)).toBe('first')
  expect(used.once('a', 'early', now + 60_000)).toBe('seen')
  expect(used.once('a', 'late', now + 60_000)).toBe('first')
  expect(used.once('a', 'late', now + 10_000)).toBe('seen')
})

test('what has expired is refused, and so is what expires later than can be remembered', () => {
  const { used, clock } = table(64)
  expect(used.once('a', 'old', clock.now())).toBe('seen')
  expect(used.once('a', 'far', clock.now() + 2 * life_max_ms)).toBe('full')
})

test('a full table takes nothing more and lets nothing go; generations later it is empty by itself', () => {
  const { used, clock } = table(64)
  const fill = (prefix: string): readonly string[] =>
    Array.from({ length: 66 }, (_, n) => used.once('a', `${prefix}${n}`, clock.now() + 30_000))
  for (const round of ['r1-', 'r2-', 'r3-']) {
    const outcomes = fill(round)
    expect(outcomes.filter((one) => one === 'first')).toHaveLength(64)
    expect(outcomes.slice(64)).toEqual(['full', 'full'])
    expect(
      fill(round)
        .slice(0, 64)
        .every((one) => one === 'seen'),
    ).toBe(true)
    clock.advance(2 * life_max_ms)
  }
})

test('the generation beside a full one still has room', () => {
  const { used, clock } = table(8)
  for (let n = 0; n < 8; n += 1) used.once('a', `j${n}`, clock.now() + 30_000)
  expect(used.once('a', 'more', clock.now() + 30_000)).toBe('full')
  expect(used.once('a', 'more', clock.now() + 60_000)).toBe('first')
})

test('100000 distinct names in a table half full are each the first', () => {
  const { used, clock } = table(100_000)
  const expiresAt = clock.now() + 30_000
  let first = 0
  for (let n = 0; n < 100_000; n += 1) if (used.once('a', `j${n}`, expiresAt) === 'first') first += 1
  expect(first).toBe(100_000)
  expect(used.once('a', 'one more', expiresAt)).toBe('full')
})

test('a cell that is taken is never zero, so no name can look like a free cell', () => {
  const { used, rows, clock } = table(512)
  for (let n = 0; n < 512; n += 1) used.once('a', `j${n}`, clock.now() + 30_000)
  const cells = rows.longs.subarray(longsPerRow)
  // The mark of a generation starts at 1: even a fingerprint of nothing but zeros makes a word that is not zero.
  expect([...cells].filter((word) => word !== 0n)).toHaveLength(512)
  expect([...cells].every((word) => word === 0n || BigInt.asUintN(64, word) >> 44n > 0n)).toBe(true)
})

test('a thread whose clock is behind refuses what another thread has written over', () => {
  const { board, clock, used } = table(1)
  const fast = new ManualClock(clock.now())
  const ahead = openReplay(rowsOf(board, 'used'), { entries: 1, life_max_ms }, fast)
  const expiresAt = clock.now() + 30_000
  expect(used.once('a', 'j1', expiresAt)).toBe('first')
  fast.advance(2 * life_max_ms)
  expect(ahead.once('a', 'j2', fast.now() + 30_000)).toBe('first')
  expect(ahead.once('a', 'j3', fast.now() + 30_000)).toBe('full')
  expect(used.once('a', 'j1', expiresAt)).not.toBe('first')
})
