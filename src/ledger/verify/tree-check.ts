/**
 * Grows the tree again from the entries as they are, a tile of 256 at a time, and holds it against the tiles and checkpoints on
 * the disk. Where an entry and its tile differ, the level above says which of them was changed; the tree then goes on with
 * what was sealed, so that one change is one finding and not a wrong root for all that follows.
 */
import type { LogHead } from '../checkpoint/note.ts'
import { emptyRoot, rootOver } from '../merkle/hash.ts'
import { edgePlaces, tilePath, TileReader, tileWidthIn } from '../merkle/tiles.ts'
import { type Edge, type FullTile, tileWidth, Tree } from '../merkle/tree.ts'
import type { FindingKind, Findings } from './findings.ts'

/** A root that the tree must have had at some size. */
export interface ExpectedHead extends Pick<LogHead, 'size' | 'root'> {
  readonly kind: Extract<FindingKind, 'root_differs' | 'history_differs' | 'outside_differs'>
  /** Who says so. */
  readonly name: string
}

/** An entry in its place; without a hash where it is not there or cannot be read. */
interface Slot {
  readonly hash: Buffer | null
  readonly file: string | null
  readonly offset: number | null
}

export class TreeCheck {
  readonly #findings: Findings
  readonly #tiles: TileReader
  readonly #sealed: Pick<LogHead, 'size' | 'root'>
  /** By size, ascending; those that were looked at are gone. */
  readonly #heads: ExpectedHead[]
  readonly #tree: Tree
  #slots: Slot[] = []
  #agreed = 0
  #whole = true

  constructor(
    logDir: string,
    sealed: Pick<LogHead, 'size' | 'root'>,
    heads: readonly ExpectedHead[],
    findings: Findings,
  ) {
    this.#findings = findings
    this.#tiles = new TileReader(logDir)
    this.#sealed = sealed
    this.#heads = heads.toSorted((a, b) => a.size - b.size)
    this.#tree = new Tree((tile) => this.#compareFull(tile))
    this.#lookAtHeads()
    this.#compareEdge()
  }

  /** Entries that came by. */
  get size(): number {
    return this.#tree.size + this.#slots.length
  }

  /** The next entry as it stands in its segment. */
  take(hash: Buffer, file: string, offset: number): void {
    this.#push({ hash, file, offset })
  }

  /** The next entry is not there: what its tile says stands for it. */
  skip(file: string | null = null): void {
    this.#push({ hash: null, file, offset: null })
  }

