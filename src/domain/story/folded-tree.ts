/** The calls of a run as a tree with its loops folded: the shape of `weir runs tree --json`. Amounts are micro-dollars. */
import type { HopMark, LapStep } from './explanation.ts'
import type { RunRow } from '../story.ts'

export interface FoldedTree {
  readonly schema: 'weir.run_tree/v1'
  readonly run: RunRow
  readonly complete: boolean
  readonly rows: readonly TreeRow[]
}

/** In the order of reading. `level` counts from 0; below a fold it goes on by one, however many hops were left out. */
export type TreeRow = HopLine | FoldLine

export interface HopLine {
  readonly kind: 'hop'
  readonly level: number
  readonly hop: HopMark
  readonly from: string
  readonly to: string
  readonly result: string
  readonly rule: string | null
  readonly detail: string | null
  readonly ms: number
  /** Of this hop alone. */
  readonly cost_micros: number
  readonly unpriced: number
  /** With all that it set off. */
  readonly below: { readonly calls: number; readonly cost_micros: number }
}

/** Laps between a first and a last one that are shown. */
export interface FoldLine {
  readonly kind: 'fold'
  readonly level: number
  readonly laps: number
  /** Hops of one lap that repeat; what these called besides is in `hops` and in the sums. */
  readonly period: number
  readonly hops: number
  readonly cost_micros: number
  /** What a lap cost, the least and the most. */
  readonly lap_micros: Range
  /** From one lap to the next. */
  readonly lap_ms: Range
  /** What changed between laps: calls that did not always end alike, and those that did not end well. */
  readonly changed: readonly LapStep[]
}

export interface Range {
  readonly min: number
  readonly max: number
}
