/**
 * Changes many places of JSON bytes at once: each is a part of the bytes, as `membersOf` and `arrayItems` give them, and
 * everything between them is copied as it stands. One pass, however many there are.
 */

/** A part of the bytes, not a copy of it, and what stands there instead: JSON text. */
export type Swap = readonly [part: Buffer, value: string]

/** Swaps stand in the order of the bytes and do not overlap; the same bytes where there are none. */
export function swapParts(bytes: Buffer, swaps: readonly Swap[]): Buffer {
  if (swaps.length === 0) return bytes
  const parts: Buffer[] = []
  let at = 0
  for (const [part, value] of swaps) {
    const from = part.byteOffset - bytes.byteOffset
    parts.push(bytes.subarray(at, from), Buffer.from(value))
    at = from + part.length
  }
  return Buffer.concat([...parts, bytes.subarray(at)])
}