  /** Looks at what is left; the checkpoints that count more than there is. */
  end(): readonly ExpectedHead[] {
    if (this.#slots.length > 0) this.#flush()
    return this.#heads
  }

  #push(slot: Slot): void {
    this.#slots.push(slot)
    if (this.#slots.length === tileWidth) this.#flush()
  }

  #flush(): void {
    const slots = this.#slots
    this.#slots = []
    const { size } = this.#tree
    const index = size / tileWidth
    const width = Math.min(slots.length, tileWidthIn(this.#sealed.size, 0, index))
    const tile = width > 0 ? this.#tiles.read({ level: 0, index, width: tileWidthIn(this.#sealed.size, 0, index) }) : []
    const path = `log/${tilePath({ level: 0, index, width: tileWidthIn(this.#sealed.size, 0, index) || 1 })}`
    if (!tile)
      this.#findings.add('tile_missing', `The tile ${path} is missing or too short`, { file: path, seq: size + 1 })
    const own = slots.map(({ hash }, place) => hash ?? tile?.[place] ?? null)
    const differs = (place: number): boolean =>
      place < width && tile?.[place]?.equals(slots[place]?.hash ?? tile[place] ?? emptyRoot) === false
    const places = slots.flatMap((_, place) => (differs(place) ? [place] : []))
    const fed = places.length > 0 && tile ? this.#judge({ slots, own, tile, places, index, path }) : own
    for (const hash of fed) {
      if (!hash) this.#whole = false
      this.#tree.append(hash ?? emptyRoot)
      this.#lookAtHeads()
      if (this.#tree.size === this.#sealed.size) this.#compareEdge()
    }
  }

  /** Which is it, the entry or the tile? Answers the leaves to go on with. */
  #judge({ slots, own, tile, places, index, path }: Dispute): readonly (Buffer | null)[] {
    const sealedOnes = own.map((hash, place) => tile[place] ?? hash)
    const tileHolds = this.#leadsUp(sealedOnes, index)
    const ownHolds = !tileHolds && this.#leadsUp(own, index)
    const first = this.#tree.size + 1
    for (const place of places) {
      const seq = first + place
      if (ownHolds) {
        const sentence = `The tile ${path} does not hold the hash of entry ${seq}, which the checkpoint counts`
        this.#findings.add('tile_damaged', sentence, { seq, file: path, offset: place * 32 })
        continue
      }
      const { file = null, offset = null } = slots[place] ?? {}
      this.#findings.add('entry_changed', `Entry ${seq} is not the one that was sealed`, { seq, file, offset })
    }
    return tileHolds ? sealedOnes : own
  }

  /** Whether leaves of a tile come to what the level above says, or the checkpoint where the tile is not full. */
  #leadsUp(leaves: readonly (Buffer | null)[], index: number): boolean {
    const known = leaves.filter((hash) => hash !== null)
    if (known.length < leaves.length) return false
    const { size, root } = this.#sealed
    if (tileWidthIn(size, 0, index) === tileWidth) {
      const above = Math.floor(index / tileWidth)
      const parents = this.#tiles.read({ level: 1, index: above, width: tileWidthIn(size, 1, above) })
      return parents?.[index % tileWidth]?.equals(rootOver(known)) === true
    }
    const tree = new Tree(undefined, this.#tree.size, this.#tree.edge)
    for (const hash of known.slice(0, size - tree.size)) tree.append(hash)
    return tree.root().equals(root)
  }

  #lookAtHeads(): void {
    for (let head = this.#heads[0]; head && head.size === this.#tree.size; head = this.#heads[0]) {
      this.#heads.shift()
      if (this.#whole && this.#tree.root().equals(head.root)) {
        this.#agreed = head.size
        continue
      }
      const what = this.#whole ? 'are not those it was signed over' : 'cannot all be found again'
      const sentence = `${head.name} counts ${head.size} entries, and the entries here ${what}`
      const range = { seq: head.size === 0 ? null : Math.min(this.#agreed + 1, head.size), to: head.size }
      this.#findings.add(head.kind, sentence, range)
    }
  }

  #compareFull({ level, index, hashes }: FullTile): void {
    if (level > 0 && tileWidthIn(this.#sealed.size, level, index) === tileWidth) this.#compare(level, index, hashes)
  }

  /** The unfinished tiles of the sealed tree, but for its leaves, which were looked at one by one. */
  #compareEdge(): void {
    if (this.#tree.size !== this.#sealed.size) return
    const edge: Edge = this.#tree.edge
    for (const place of edgePlaces(this.#sealed.size))
      if (place && place.level > 0) this.#compare(place.level, place.index, edge[place.level] ?? [])
  }

  #compare(level: number, index: number, hashes: readonly Buffer[]): void {
    const place = { level, index, width: hashes.length }
    const file = `log/${tilePath(place)}`
    const tile = this.#tiles.read(place)
    if (!tile) return this.#findings.add('tile_missing', `The tile ${file} is missing or too short`, { file })
    const at = hashes.findIndex((hash, node) => !tile[node]?.equals(hash))
    if (at === -1) return
    const seq = (index * tileWidth + at) * tileWidth ** level + 1
    const sentence = `The tile ${file} does not follow from the entries under it`
    this.#findings.add('tile_damaged', sentence, { file, offset: at * 32, seq, to: seq + tileWidth ** level - 1 })
  }
}

interface Dispute {
  readonly slots: readonly Slot[]
  readonly own: readonly (Buffer | null)[]
  readonly tile: readonly Buffer[]
  readonly places: readonly number[]
  readonly index: number
  readonly path: string
}
