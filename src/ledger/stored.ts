import { Packr } from 'msgpackr'

/**
 * The outer form of an entry on the disk, a MessagePack array of two: `[row, sealed]`. The row is what the shapes of the
 * segment describe, its kind first, and what the Merkle leaf covers; `sealed` are personal members under the key of their
 * person, or null. In segments of version 1 the row stands alone: it starts with a text and never with an array.
 */
export interface Stored {
  /** Kind first, then its members in the order of the shape. */
  readonly row: readonly unknown[]
  readonly sealed: Uint8Array | null
}

const packr = new Packr({ useRecords: false })
const pairMark = 0x92
const nilMark = 0xc0

/** The bytes that stand in a frame of a segment. */
export function storeFrame(row: readonly unknown[], sealed: Uint8Array | null): Uint8Array {
  return packr.pack([row, sealed])
}

/** The same for a row that is packed already and has nothing sealed; what has the outer form already is left alone. */
export function storePacked(packed: Uint8Array): Uint8Array {
  if (hasOuterForm(packed)) return packed
  const frame = Buffer.allocUnsafe(packed.length + 2)
  frame[0] = pairMark
  frame.set(packed, 1)
  frame[packed.length + 1] = nilMark
  return frame
}

/** Reads both forms, of this version and of version 1; null for bytes that are neither. Never throws. */
export function readStored(frame: Uint8Array): Stored | null {
  const value = unpack(frame)
  if (!Array.isArray(value)) return null
  const list: readonly unknown[] = value
  if (!hasOuterForm(frame)) return typeof list[0] === 'string' ? { row: list, sealed: null } : null
  const [row, sealed] = list
  if (!Array.isArray(row) || typeof row[0] !== 'string') return null
  if (sealed !== null && !(sealed instanceof Uint8Array)) return null
  return { row, sealed }
}

/** An array of two whose first value is an array (0x90 to 0x9f, 0xdc, 0xdd). */
function hasOuterForm(bytes: Uint8Array): boolean {
  const [mark, first = 0] = bytes
  return mark === pairMark && ((first >= 0x90 && first <= 0x9f) || first === 0xdc || first === 0xdd)
}

function unpack(frame: Uint8Array): unknown {
  try {
    return packr.unpack(frame)
  } catch {
    return null
  }
}
