/**
 * What checkpoints that stand elsewhere say about the log in the ledger's folder: those of anchors, and the one beside the keys
 * of the gateway. Whoever puts an older state back, writes the history anew or takes the log away has to reach them too.
 */
import { readFileSync } from 'node:fs'
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

/** What is here. */
export interface Standing {
  /** The checkpoint of the log; null where it has none. */
  readonly newest: Checkpoint | null
  /** Number of the last entry. */
  readonly last: number
  /** The root of this log when it had so many entries; null where nobody knows it, or not yet. */
  readonly rootAt: (size: number) => Buffer | null
}

export function contradictionOf(witnesses: readonly Witness[], standing: Standing): Contradiction | null {
  for (const { file, note } of witnesses) {
    const problem = problemOf(note, standing)
    if (problem === null) continue
    const sentence = `This ledger had a log: the checkpoint in ${file} counts ${note.size} entries, and ${problem}`
    return { sentence, lost: note }
  }
  return null
}

function problemOf({ size, root }: Checkpoint, { newest, last, rootAt }: Standing): string | null {
  if (newest === null) return 'log/checkpoint is gone'
  // The checkpoint of the log says itself what is missing.
  if (last < newest.size) return null
  if (last < size) return `here are ${last}: an older state was put back, or the end was cut off`
  // Tiles that are lost are made again from entries that lead to the signed root.
  const here = rootAt(size)
  return here === null || here.equals(root) ? null : 'the entries here have another root: they were written anew'
}
