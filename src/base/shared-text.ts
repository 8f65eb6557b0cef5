/**
 * A short text that one thread writes and others read, in shared memory. The version is odd while it is being written, so
 * a reader never takes half of an old text and half of a new one for a whole.
 */
import { assert } from './assert.ts'

const versionCell = 0
const lengthCell = 1
const header_bytes = 8
/** How long a reader waits for a writer that was interrupted, in all about a second. */
const wait_ms = 10
const waits_max = 100

export interface VersionedText {
  /** Changes with every text; even. */
  readonly version: number
  readonly text: string
}

/** Memory for a text of at most this many bytes, empty. */
export function sharedTextMemory(bytes_max: number): SharedArrayBuffer {
  return new SharedArrayBuffer(header_bytes + bytes_max)
}

/** Only the one thread that owns the text may write. What was there before is wiped. */
export function writeSharedText(memory: SharedArrayBuffer, text: string): void {
  const cells = new Int32Array(memory, 0, 2)
  const bytes = Buffer.from(memory, header_bytes)
  const fresh = Buffer.from(text)
  assert(fresh.length <= bytes.length, 'the memory was made for texts of this length')
  Atomics.add(cells, versionCell, 1)
  bytes.fill(0)
  bytes.set(fresh)
  Atomics.store(cells, lengthCell, fresh.length)
  Atomics.add(cells, versionCell, 1)
  Atomics.notify(cells, versionCell)
}

/** The version alone, which costs nothing; odd while the text is being written. */
export function sharedTextVersion(memory: SharedArrayBuffer): number {
  return Atomics.load(new Int32Array(memory, 0, 1), versionCell)
}

/** The whole text; null if its writer does not finish. Waits, so it is not for the main thread. */
export function readSharedText(memory: SharedArrayBuffer): VersionedText | null {
  const cells = new Int32Array(memory, 0, 2)
  for (let waits = 0; waits < waits_max; waits++) {
    const version = Atomics.load(cells, versionCell)
    if (version % 2 === 1) {
      Atomics.wait(cells, versionCell, version, wait_ms)
      continue
    }
    const text = Buffer.from(Buffer.from(memory, header_bytes, Atomics.load(cells, lengthCell))).toString()
    if (Atomics.load(cells, versionCell) === version) return { version, text }
  }
  return null
}
