/**
 * Tiles on their way to the disk. A tile is written beside its place, synced and renamed, before the checkpoint that counts its
 * hashes; one that is full makes the partial ones before it superfluous, and they go once that checkpoint stands.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { syncFolder } from '../recover.ts'
import { writeWhole } from '../whole-file.ts'
import { edgePlaces, tilePath } from './tiles.ts'
import { type FullTile, tileWidth, type Tree } from './tree.ts'

export class TileFiles {
  readonly #logDir: string
  /** Full tiles that are not on the disk yet; as many as there were entries since the last checkpoint, over 256. */
  #waiting: FullTile[] = []
  #stale: string[] = []
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
    for (let tile = this.#waiting[0]; tile; tile = this.#waiting[0]) {
      const { level, index, hashes } = tile
      this.#put(tilePath({ level, index, width: tileWidth }), hashes)
      this.#stale.push(tilePath({ level, index, width: 1 }))
      this.#waiting.shift()
    }
    edgePlaces(tree.size).forEach((place) => {
      if (place) this.#put(tilePath(place), tree.edge[place.level] ?? [])
    })
  }

  /** Only full tiles, for a tree that is taken in and has no checkpoint yet. */
  writeFull(): void {
    for (const { level, index, hashes } of this.#waiting)
      this.#put(tilePath({ level, index, width: tileWidth }), hashes)
    this.#waiting = []
  }

  /** Removes partial tiles that full ones took the place of. */
  clean(): void {
    for (const path of this.#stale) rmSync(dirname(join(this.#logDir, path)), { recursive: true, force: true })
    this.#stale = []
  }

  #put(path: string, hashes: readonly Buffer[]): void {
    const file = join(this.#logDir, path)
    this.#makeFolder(dirname(file))
    writeWhole(file, Buffer.concat(hashes))
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
