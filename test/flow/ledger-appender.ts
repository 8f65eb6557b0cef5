/** A gateway in small for the kill test: appends as fast as it can and prints every durable number it sees. */
import { systemClock } from '../../src/base/clock.ts'
import { openLedger } from '../../src/ledger/ledger.ts'
import { bootEntry, call, hop, intent } from '../unit/ledger/entries.ts'

const [dir = '', boot = ''] = process.argv.slice(2)
const workerUrl = new URL('../../src/threads/ledger-worker.ts', import.meta.url)
const sizes = { ring_bytes: 1 << 20, segment_bytes: 200_000, min_free_bytes: 0 }
const ledger = await openLedger({ dir, workerUrl, boot, clock: systemClock, ...sizes })
if (ledger.kind === 'ledger_problem') throw new Error(ledger.detail)
await say(`${JSON.stringify({ cuts: ledger.cuts, from: ledger.appended })}\n`)
ledger.append(bootEntry(boot))
for (;;) {
  for (let burst = 0; burst < 50 && ledger.room; burst += 1) {
    const id = hop(ledger.appended)
    ledger.append(intent(id))
    ledger.append(call(id))
  }
  await say(`${ledger.durable}\n`)
}

/** Returns when the line has left this process, so that a kill cannot take it back. */
function say(line: string): Promise<unknown> {
  return new Promise((resolve) => process.stdout.write(line, resolve))
}
