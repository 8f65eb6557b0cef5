import { expect, test } from 'vitest'
import { createBoard, intsPerRow, longsPerRow, rowsOf } from '../../../src/base/board.ts'

test('owners have rows of their own, each a cache line of 64 bytes', () => {
  const board = createBoard({ runs: 2, agents: 3 })
  const runs = rowsOf(board, 'runs')
  const agents = rowsOf(board, 'agents')
  expect([runs.longs.byteOffset, agents.longs.byteOffset]).toEqual([0, 128])
  expect([agents.longs.length, agents.ints.length]).toEqual([3 * longsPerRow, 3 * intsPerRow])
  runs.longs.fill(-1n)
  expect([...agents.longs].every((cell) => cell === 0n)).toBe(true)
})

test('a board opened again from its buffer and layout is the same board', () => {
  const board = createBoard({ agents: 1 })
  const again = structuredClone(board)
  Atomics.store(rowsOf(board, 'agents').ints, 3, 7)
  expect(Atomics.load(rowsOf(again, 'agents').ints, 3)).toBe(7)
})

test('rows that nobody planned are a bug', () => {
  expect(() => rowsOf(createBoard({}), 'runs')).toThrow('the board has rows named runs')
})
