/**
 * What a start makes of the log: it loads the last checkpoint, shows that the segments still hold what that says, and takes in
 * what came after it. Fewer entries than were sealed, or others, and the gateway does not start, unless an operator accepts it.
 */
import { join } from 'node:path'
import { isSigned, type RecordKey } from './checkpoint/check.ts'
import type { Checkpoint } from './checkpoint/note.ts'
import { readLeaves, segmentsIn } from './leaves.ts'
import { TileFiles } from './merkle/tile-files.ts'
import { edgePlaces, TileReader, tileWidthIn } from './merkle/tiles.ts'
import { edgeRoot, tileWidth, Tree } from './merkle/tree.ts'

/** A log that can be appended to. */
export interface OpenTree {
  readonly kind: 'log'
  readonly logDir: string
  readonly tree: Tree
  readonly files: TileFiles
  /** The name it goes by, which its first checkpoint gave it; null for a log that is new. */
  readonly origin: string | null
  /** The last checkpoint; null where there is none yet or the last one was given up. */
  readonly sealed: Checkpoint | null
  /** What an operator accepted to lose; null at every other start. */
  readonly truncated: Truncation | null
  /** For the log of the gateway, in sentences. */
  readonly notes: readonly string[]
}

/** The start of a log whose last checkpoint no longer holds. */
export interface Truncation {
  /** Entries the last checkpoint counted. */
  readonly had: number
  /** Base64 of its root. */
  readonly root: string
  /** Entries that are left. */
  readonly kept: number
}

export interface LogProblem {
  readonly kind: 'log_problem'
  readonly sentence: string
}

const blank = { kind: 'log', origin: null, sealed: null, truncated: null, notes: [] } as const

const advice =
  'Restore the ledger from a backup, or start with `weir serve --accept-truncation`: the ledger then says so for ever'

/** The tree as it was sealed, held against what the segments say. */
export function openTree(
  ground: Ground,
  newest: Checkpoint | string | null,
  keys: readonly RecordKey[] | null,
): OpenTree | LogProblem {
  const { dir, accept } = ground
  if (newest === null) return takeIn(ground)
  if (typeof newest === 'string') {
    return accept ? rebuild(ground, null) : refuse(`The checkpoint of the ledger cannot be read: ${newest}`)
  }
  // The next checkpoint would lend this gateway's signature to whatever stands here.
  const foreign = keys !== null && !isSigned(newest, keys)
  if (foreign && !accept) return refuse(`No key of this gateway signed the checkpoint of the ledger in ${dir}`)
  const log = goOnFrom(ground, newest)
  if (!foreign || log.kind === 'log_problem' || log.truncated) return log
  const { size, root } = newest
  return {
    ...log,
    origin: null,
    sealed: null,
    truncated: { had: size, root: root.toString('base64'), kept: log.tree.size },
  }
}

function goOnFrom(ground: Ground, newest: Checkpoint): OpenTree | LogProblem {
  const { logDir, last, accept } = ground
  if (newest.size > last) return missing(ground, newest)
  const edge = edgeIn(logDir, newest.size)
  if (!edge || !edgeRoot(edge).equals(newest.root)) return recompute(ground, newest)
  const files = new TileFiles(logDir)
  const tree = new Tree((tile) => files.take(tile), newest.size, edge)
  const wrong = goOn(ground, tree)
  if (wrong === null) return { ...blank, logDir, tree, files, sealed: newest, origin: newest.origin }
  return accept ? rebuild(ground, newest) : refuse(wrong)
}

export interface Ground {
  readonly dir: string
  readonly logDir: string
  readonly last: number
  readonly accept: boolean
  /** The sizes at which others know the root of the log, to be put beside them when the tree comes by. */
  readonly roots: Map<number, Buffer | null>
  /** Told after every segment how many entries are in the tree. */
  readonly onProgress: (entries: number) => void
}

export function refuse(what: string): LogProblem {
  return { kind: 'log_problem', sentence: `${what}. ${advice}.` }
}

/** A ledger from before the log: every entry becomes a leaf. One that had a log and has none is not taken for such. */
function takeIn(ground: Ground): OpenTree | LogProblem {
  const { dir, accept } = ground
  const sealedBefore = segmentsIn(dir).some(({ name }) => {
    const read = readLeaves(join(dir, name))
    return typeof read !== 'string' && read.header.version > 1
  })
  if (sealedBefore && !accept)
    return refuse(`The ledger in ${dir} was sealed in a log, and its checkpoint ${join('log', 'checkpoint')} is gone`)
  if (sealedBefore) return rebuild(ground, null)
  return rebuild(ground, undefined)
}

/** The tree again from all segments; `given up` is null for a log nobody knows the end of, undefined for one that is new. */
function rebuild(
  { dir, logDir, last, roots, onProgress }: Ground,
  givenUp: Checkpoint | null | undefined,
): OpenTree | LogProblem {
  const [first] = segmentsIn(dir)
  if (first && first.first > 1)
    return {
      kind: 'log_problem',
      sentence: `The log of the ledger in ${dir} cannot be made again: entries 1 to ${first.first - 1} were dropped by retention. Restore ${logDir} from a backup.`,
    }
  const files = new TileFiles(logDir)
  const tree = new Tree((tile) => files.take(tile))
  files.dropAll()
  const wrong = appendFrom({ dir, roots, tree, files, from: 1, onProgress })
  if (wrong !== null) return refuse(wrong)
  const truncated =
    givenUp === undefined
      ? null
      : { had: givenUp?.size ?? 0, root: givenUp?.root.toString('base64') ?? '', kept: tree.size }
  const notes = givenUp === undefined && last > 0 ? [`${last} entries from before it were taken into the log`] : []
  return { ...blank, logDir, tree, files, origin: givenUp?.origin ?? null, truncated, notes }
}

