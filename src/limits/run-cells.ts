/**
 * The row of the board on which admission counts for one run, by name.
 *
 *     ints   0 state   1 calls   2 open   3 depth_max
 *     longs  2..4 tokens (held, spent, overshoot)   5..7 cost
 */
import { intsPerRow, longsPerRow, type Rows } from '../base/board.ts'
import { Account, longsPerAccount } from './account.ts'
import { Gauge } from './gauge.ts'

/** One row of the board, by name. `row` and `state` are indices. */
export interface RunCells {
  readonly row: number
  readonly ints: Rows['ints']
  readonly longs: Rows['longs']
  readonly state: number
  readonly calls: Gauge
  readonly open: Gauge
  readonly depth: Gauge
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
    tokens: new Account(longs, long + 2),
    cost: new Account(longs, long + 2 + longsPerAccount),
  }
}
