/** Small files of the ledger that are whole or not there: a crash leaves the old content or the new one. */
import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { syncFolder } from './recover.ts'

/** Durable when it returns. Throws what the system says. */
export function writeWhole(path: string, content: Uint8Array | string): void {
  replaceFile(path, content)
  syncFolder(dirname(path))
}

/** Durable once its folder is synced. */
export function replaceFile(path: string, content: Uint8Array | string): void {
  const draft = `${path}.tmp`
  const bytes = Buffer.from(content)
  const file = openSync(draft, 'w', 0o600)
  try {
    for (let done = 0; done < bytes.length; done += writeSync(file, bytes, done)) continue
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(draft, path)
}
