/**
 * Proofs about the tree (RFC 6962, sections 2.1.1 and 2.1.2), made from tiles, and how anyone checks them (RFC 9162, sections
 * 2.1.3.2 and 2.1.4.2). Leaves are counted from 0: entry n of the ledger is leaf n - 1.
 */
import { emptyRoot, nodeHash } from './hash.ts'
import { subtreeRoot, type TileReader } from './tiles.ts'

/** Hashes from the leaf's side upwards; null where a tile is missing or the leaf is not in a tree of this size. */
export function inclusionProof(tiles: TileReader, index: number, size: number): readonly Buffer[] | null {
  if (index < 0 || index >= size) return null
  const path: (Buffer | null)[] = []
  let from = 0
  let to = size
  while (to - from > 1) {
    const middle = from + splitOf(to - from)
    const left = index < middle
    path.push(left ? subtreeRoot(tiles, size, middle, to) : subtreeRoot(tiles, size, from, middle))
    if (left) to = middle
    else from = middle
  }
  return whole(path.toReversed())
}

/** Shows that the tree of `size` leaves goes on from that of `old`; null where a tile is missing or it does not. */
export function consistencyProof(tiles: TileReader, old: number, size: number): readonly Buffer[] | null {
  if (old < 0 || old > size) return null
  if (old === 0 || old === size) return []
  const path: (Buffer | null)[] = []
  let from = 0
  let to = size
  let known = true
  while (to !== old) {
    const middle = from + splitOf(to - from)
    if (old <= middle) {
      path.push(subtreeRoot(tiles, size, middle, to))
      to = middle
    } else {
      path.push(subtreeRoot(tiles, size, from, middle))
      from = middle
      known = false
    }
  }
  if (!known) path.push(subtreeRoot(tiles, size, from, to))
  return whole(path.toReversed())
}

/** The root of the tree when it had `size` leaves; null where a tile is missing. */
export function rootFromTiles(tiles: TileReader, size: number): Buffer | null {
  return size === 0 ? emptyRoot : subtreeRoot(tiles, size, 0, size)
}

export interface Inclusion {
  readonly index: number
  readonly size: number
  readonly leaf: Buffer
  readonly proof: readonly Buffer[]
  readonly root: Buffer
}

export function verifyInclusion({ index, size, leaf, proof, root }: Inclusion): boolean {
  if (index < 0 || index >= size) return false
  let node = index
  let last = size - 1
  let hash = leaf
  for (const sibling of proof) {
    if (last === 0) return false
    hash = comesFromLeft(node, last) ? nodeHash(sibling, hash) : nodeHash(hash, sibling)
    ;[node, last] = above(node, last)
  }
  return last === 0 && hash.equals(root)
}

/** Whether the next hash of a path stands left of the node: it is a right child, or the last of its level. */
function comesFromLeft(node: number, last: number): boolean {
  return node % 2 === 1 || node === last
}

/** The node one level up at which the path goes on; a last node without a sibling goes up until it has one. */
function above(node: number, last: number): readonly [number, number] {
  let place: readonly [number, number] = [node, last]
  if (node === last) while (place[0] % 2 === 0 && place[0] !== 0) place = parents(...place)
  return parents(...place)
}

function parents(node: number, last: number): readonly [number, number] {
  return [Math.floor(node / 2), Math.floor(last / 2)]
}

export interface Consistency {
  readonly old: { readonly size: number; readonly root: Buffer }
  readonly now: { readonly size: number; readonly root: Buffer }
  readonly proof: readonly Buffer[]
}

export function verifyConsistency({ old, now, proof }: Consistency): boolean {
  if (old.size > now.size) return false
  if (old.size === now.size) return proof.length === 0 && old.root.equals(now.root)
  if (old.size === 0) return proof.length === 0 && old.root.equals(emptyRoot)
  const path = isPowerOfTwo(old.size) ? [old.root, ...proof] : proof
  let node = old.size - 1
  let last = now.size - 1
  while (node % 2 === 1) [node, last] = parents(node, last)
  const [first, ...rest] = path
  if (!first) return false
  let before = first
  let after = first
  for (const sibling of rest) {
    if (last === 0) return false
    if (comesFromLeft(node, last)) {
      before = nodeHash(sibling, before)
      after = nodeHash(sibling, after)
    } else after = nodeHash(after, sibling)
    ;[node, last] = above(node, last)
  }
  return last === 0 && before.equals(old.root) && after.equals(now.root)
}

/** The largest power of two below `leaves`. */
function splitOf(leaves: number): number {
  let split = 1
  while (split * 2 < leaves) split *= 2
  return split
}

function isPowerOfTwo(count: number): boolean {
  return Number.isInteger(Math.log2(count))
}

function whole(path: readonly (Buffer | null)[]): readonly Buffer[] | null {
  const found = path.filter((hash) => hash !== null)
  return found.length === path.length ? found : null
}
