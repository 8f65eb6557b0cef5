/**
 * An append-only Merkle tree that holds its right edge only: for every level of tiles the hashes of the tile that is not full
 * yet, 8 KiB at most. A tile spans eight levels of the tree, so the hash of level n of tiles stands for 256^n leaves.
 */
import { emptyRoot, rootOver } from './hash.ts'

export const tileWidth = 256

/** Hashes of the unfinished tile of each level, leaves first. */
export type Edge = readonly (readonly Buffer[])[]

/** A tile that has become full: it never changes again. */
export interface FullTile {
  readonly level: number
  readonly index: number
  readonly hashes: readonly Buffer[]
}

export class Tree {
  #size: number
  readonly #edge: Buffer[][]
  readonly #onFull: (tile: FullTile) => void

  /** `edge` is that of a tree of `size` leaves. Full tiles go to `onFull`, lower levels first. */
  constructor(onFull: (tile: FullTile) => void = () => undefined, size = 0, edge: Edge = []) {
    this.#onFull = onFull
    this.#size = size
    this.#edge = edge.map((hashes) => [...hashes])
  }

  get size(): number {
    return this.#size
  }

  get edge(): Edge {
    return this.#edge
  }

  append(leaf: Buffer): void {
    this.#size += 1
    this.#put(0, leaf)
  }

  root(): Buffer {
    return edgeRoot(this.#edge)
  }

  #put(level: number, hash: Buffer): void {
    const hashes = (this.#edge[level] ??= [])
    hashes.push(hash)
    if (hashes.length < tileWidth) return
    this.#edge[level] = []
    this.#onFull({ level, index: this.#size / tileWidth ** (level + 1) - 1, hashes })
    this.#put(level + 1, rootOver(hashes))
  }
}

/** The unfinished right side of a level is the last, smaller node of the level above. */
export function edgeRoot(edge: Edge): Buffer {
  let below: Buffer | null = null
  for (const hashes of edge) {
    const nodes: readonly Buffer[] = below ? [...hashes, below] : hashes
    if (nodes.length > 0) below = rootOver(nodes)
  }
  return below ?? emptyRoot
}
