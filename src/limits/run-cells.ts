/**
 * The row of a run on the board, by name: all that admission counts, so that any thread with the board sees the same run.
 *
 *     ints   0 state   1 calls   2 open   3 depth_max
 *     longs  2..4 tokens (held, spent, overshoot)   5..7 cost
 *
 * With that the row is full, so the taints of all runs lie in rows of their own, one int a run in the order of the runs:
 * they are lifted a few times in the life of a run, and then nobody minds that sixteen share a cache line.
 */
import { type Board, type BoardPlan, intsPerRow, longsPerRow, type Rows, rowsOf } from '../base/board.ts'
import { Account, longsPerAccount } from './account.ts'
import { Gauge } from './gauge.ts'

/** `row` and `state` are indices. */
export interface RunCells {
  readonly row: number
  readonly ints: Rows['ints']
  readonly longs: Rows['longs']
  readonly state: number
  readonly calls: Gauge
  readonly open: Gauge
  readonly depth: Gauge
  /** A level of taint; only ever lifted. */
  readonly taint: Gauge
  readonly tokens: Account
  readonly cost: Account
}

/** Where the cells of runs are on a board. */
export interface RunRows {
  readonly rows: Rows
  readonly taints: Rows['ints']
}

/** The rows that so many runs need. */
export function runRowsPlan(runs: number): BoardPlan {
  return { 'limits.runs': runs, 'limits.taints': Math.ceil(runs / intsPerRow) }
}

export function runRowsOf(board: Board): RunRows {
  return { rows: rowsOf(board, 'limits.runs'), taints: rowsOf(board, 'limits.taints').ints }
}

export function cellsAt({ rows, taints }: RunRows, row: number): RunCells {
  const { ints, longs } = rows
  const int = row * intsPerRow
  const long = row * longsPerRow
  return {
    row,
    ints,
    longs,
    state: int,
    calls: new Gauge(ints, int + 1),
    open: new Gauge(ints, int + 2),
    depth: new Gauge(ints, int + 3),
    taint: new Gauge(taints, row),
    tokens: new Account(longs, long + 2),
    cost: new Account(longs, long + 2 + longsPerAccount),
  }
}
