/**
 * Whether a start goes on with the log it finds: what checkpoints elsewhere say of it, what the segments say, and whether all that
 * is gone was dropped. Where any of it does not hold, the gateway does not start, unless an operator accepts it.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { RecordKey } from './checkpoint/check.ts'
import type { Checkpoint } from './checkpoint/note.ts'
import { newestCheckpoint } from './checkpoint/store.ts'
import { contradictionOf, readWitnesses } from './checkpoint/witness.ts'
import { type KnownDrops, knownDrops } from './drop/known.ts'
import { rootFromTiles } from './merkle/proof.ts'
import { TileReader } from './merkle/tiles.ts'
import { type Ground, type LogProblem, openTree, type OpenTree, refuse } from './open-tree.ts'

/** A log that can be appended to. */
export interface OpenLog extends OpenTree {
  /** What of it retention dropped, and what is to be said of that. */
  readonly dropped: KnownDrops
}

/** What a start believes. */
export interface Trust {
  /** An operator says that what is missing may be missing. */
  readonly accept: boolean
  /** Whoever signed checkpoints until now; null believes whatever stands there. */
  readonly keys: readonly RecordKey[] | null
  /** Files elsewhere that hold checkpoints of this log. */
  readonly anchors?: readonly string[]
}

/** `last` is the number of the last entry in the segments. Throws what the system says of a disk that fails. */
export function openLog(
  dir: string,
  last: number,
  { accept, keys, anchors = [] }: Trust,
  onProgress: (entries: number) => void = () => undefined,
): OpenLog | LogProblem {
  const logDir = join(dir, 'log')
  const newest = newestCheckpoint(logDir)
  const known = typeof newest === 'string' ? null : newest
  // One that cannot be read is refused as such.
  const witnesses = typeof newest === 'string' && !accept ? [] : readWitnesses(anchors, keys)
  const roots = new Map<number, Buffer | null>(witnesses.map(({ note: { size } }) => [size, null]))
  const rootAt = (size: number): Buffer | null => roots.get(size) ?? sealedRoot(logDir, known, size)
  const standing = { newest: known, last, rootAt }
  const early = contradictionOf(witnesses, standing)
  if (early && !accept) return refuse(early.sentence)
  mkdirSync(logDir, { recursive: true, mode: 0o700 })
  const ground: Ground = { dir, logDir, last, accept, roots, onProgress }
  const log = openTree(ground, newest, keys)
  if (log.kind === 'log_problem') return log
  // Now that what came behind the last checkpoint was read as well.
  const contradiction = early ?? contradictionOf(witnesses, standing)
  if (contradiction && !accept) return refuse(contradiction.sentence)
  const dropped = knownDrops({ dir, logDir, keys, accept, onProgress })
  if (typeof dropped === 'string') return refuse(dropped)
  const notes = [...log.notes, ...dropped.notes]
  return { ...log, ...(contradiction && losing(contradiction.lost, log)), dropped, notes }
}

/** By the tiles, as far as the checkpoint counts them. */
function sealedRoot(logDir: string, newest: Checkpoint | null, size: number): Buffer | null {
  return newest && size <= newest.size ? rootFromTiles(new TileReader(logDir), size) : null
}

/** An operator accepted that a checkpoint from elsewhere no longer holds. */
function losing({ size, root }: Checkpoint, { truncated, tree }: OpenTree): Pick<OpenLog, 'sealed' | 'truncated'> {
  if (truncated && truncated.had >= size) return { sealed: null, truncated }
  return { sealed: null, truncated: { had: size, root: root.toString('base64'), kept: tree.size } }
}
