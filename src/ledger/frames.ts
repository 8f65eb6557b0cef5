/** The one place where the payload of a frame becomes an entry, for whoever reads segments. */
import type { LedgerEntry } from '../domain/record.ts'
import { entryReader } from './pack.ts'
import type { SegmentHeader } from './segment.ts'

/** Null for bytes that are no entry. */
export type FrameReader = (payload: Uint8Array) => LedgerEntry | null

export function frameReader(header: SegmentHeader): FrameReader {
  return entryReader(header.shapes)
}
