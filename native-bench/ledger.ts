/** What a record costs the gateway's thread: pack + push, against the disk the folder is on. `--json` for machines. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../src/base/clock.ts'
import { openLedger } from '../src/ledger/ledger.ts'
import { packEntry } from '../src/ledger/pack.ts'
import { call, hop, intent } from '../test/unit/ledger/entries.ts'

const rounds = 40
const hopsPerRound = 2000
const ring_bytes = 8 * 1_048_576

/** The least microseconds an act took per time, over all rounds: the estimator that other work disturbs least. */
async function best(act: (number: number) => void, between: () => Promise<unknown>): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now()
    for (let number = 0; number < hopsPerRound; number += 1) act(number)
    least = Math.min(least, ((performance.now() - start) * 1000) / hopsPerRound)
    await between()
  }
  return Number(least.toFixed(2))
}

const dir = mkdtempSync(join(tmpdir(), 'weir-bench-'))
const workerUrl = new URL('../src/threads/ledger-worker.ts', import.meta.url)
const ledger = await openLedger({ dir, workerUrl, boot: 'bench', clock: systemClock, ring_bytes, min_free_bytes: 0 })
if (ledger.kind === 'ledger_problem') throw new Error(ledger.detail)

const intents = Array.from({ length: hopsPerRound }, (_, number) => intent(hop(number)))
const calls = Array.from({ length: hopsPerRound }, (_, number) => call(hop(number)))
const at = <T>(list: readonly T[], number: number): T => list[number] as T
const started = performance.now()
const readings = {
  'pack a call, us': await best(
    (number) => void packEntry(at(calls, number)),
    async () => {},
  ),
  'append an intent, us': await best(
    (number) => void ledger.append(at(intents, number)),
    () => ledger.flush(),
  ),
  'append a call, us': await best(
    (number) => void ledger.append(at(calls, number)),
    () => ledger.flush(),
  ),
  'call record, bytes': packEntry(at(calls, 1)).length,
}
const durable_per_s = Math.round(ledger.durable / ((performance.now() - started) / 1000))
await ledger.close()
rmSync(dir, { recursive: true })

const report = { node: process.version, ...readings, 'durable entries per s, bursts': durable_per_s }
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(report)}\n`)
else for (const [name, value] of Object.entries(report)) process.stdout.write(`${name.padEnd(32)} ${value}\n`)
