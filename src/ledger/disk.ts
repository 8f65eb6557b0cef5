import { closeSync, fdatasyncSync, fsyncSync, openSync, statfsSync, writeSync } from 'node:fs'
import { syncFolder } from './recover.ts'

/** The disk as the ledger's writer sees it; every method throws what the system says. Tests hand in a broken one. */
export interface Disk {
  /** Makes a file that only the owner may read, whatever stood there, and makes its name durable. */
  create(dir: string, path: string, front: Uint8Array): number
  /** Writes all of `bytes` at the offset. */
  write(file: number, bytes: Uint8Array, at: number): void
  /** Returns when everything written to the file is on the disk for good. */
  sync(file: number): void
  close(file: number): void
  /** Bytes that an ordinary user may still write. */
  free_bytes(dir: string): number
}

export const systemDisk: Disk = {
  create(dir, path, front) {
    const file = openSync(path, 'w', 0o600)
    try {
      writeAll(file, front, 0)
      fsyncSync(file)
      syncFolder(dir)
      return file
    } catch (error) {
      closeSync(file)
      throw error
    }
  },
  write: writeAll,
  sync: fdatasyncSync,
  close: closeSync,
  free_bytes(dir) {
    const { bavail, bsize } = statfsSync(dir)
    return bavail * bsize
  },
}

function writeAll(file: number, bytes: Uint8Array, at: number): void {
  let done = 0
  while (done < bytes.length) {
    const written = writeSync(file, bytes, done, bytes.length - done, at + done)
    if (written === 0) throw new Error('the disk took no byte')
    done += written
  }
}
