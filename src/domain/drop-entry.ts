/** What the ledger says of entries that are no longer there: whatever is missing and stands in no such entry was taken away. */
import type { Stamp } from './stamp.ts'

/** Written, signed and sealed before a file goes. Both ends of the range are included. */
export interface DropEntry extends Stamp {
  readonly kind: 'drop'
  /**
   * `dropped`: retention decided it. `adopted`: an older version dropped them, so that only a file said it. `accepted`: they
   * were missing, and an operator said that they may be.
   */
  readonly event: 'dropped' | 'adopted' | 'accepted'
  /** All that is gone without a gap, also by earlier steps: their own entries may go with the files they stand in. */
  readonly from: number
  readonly to: number
  /** How many of them go now. */
  readonly entries: number
  /** Why, in words of the configuration: `ledger.retention_days 400`. */
  readonly rule: string
  /** Segments that were due as well and stay, because a legal hold keeps them. */
  readonly held: number
  /** The head of the log it was decided under: it speaks of this history and of no other. */
  readonly sealed: number
  readonly sealed_root: string
  /** The record key that signed it, and its signature (Ed25519, base64url). */
  readonly kid: string
  readonly sig: string
}
