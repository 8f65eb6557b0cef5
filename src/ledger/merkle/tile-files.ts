/**
 * Tiles on their way to the disk. A tile is written beside its place, synced and renamed, before the checkpoint that counts its
 * hashes; one that is full makes the partial ones before it superfluous, and they go once that checkpoint stands.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { syncFolder } from '../recover.ts'
import { replaceFile } from '../whole-file.ts'
import { edgePlaces, namesIn, tilePath, type TilePlace, tileWidthIn } from './tiles.ts'
import { type FullTile, tileWidth, type Tree } from './tree.ts'

export class TileFiles {
  readonly #logDir: string
  /** Full tiles that are not on the disk yet; as many as there were entries since the last checkpoint, over 256. */
  #waiting: FullTile[] = []
  #stale: string[] = []
  /** Partial tiles on the disk that the tree stands on. */
  #edge: ReadonlySet<string> = new Set()
  readonly #folders = new Set<string>()

  constructor(logDir: string) {
    this.#logDir = logDir
  }

  /** Takes a full tile, to be written with the next `write`. */
  take(tile: FullTile): void {
    this.#waiting.push(tile)
  }

  /** Writes everything the tree stands on that is not on the disk yet. What failed is written again the next time. */
  write(tree: Tree): void {
    const touched = new Set<string>()
    for (const { level, index, hashes } of this.#waiting) {
      this.#put({ level, index, width: tileWidth }, hashes, touched)
    }
    const edge = edgePlaces(tree.size).filter((place) => place !== null)
    const paths = edge.map(tilePath)
    for (const [at, place] of edge.entries())
      if (!this.#edge.has(paths[at] ?? '')) this.#put(place, tree.edge[place.level] ?? [], touched)
    for (const dir of touched) syncFolder(dir)
    this.#edge = new Set(paths)
    this.#stale.push(...this.#waiting.map(({ level, index }) => tilePath({ level, index, width: tileWidth })))
    this.#waiting = []
  }

  /** Only full tiles, for a tree that is taken in and has no checkpoint yet. */
  writeFull(): void {
    const touched = new Set<string>()
    for (const { level, index, hashes } of this.#waiting) this.#put({ level, index, width: tileWidth }, hashes, touched)
    for (const dir of touched) syncFolder(dir)
    this.#waiting = []
  }

  /** Removes partial tiles that full ones took the place of. */
  clean(): void {
    for (const path of this.#stale) rmSync(`${join(this.#logDir, path)}.p`, { recursive: true, force: true })
    this.#stale = []
  }

  /** Removes what stands for leaves that were given up, once a checkpoint without them stands. */
  dropAfter(kept: number, had: number): void {
    for (let level = 0; had >= tileWidth ** level; level += 1) {
      const unit = tileWidth ** (level + 1)
      for (let index = Math.floor(kept / unit); index * unit < had; index += 1) this.#dropTile(level, index, kept)
    }
  }

  /** Removes every tile: all of them are about to be made again. */
  dropAll(): void {
    rmSync(join(this.#logDir, 'tile'), { recursive: true, force: true })
    this.#folders.clear()
    this.#edge = new Set()
  }

  #dropTile(level: number, index: number, kept: number): void {
    const path = join(this.#logDir, tilePath({ level, index, width: tileWidth }))
    rmSync(path, { force: true })
    const width = tileWidthIn(kept, level, index)
    for (const name of namesIn(`${path}.p`)) if (Number(name) > width) rmSync(join(`${path}.p`, name), { force: true })
  }

  /** The name is durable once the folder that is added to `touched` was synced. */
  #put(place: TilePlace, hashes: readonly Buffer[], touched: Set<string>): void {
    const file = join(this.#logDir, tilePath(place))
    const dir = dirname(file)
    this.#makeFolder(dir)
    replaceFile(file, Buffer.concat(hashes))
    touched.add(dir)
  }

  /** A folder is made durable with its name once. */
  #makeFolder(dir: string): void {
    if (this.#folders.has(dir)) return
    const made = mkdirSync(dir, { recursive: true, mode: 0o700 })
    if (made) for (let at = dir; at.length >= dirname(made).length; at = dirname(at)) syncFolder(at)
    if (this.#folders.size >= folders_max) this.#folders.clear()
    this.#folders.add(dir)
  }
}

const folders_max = 1024
