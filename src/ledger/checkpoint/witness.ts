/**
 * What checkpoints that stand elsewhere say about the log in the ledger's folder: those of anchors, and the one beside the keys
 * of the gateway. Whoever puts an older state back, writes the history anew or takes the log away has to reach them too.
 */
import { readFileSync } from 'node:fs'
import { rootFromTiles } from '../merkle/proof.ts'
import { TileReader } from '../merkle/tiles.ts'
import { isSigned, type RecordKey } from './check.ts'
import { type Checkpoint, readCheckpoint } from './note.ts'

export interface Witness {
  readonly file: string
  readonly note: Checkpoint
}

/** Those that one of these keys signed, the largest first; null believes whatever stands there. What cannot be read says nothing. */
export function readWitnesses(files: readonly string[], keys: readonly RecordKey[] | null): readonly Witness[] {
  const found = files.flatMap((file): readonly Witness[] => {
    const note = readCheckpoint(textIn(file))
    return typeof note === 'object' && (keys === null || isSigned(note, keys)) ? [{ file, note }] : []
  })
  return found.toSorted((a, b) => b.note.size - a.note.size)
}

function textIn(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

export interface Contradiction {
  readonly sentence: string
  /** The checkpoint that does not hold any more. */
  readonly lost: Checkpoint
}

/** `newest` is the checkpoint of the log, null where it has none. */
export function contradictionOf(
  witnesses: readonly Witness[],
  newest: Checkpoint | null,
  logDir: string,
): Contradiction | null {
  const tiles = new TileReader(logDir)
  for (const { file, note } of witnesses) {
    const problem = problemOf(note, newest, tiles)
    if (problem === null) continue
    const sentence = `This ledger had a log: the checkpoint in ${file} counts ${note.size} entries, and ${problem}`
    return { sentence, lost: note }
  }
  return null
}

function problemOf({ size, root }: Checkpoint, newest: Checkpoint | null, tiles: TileReader): string | null {
  if (newest === null) return 'log/checkpoint is gone'
  if (newest.size < size)
    return `log/checkpoint only ${newest.size}: an older state was put back, or the end was cut off`
  const here = rootFromTiles(tiles, size)
  // Tiles that are lost are made again from entries that lead to the signed root.
  return here === null || here.equals(root) ? null : 'the entries here have another root: they were written anew'
}
