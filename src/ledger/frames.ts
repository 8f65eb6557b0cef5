/** The one place where the payload of a frame becomes an entry, for whoever reads segments. */
import type { LedgerEntry } from '../domain/record.ts'
import { entryReader } from './pack.ts'
import type { SegmentHeader } from './segment.ts'
import type { Names } from './vault/names.ts'

/** Null for bytes that are no entry. */
export type FrameReader = (payload: Uint8Array) => LedgerEntry | null

/** Without `names` persons stay pseudonyms. */
export function frameReader(header: SegmentHeader, names: Names | null = null): FrameReader {
  return entryReader(header.shapes, names && ((entry, sealed) => names.restore(entry, sealed)))
}
