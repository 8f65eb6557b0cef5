/**
 * The only mutable memory that threads share: one SharedArrayBuffer, cut into rows of 64 bytes. A row is a cache
 * line and belongs to one owner's one thing (an agent, a run), so two owners never slow each other down. Everything
 * on it is read and written through Atomics. Another thread opens the same board from `{ buffer, layout }`.
 *
 *     row    0          1          2
 *            | runs 0   | runs 1   | agents 0 | ...
 *     longs  0 .. 7     8 .. 15    16 .. 23        8 cells of 64 bits a row
 *     ints   0 .. 15    16 .. 31   32 .. 47        or 16 cells of 32 bits, over the same bytes
 */
import { assert } from './assert.ts'

/** How many rows each owner wants. */
export type BoardPlan = Readonly<Record<string, number>>

/** Where each owner's rows are. Structured-cloneable, like the buffer. */
type BoardLayout = Readonly<Record<string, { readonly first: number; readonly rows: number }>>

export interface Board {
  readonly buffer: SharedArrayBuffer
  readonly layout: BoardLayout
}

/** The rows of one owner; indices start at its own first row. */
export interface Rows {
  readonly count: number
  readonly longs: BigInt64Array<SharedArrayBuffer>
  readonly ints: Int32Array<SharedArrayBuffer>
}

const rowBytes = 64
export const longsPerRow = rowBytes / 8
export const intsPerRow = rowBytes / 4

/** A zeroed board with the rows of every owner in the plan. */
export function createBoard(plan: BoardPlan): Board {
  const layout: Record<string, { first: number; rows: number }> = {}
  let first = 0
  for (const [owner, rows] of Object.entries(plan)) {
    assert(Number.isInteger(rows) && rows >= 0, 'a plan asks for a whole number of rows')
    layout[owner] = { first, rows }
    first += rows
  }
  return { buffer: new SharedArrayBuffer(first * rowBytes), layout }
}

/** The rows an owner claimed in the plan; the same cells in every thread that has the board. */
export function rowsOf(board: Board, owner: string): Rows {
  const claim = board.layout[owner]
  assert(claim !== undefined, `the board has rows named ${owner}`)
  const start = claim.first * rowBytes
  return {
    count: claim.rows,
    longs: new BigInt64Array(board.buffer, start, claim.rows * longsPerRow),
    ints: new Int32Array(board.buffer, start, claim.rows * intsPerRow),
  }
}
