import { crc32 } from 'node:zlib'
import type { Shapes } from './pack.ts'
import { packedMax_bytes } from './pack.ts'

/**
 * The form of a segment file, `<number of its first entry>.wlog`. It can be read by itself, without this program:
 *
 *     WEIRLOG1 | frame: header as JSON | frame: entry | frame: entry | ...
 *     frame = u32 length, u32 CRC-32 of the payload, payload       (little endian)
 *
 * An entry's number is the header's `first` plus its place in the file. A frame without payload is no frame, so
 * that a tail of zeros, as a power cut leaves it, is not taken for entries.
 */
export interface SegmentHeader {
  /** 2: each entry is a row and what of it is sealed, as `stored.ts` has it. 1: it is the row alone. */
  readonly version: 1 | 2
  /** Number of the first entry; entries are numbered from 1 through all files of a ledger. */
  readonly first: number
  /** The process that wrote the file: a process never goes on in a file of another one. */
  readonly boot: string
  /** The gateway that wrote it, by its public URL; absent in files of version 1. */
  readonly gw?: string
  /** How the rows of this file are to be read. */
  readonly shapes: Shapes
}

/** What stands at an offset: a frame, the end of the file, or something that was never finished. */
export type Frame =
  | { readonly kind: 'frame'; readonly payload: Uint8Array; readonly next: number }
  | { readonly kind: 'end' }
  | { readonly kind: 'torn'; readonly why: string }

/** What the front of a segment says: its header and where the entries start. */
export interface Front {
  readonly header: SegmentHeader
  readonly start: number
}

/** No frame has a longer payload: a row, and what of it is sealed. */
export const frameMax_bytes = 2 * packedMax_bytes

const magic = Buffer.from('WEIRLOG1')
const known: ReadonlySet<number> = new Set([1, 2])
const nameForm = /^[0-9]{16}\.wlog$/
/** Bytes a frame adds to its payload. */
export const frameHead_bytes = 8

export function segmentName(first: number): string {
  return `${String(first).padStart(16, '0')}.wlog`
}

export function isSegmentName(name: string): boolean {
  return nameForm.test(name)
}

export function writeFront(header: SegmentHeader): Buffer {
  const json = Buffer.from(JSON.stringify(header))
  const bytes = Buffer.alloc(magic.length + frameHead_bytes + json.length)
  magic.copy(bytes)
  writeFrame(bytes, magic.length, json)
  return bytes
}

/** Reads what `writeFront` wrote; a sentence if it is not there. */
export function readFront(bytes: Buffer): Front | string {
  if (!bytes.subarray(0, magic.length).equals(magic)) return 'the file does not start like a ledger segment'
  const frame = frameAt(bytes, magic.length)
  if (frame.kind !== 'frame') return frame.kind === 'torn' ? `the header is unfinished: ${frame.why}` : 'no header'
  const header = JSON.parse(Buffer.from(frame.payload).toString('utf8')) as SegmentHeader
  return known.has(header.version)
    ? { header, start: frame.next }
    : `version ${String(header.version)} is not known here`
}

/** Writes a frame at `at` and returns where the next one goes. There must be room. */
export function writeFrame(into: Buffer, at: number, payload: Uint8Array): number {
  const start = at + frameHead_bytes
  const end = start + payload.length
  into.set(payload, start)
  into.writeUInt32LE(payload.length, at)
  into.writeUInt32LE(crc32(into.subarray(start, end)), at + 4)
  return end
}

export function frameAt(bytes: Buffer, at: number): Frame {
  if (at === bytes.length) return { kind: 'end' }
  const start = at + frameHead_bytes
  if (start > bytes.length) return { kind: 'torn', why: 'the head of a frame is cut short' }
  const length = bytes.readUInt32LE(at)
  if (length === 0 || length > frameMax_bytes) return { kind: 'torn', why: `a frame of ${length} bytes cannot be` }
  const next = start + length
  if (next > bytes.length) return { kind: 'torn', why: 'a frame is cut short' }
  const payload = bytes.subarray(start, next)
  if (crc32(payload) !== bytes.readUInt32LE(at + 4)) return { kind: 'torn', why: 'the checksum of a frame is wrong' }
  return { kind: 'frame', payload, next }
}