/** Fewer entries than the checkpoint counts. What is left is taken for the log only where an operator says so. */
function missing(ground: Ground, newest: Checkpoint): OpenTree | LogProblem {
  const { dir, logDir, last, accept } = ground
  if (!accept)
    return refuse(
      `The checkpoint of the ledger counts ${newest.size} entries and ${dir} ends with entry ${last}: entries ${last + 1} to ${newest.size} are missing`,
    )
  const tiles = new TileReader(logDir)
  const edge = edgeIn(logDir, last, tiles)
  if (!edge) return rebuild(ground, newest)
  const files = new TileFiles(logDir)
  const tree = new Tree((tile) => files.take(tile), last, edge)
  const wrong = goOn(ground, tree)
  if (wrong !== null) return rebuild(ground, newest)
  const truncated = { had: newest.size, root: newest.root.toString('base64'), kept: last }
  return { ...blank, logDir, tree, files, origin: newest.origin, truncated }
}

/** Tiles that do not lead to the checkpoint are made again where the segments do. */
function recompute(ground: Ground, newest: Checkpoint): OpenTree | LogProblem {
  const { dir, logDir, roots, onProgress } = ground
  const [first] = segmentsIn(dir)
  if (first && first.first > 1)
    return refuse(`Tiles of the log in ${logDir} are damaged, and the entries under them were dropped`)
  const tree = new Tree()
  let root = tree.root()
  const onSize = (size: number): void => {
    if (size === newest.size) root = tree.root()
  }
  const wrong = appendFrom({ dir, roots, tree, from: 1, onSize, onProgress })
  if (wrong !== null) return refuse(wrong)
  if (root.equals(newest.root)) {
    const log = rebuild(ground, undefined)
    return log.kind === 'log'
      ? { ...log, sealed: newest, origin: newest.origin, notes: ['tiles of the log were damaged and made again'] }
      : log
  }
  if (ground.accept) return rebuild(ground, newest)
  return refuse(`The ${newest.size} entries in ${dir} are not those of its checkpoint: their root is another one`)
}

/**
 * Compares the sealed entries of the newest segments with the tiles, and appends what came after them. A sentence where an
 * entry is not what was sealed.
 */
function goOn({ dir, logDir, roots, onProgress }: Ground, tree: Tree): string | null {
  const sealed = tree.size
  const tiles = new TileReader(logDir)
  const sealedLeaf = (seq: number): Buffer | undefined => {
    const index = Math.floor((seq - 1) / tileWidth)
    const width = tileWidthIn(sealed, 0, index)
    return tiles.read({ level: 0, index, width })?.[(seq - 1) % tileWidth]
  }
  return appendFrom({ dir, roots, tree, from: sealed, sealedLeaf, onProgress })
}

interface Appending extends Pick<Ground, 'dir' | 'roots' | 'onProgress'> {
  readonly tree: Tree
  /** Full tiles are written on the way where this is given: all of them would be too much to hold. */
  readonly files?: TileFiles
  /** Segments that end before this entry are passed over. */
  readonly from: number
  /** What an entry that is in the tree already must be. */
  readonly sealedLeaf?: (seq: number) => Buffer | undefined
  readonly onSize?: (size: number) => void
}

function appendFrom({ dir, roots, tree, files, from, sealedLeaf, onSize, onProgress }: Appending): string | null {
  const segments = segmentsIn(dir)
  const start = Math.max(
    0,
    segments.findLastIndex(({ first }) => first <= Math.max(from, 1)),
  )
  for (const { name, first } of segments.slice(start)) {
    const read = readLeaves(join(dir, name))
    if (typeof read === 'string') return `The ledger's file ${name} cannot be read: ${read}`
    if (first > tree.size + 1)
      return `Entries ${tree.size + 1} to ${first - 1} are missing before the ledger's file ${name}`
    for (const item of read.items) {
      const { seq, offset } = item
      if (item.kind === 'broken') return `Entry ${seq} in ${name} at offset ${offset} cannot be read: ${item.why}`
      if (seq > tree.size) {
        tree.append(item.hash)
        if (roots.has(tree.size)) roots.set(tree.size, tree.root())
        onSize?.(tree.size)
      } else if (sealedLeaf?.(seq)?.equals(item.hash) === false)
        return `Entry ${seq} in ${name} at offset ${offset} is not the one that was sealed`
    }
    files?.writeFull()
    onProgress(tree.size)
  }
  return null
}

/** The right edge of the tree when it had `size` leaves; null where a tile is missing. */
function edgeIn(logDir: string, size: number, tiles = new TileReader(logDir)): Buffer[][] | null {
  const edge: Buffer[][] = []
  for (const place of edgePlaces(size)) {
    const hashes = place ? tiles.read(place) : []
    if (!hashes) return null
    edge.push([...hashes])
  }
  return edge
}
