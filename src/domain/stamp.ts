import type { Millis } from '../base/clock.ts'

/** What every entry carries; `seq` and `boot` are set by the ledger when the entry is accepted. */
export interface Stamp {
  /** Version of this profile. */
  readonly v: 1
  /** Milliseconds since the epoch. */
  readonly ts: Millis
  /**
   * Set by the ledger: SHA-256 over salt and canonical JSON of the members that are sealed beside the row, base64url.
   * Absent where nothing is sealed.
   */
  readonly c?: string
}
