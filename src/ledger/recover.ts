import {
  chmodSync,
  closeSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { frameAt, isSegmentName, readFront, segmentName } from './segment.ts'

/** What a start found in the ledger's folder. */
export interface Recovered {
  /** The number the next entry gets. */
  readonly next: number
  /** What had to be cut off or set aside, in sentences; empty after an orderly stop. */
  readonly cuts: readonly string[]
}

/**
 * Makes the ledger's folder fit for appending: the last file may end in a frame that was never finished, because
 * the process was killed or the power went. The unfinished part is kept beside it as `*.cut`, never dropped
 * silently. Only the last file can be unfinished: a file is complete and synced before the next one is made.
 * Where fewer than `sealed` entries would be left, which nothing but damage explains, all is left as it was found.
 */
export function recover(dir: string, sealed = 0): Recovered {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  chmodSync(dir, 0o700)
  syncFolder(dirname(dir))
  const last = readdirSync(dir).filter(isSegmentName).toSorted().at(-1)
  if (last === undefined) return { next: 1, cuts: [] }
  const recovered = mend(dir, last, sealed)
  syncFolder(dir)
  return recovered
}

/** Makes creations, renames and removals in a folder durable. */
export function syncFolder(dir: string): void {
  const folder = openSync(dir, 'r')
  fsyncSync(folder)
  closeSync(folder)
}

function mend(dir: string, name: string, sealed: number): Recovered {
  const path = join(dir, name)
  const named = Number.parseInt(name, 10)
  const bytes = readFileSync(path)
  const front = readFront(bytes)
  if (typeof front === 'string') {
    if (named <= sealed) return { next: named, cuts: [`${name}: ${front}`] }
    renameSync(path, join(dir, `${name}.0.cut`))
    return { next: named, cuts: [`${name}: set aside, ${front}`] }
  }
  let count = 0
  let at = front.start
  let frame = frameAt(bytes, at)
  for (; frame.kind === 'frame'; frame = frameAt(bytes, at)) {
    at = frame.next
    count += 1
  }
  const cuts: string[] = []
  if (frame.kind === 'torn' && front.header.first + count <= sealed) {
    return { next: front.header.first + count, cuts: [`${name}: not readable from offset ${at}, ${frame.why}`] }
  }
  if (frame.kind === 'torn') {
    cutOff(path, bytes, at)
    cuts.push(`${name}: ${bytes.length - at} bytes cut off at offset ${at}, ${frame.why}`)
  }
  // A file without entries would stand in the way of the next one, which has the same number.
  if (count === 0) rmSync(join(dir, segmentName(named)))
  return { next: front.header.first + count, cuts }
}

function cutOff(path: string, bytes: Buffer, at: number): void {
  writeFileSync(`${path}.${at}.cut`, bytes.subarray(at), { mode: 0o600, flush: true })
  const file = openSync(path, 'r+')
  ftruncateSync(file, at)
  fsyncSync(file)
  closeSync(file)
}
