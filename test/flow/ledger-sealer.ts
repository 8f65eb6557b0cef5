/**
 * A gateway in small for the kill tests of the log: appends as fast as it can, sealed with a key that is handed in, and drops what
 * is more than `maxBytes` where that is said.
 */
import { readFileSync } from 'node:fs'
import { systemClock } from '../../src/base/clock.ts'
import { sharedTextMemory, writeSharedText } from '../../src/base/shared-text.ts'
import { openLedger } from '../../src/ledger/ledger.ts'
import { bootEntry, call, hop, intent } from '../unit/ledger/entries.ts'

const [dir = '', boot = '', keyFile = '', known, maxBytes] = process.argv.slice(2)
const workerUrl = new URL('../../src/threads/ledger-worker.ts', import.meta.url)
const sizes = { ring_bytes: 1 << 20, segment_bytes: 200_000, min_free_bytes: 0 }
const keys = sharedTextMemory(4096)
writeSharedText(keys, readFileSync(keyFile, 'utf8'))
const retention = { retention_days: 400, max_bytes: maxBytes === undefined ? null : Number(maxBytes) }
const anchors = { files: [], every_s: 60 }
const base = { keys, origin: 'weir.test/ledger', accept_truncation: false, retention, anchors }
const log = known === undefined ? base : { ...base, known: readFileSync(known, 'utf8') }
const ledger = await openLedger({ dir, workerUrl, boot, gw: 'https://weir.test', clock: systemClock, ...sizes, log })
if (ledger.kind === 'ledger_problem') throw new Error(ledger.detail)
ledger.append(bootEntry(boot))
process.stdout.write('ready\n')
for (;;) {
  for (let burst = 0; burst < 50 && ledger.room; burst += 1) {
    const id = hop(ledger.appended)
    ledger.append(intent(id))
    ledger.append(call(id))
  }
  await new Promise((resolve) => setImmediate(resolve))
}
