/** A statement about dropped entries for tests that only read it: nobody signed it. */
import type { DropEntry } from '../../../src/domain/drop-entry.ts'

export function dropEntry(change: Partial<DropEntry> = {}): DropEntry {
  const range = { event: 'dropped', from: 1, to: 40, entries: 20, rule: 'ledger.retention_days 400', held: 2 } as const
  const signed = { sealed: 60, sealed_root: 'cm9vdA==', kid: 'k1', sig: 's' }
  return { v: 1, ts: 1_800_000_000_000, kind: 'drop', ...range, ...signed, ...change }
}
