/**
 * The row of a run on the board, by name: all that admission counts, so that any thread with the board sees the same run.
 *
 *     ints   0 state   1 calls   2 open   3 depth_max   4 taint
 *     longs  2..4 tokens (held, spent, overshoot)   5..7 cost
 */
import { intsPerRow, longsPerRow, type Rows } from '../base/board.ts'
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

export function cellsAt(rows: Rows, row: number): RunCells {
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
    taint: new Gauge(ints, int + 4),
    tokens: new Account(longs, long + 2),
    cost: new Account(longs, long + 2 + longsPerAccount),
  }
}
