/**
 * Where the hashes of the tree stand on the disk, by C2SP tlog-tiles: `tile/<level>/<index>` has 256 hashes of 32 bytes, and
 * `tile/<level>/<index>.p/<width>` fewer, while the tree is not larger. An index is written in groups of three digits, all but
 * the last of them with an x in front: 1234067 is `x001/x234/067`.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { hash_bytes, rootOver } from './hash.ts'
import { tileWidth } from './tree.ts'

export interface TilePlace {
  readonly level: number
  readonly index: number
  /** 1 to 256 hashes. */
  readonly width: number
}

/** The path of a tile inside the log's folder, with `/` between its parts. */
export function tilePath({ level, index, width }: TilePlace): string {
  const digits = String(index)
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.{3}/g) ?? []
  const last = groups.at(-1) ?? '000'
  const path = [...groups.slice(0, -1).map((group) => `x${group}`), last].join('/')
  return `tile/${level}/${path}${width === tileWidth ? '' : `.p/${width}`}`
}

/** How many hashes the tile has in a tree of this size; 0 where it is not there. */
export function tileWidthIn(size: number, level: number, index: number): number {
  const nodes = Math.floor(size / tileWidth ** level)
  return Math.max(0, Math.min(tileWidth, nodes - index * tileWidth))
}

/** The places of the unfinished tiles of a tree, and so the whole of its right edge. */
export function edgePlaces(size: number): readonly (TilePlace | null)[] {
  const places: (TilePlace | null)[] = []
  for (let level = 0; size >= tileWidth ** level; level += 1) {
    const nodes = Math.floor(size / tileWidth ** level)
    const width = nodes % tileWidth
    places.push(width === 0 ? null : { level, index: Math.floor(nodes / tileWidth), width })
  }
  return places
}

/** Tiles held in memory at a time: 64 of 8 KiB. */
const held_max = 64

/** Reads tiles of one log; a partial tile that was removed since is read from the one that took its place. */
export class TileReader {
  readonly #logDir: string
  readonly #held = new Map<string, readonly Buffer[]>()

  /** `logDir` is `<ledger folder>/log`. */
  constructor(logDir: string) {
    this.#logDir = logDir
  }

  /** The hashes of a tile; null where it is not there or too short. Throws what the system says of a disk that fails. */
  read(place: TilePlace): readonly Buffer[] | null {
    const path = tilePath(place)
    const held = this.#held.get(path)
    if (held) return held
    const hashes = this.#load(path, place.width) ?? this.#loadLarger(place)
    if (!hashes) return null
    const oldest = this.#held.size >= held_max ? this.#held.keys().next().value : undefined
    if (oldest !== undefined) this.#held.delete(oldest)
    this.#held.set(path, hashes)
    return hashes
  }

  /** The same tile when more was in it. */
  #loadLarger(place: TilePlace): readonly Buffer[] | null {
    const full = tilePath({ ...place, width: tileWidth })
    const found = this.#load(full, place.width)
    if (found) return found
    const widths = namesIn(join(this.#logDir, `${full}.p`)).map(Number)
    const larger = Math.min(...widths.filter((width) => width > place.width && width < tileWidth))
    return Number.isFinite(larger) ? this.#load(tilePath({ ...place, width: larger }), place.width) : null
  }

  #load(path: string, width: number): readonly Buffer[] | null {
    const bytes = readIfThere(join(this.#logDir, path))
    if (!bytes || bytes.length < width * hash_bytes) return null
    return Array.from({ length: width }, (_, place) => bytes.subarray(place * hash_bytes, (place + 1) * hash_bytes))
  }
}

/** The root over the nodes `from` up to `to` (not included) of the leaves; `null` where a tile is missing. `size` is the tree's. */
export function subtreeRoot(tiles: TileReader, size: number, from: number, to: number): Buffer | null {
  const span = to - from
  if (span === 1) return tiles.read(placeOf(size, 0, from))?.[from % tileWidth] ?? null
  // Within one tile, or along whole nodes of the level above.
  const level = Math.max(0, (Math.ceil(Math.log2(span)) - 1) >> 3)
  const unit = tileWidth ** level
  const nodes: Buffer[] = []
  let at = from
  for (; at + unit <= to; at += unit) {
    const index = at / unit
    const node = tiles.read(placeOf(size, level, index))?.[index % tileWidth]
    if (!node) return null
    nodes.push(node)
  }
  if (at < to) {
    const rest = subtreeRoot(tiles, size, at, to)
    if (!rest) return null
    nodes.push(rest)
  }
  return rootOver(nodes)
}

function placeOf(size: number, level: number, node: number): TilePlace {
  const index = Math.floor(node / tileWidth)
  return { level, index, width: tileWidthIn(size, level, index) }
}

export function readIfThere(path: string): Buffer | null {
  try {
    return readFileSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return null
    throw error
  }
}

export function namesIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir)
  } catch {
    return []
  }
}
