import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readLock } from '../../src/catalogue/lock-file.ts'

const writer = join(import.meta.dirname, 'lock-writer.ts')

/** Lets a process write for a while after its first whole file, then kills it; the last round it said was written. */
function writeUntilKilled(path: string, after_ms: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [writer, path], { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      if (text === '') setTimeout(() => child.kill('SIGKILL'), after_ms)
      text += chunk.toString()
    })
    child.on('error', reject)
    child.on('close', () => resolve(Number(text.trim().split('\n').at(-1))))
  })
}

test('a process that is killed while it writes the lock file leaves the old one or the new one', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'weir-lock-')), 'tools.lock')
  for (let nth = 0; nth < 8; nth += 1) {
    const last = await writeUntilKilled(path, 3 + nth * 11)
    const held = await readLock(path)
    if (held.kind !== 'held') throw new Error(JSON.stringify(held))
    const reasons = new Set([...held.entries.approved.values()].map(({ reason }) => reason))
    expect(held.entries.approved.size).toBe(200)
    expect([...reasons]).toHaveLength(1)
    expect([`round ${last}`, `round ${last + 1}`]).toContain([...reasons][0])
  }
})
