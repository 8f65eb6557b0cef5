/** What the ledger keeps about itself. */
import type { Millis } from '../base/clock.ts'

/** A start went on although entries that had been sealed were missing, by an operator's word. */
export interface LogEntry {
  readonly v: 1
  /** Milliseconds since the epoch. */
  readonly ts: Millis
  readonly kind: 'log'
  readonly event: 'truncated'
  /** Entries the last checkpoint counted, and its root in base64; 0 and empty where it could not be read. */
  readonly had: number
  readonly root: string
  /** Entries that were left. */
  readonly kept: number
}
