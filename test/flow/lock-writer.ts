/** Writes the lock file of its first argument over and over, each time with other reasons, until it is killed. */
import { readDefinition } from '../../src/catalogue/digest.ts'
import { type LockEntry, readLock, writeLock } from '../../src/catalogue/lock-file.ts'

const [path = ''] = process.argv.slice(2)
const read = readDefinition(Buffer.from(JSON.stringify({ name: 'a', description: 'x'.repeat(2000) })))
const { digest } = read
const definition = read.kind === 'read' ? read.canonical : null
let held = await readLock(path)

for (let round = 0; held.kind === 'held'; round += 1) {
  const entries = Array.from({ length: 200 }, (_, i): [string, LockEntry] => {
    const tool = `files/tool_${i}`
    return [tool, { tool, digest, state: 'approved', actor: 'ana', reason: `round ${round}`, at: '', definition }]
  })
  const written = await writeLock(path, held, { approved: new Map(entries), rejected: new Map() })
  if (written === 'conflict' || written instanceof Error) throw new Error(String(written))
  held = written
  process.stdout.write(`${round}\n`)
}
