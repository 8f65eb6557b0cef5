/**
 * A process with nothing but the ledger and effects: some at a time are intended, and each is done, which is a line in a
 * file, once its intent is durable. Says so on stdout after the first of them, and goes on until it is killed.
 */
import { openSync, writeSync } from 'node:fs'
import { systemClock } from '../../src/base/clock.ts'
import { openLedger } from '../../src/ledger/ledger.ts'
import { hop, intent } from '../unit/ledger/entries.ts'

const side_by_side = 8
const hopsPerLife = 1_000_000

const [dir = '', life = '0', seen = ''] = process.argv.slice(2)
const effects = openSync(seen, 'a')
const workerUrl = new URL('../../src/threads/ledger-worker.ts', import.meta.url)
const sizes = { ring_bytes: 1_048_576, min_free_bytes: 0 }
const opened = await openLedger({ dir, workerUrl, boot: `life-${life}`, clock: systemClock, ...sizes })
if (opened.kind === 'ledger_problem') throw new Error(opened.detail)
const ledger = opened

let next = Number(life) * hopsPerLife
const first = hop(next + 1)

async function actOnAndOn(): Promise<never> {
  for (;;) {
    const id = hop((next += 1))
    if (!ledger.append(intent(id)) || !(await ledger.secured())) throw new Error('the ledger takes nothing')
    writeSync(effects, `${id}\n`)
    if (id === first) process.stdout.write('begun\n')
  }
}

await Promise.all(Array.from({ length: side_by_side }, actOnAndOn))
