/** What the ledger keeps about itself. */
import type { Stamp } from './stamp.ts'

/** A start went on although entries that had been sealed were missing, by an operator's word. */
export interface LogEntry extends Stamp {
  readonly kind: 'log'
  readonly event: 'truncated'
  /** Entries the last checkpoint counted, and its root in base64; 0 and empty where it could not be read. */
  readonly had: number
  readonly root: string
  /** Entries that were left. */
  readonly kept: number
}
