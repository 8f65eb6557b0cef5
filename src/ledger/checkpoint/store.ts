/**
 * Where checkpoints stand: the newest in `log/checkpoint`, and one an hour in `log/history/<seconds>-<size>`, so that the log
 * of today can be shown to go on from that of any day. Those that a truncation contradicts are set aside in `log/truncated`.
 */
import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { namesIn, readIfThere } from '../merkle/tiles.ts'
import { syncFolder } from '../recover.ts'
import { writeWhole } from '../whole-file.ts'
import { type Checkpoint, readCheckpoint } from './note.ts'

/** One an hour for 400 days. */
const history_max = 9600
const nameForm = /^([0-9]{12})-([0-9]{16})$/

export interface PastCheckpoint {
  /** Inside the log's folder. */
  readonly file: string
  /** Seconds since the epoch, as its name says. */
  readonly time_s: number
  /** A sentence where the file does not hold a checkpoint. */
  readonly note: Checkpoint | string
}

/** The newest checkpoint, null before the first one, a sentence where the file does not hold one. */
export function newestCheckpoint(logDir: string): Checkpoint | string | null {
  const bytes = readIfThere(join(logDir, 'checkpoint'))
  return bytes && readCheckpoint(bytes.toString('utf8'))
}

/** Takes the place of the newest one, whole and durable. */
export function putCheckpoint(logDir: string, text: string): void {
  writeWhole(join(logDir, 'checkpoint'), text)
}

/** Keeps a checkpoint for later, and lets go of the oldest ones beyond the maximum. */
export function keepCheckpoint(logDir: string, text: string, { size, time_s }: { size: number; time_s: number }): void {
  const dir = join(logDir, 'history')
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  writeWhole(join(dir, nameOf(time_s, size)), text)
  for (const name of checkpointsIn(dir).slice(0, -history_max)) rmSync(join(dir, name), { force: true })
}

/** Kept checkpoints, oldest first, read one at a time. */
export function* pastCheckpoints(
  logDir: string,
  folder: 'history' | 'truncated' = 'history',
): Generator<PastCheckpoint> {
  for (const name of checkpointsIn(join(logDir, folder))) {
    const file = `${folder}/${name}`
    const text = readFileSync(join(logDir, file), 'utf8')
    yield { file, time_s: Number(name.slice(0, 12)), note: readCheckpoint(text) }
  }
}

/** Sets aside what says that there were more than `kept` entries, or another root: it is evidence and not history any more. */
export function setAside(logDir: string, kept: number, time_s: number): void {
  const dir = join(logDir, 'truncated')
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const newest = newestCheckpoint(logDir)
  if (newest !== null && typeof newest === 'object') writeWhole(join(dir, nameOf(time_s, newest.size)), newest.text)
  for (const name of checkpointsIn(join(logDir, 'history')))
    if (Number(name.slice(13)) > kept) renameSync(join(logDir, 'history', name), join(dir, name))
  syncFolder(dir)
}

/** When the newest of those that are kept was signed; 0 where none is. */
export function lastKept_s(logDir: string): number {
  return Number(checkpointsIn(join(logDir, 'history')).at(-1)?.slice(0, 12) ?? 0)
}

function nameOf(time_s: number, size: number): string {
  return `${String(time_s).padStart(12, '0')}-${String(size).padStart(16, '0')}`
}

function checkpointsIn(dir: string): readonly string[] {
  return namesIn(dir)
    .filter((name) => nameForm.test(name))
    .toSorted()
}
