/**
 * What a record costs, in the same run and in turn: the gateway's thread (pack + push) and how many records a second become
 * durable, as they are (sealed by person, leaves of a Merkle log, checkpoints), without either, and as bytes appended to a
 * plain file with the same groups and syncs. `--json` for machines, `--rounds 7` for more of them.
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../src/base/clock.ts'
import type { LedgerEntry } from '../src/domain/record.ts'
import { type Ledger, type LedgerSettings, openLedger } from '../src/ledger/ledger.ts'
import { packEntry } from '../src/ledger/pack.ts'
import { vaultPlace } from '../src/ledger/vault/kek.ts'
import { call, hop, intent } from '../test/unit/ledger/entries.ts'
import { openBenchKeys } from './bench-keys.ts'
import { showSpread, type Spread, spreadOf } from './statistics.ts'

const ring_bytes = 8 * 1_048_576
/** A thread is slow until its code was compiled. */
const warm_ms = 2000
const round_ms = 4000
const group = 256
const hops = 2000

const at = process.argv.indexOf('--rounds')
const rounds = at === -1 ? 5 : Number(process.argv[at + 1])
/** As they come: the intent of a call, then its record. */
const entries: readonly LedgerEntry[] = Array.from({ length: hops }, (_, number) => [
  intent(hop(number)),
  call(hop(number)),
]).flat()
const packed = entries.map(packEntry)

interface Measured {
  readonly records_per_s: number
  /** Of the thread that appends, for each record. */
  readonly append_us: number
}

type Way = (dir: string) => Promise<Measured>

/** Until the time is over: write a group, sync, again. */
const plainFile: Way = async (dir) => {
  const file = openSync(join(dir, 'plain'), 'wx')
  const started = performance.now()
  let records = 0
  while (performance.now() - started < round_ms) {
    const from = records % packed.length
    const some = packed.slice(from, from + group)
    writeSync(file, Buffer.concat(some))
    fdatasyncSync(file)
    records += some.length
  }
  closeSync(file)
  return { records_per_s: (records / (performance.now() - started)) * 1000, append_us: Number.NaN }
}

const bare: Way = (dir) => sustained({ dir: join(dir, 'ledger') })

const whole: Way = async (dir) => {
  const keys = openBenchKeys(systemClock)
  const retention = { retention_days: 400, max_bytes: null }
  const log = {
    keys: keys.keys.recordSlot,
    origin: 'bench/ledger',
    accept_truncation: false,
    retention,
    anchors: { files: [], every_s: 60 },
  }
  const measured = await sustained({ dir: join(dir, 'ledger'), log, vault: vaultPlace(dir, null), gw: 'http://bench' })
  keys.done()
  return measured
}

/** As fast as the ledger takes it: what does not fit waits a turn. */
async function sustained(settings: Pick<LedgerSettings, 'dir' | 'log' | 'vault' | 'gw'>): Promise<Measured> {
  const workerUrl = new URL('../src/threads/ledger-worker.ts', import.meta.url)
  const opened = await openLedger({
    ...settings,
    workerUrl,
    boot: 'bench',
    clock: systemClock,
    ring_bytes,
    min_free_bytes: 0,
  })
  if (opened.kind === 'ledger_problem') throw new Error(opened.detail)
  const measured = await append(opened)
  await opened.close()
  return measured
}

async function append(ledger: Ledger): Promise<Measured> {
  await appendFor(ledger, warm_ms)
  const before = ledger.durable
  const started = performance.now()
  const append_us = await appendFor(ledger, round_ms)
  return { records_per_s: ((ledger.durable - before) / (performance.now() - started)) * 1000, append_us }
}

/** Microseconds of this thread for each record. */
async function appendFor(ledger: Ledger, time_ms: number): Promise<number> {
  const started = performance.now()
  let [appending_ms, appended] = [0, 0]
  while (performance.now() - started < time_ms) {
    const start = performance.now()
    let burst = 0
    for (; burst < group && ledger.room; burst += 1) {
      const entry = entries[(appended + burst) % entries.length]
      if (entry) ledger.append(entry)
    }
    appending_ms += performance.now() - start
    appended += burst
    await new Promise((resolve) => (burst < group ? setTimeout(resolve, 1) : setImmediate(resolve)))
  }
  return (appending_ms * 1000) / appended
}

const ways: Readonly<Record<string, Way>> = { 'plain file': plainFile, 'ledger, bare': bare, ledger: whole }
const found = new Map<string, Measured[]>(Object.keys(ways).map((name) => [name, []]))
for (let round = 0; round < rounds; round += 1) {
  for (const [name, way] of Object.entries(ways)) {
    const dir = mkdtempSync(join(tmpdir(), 'weir-bench-'))
    found.get(name)?.push(await way(dir))
    rmSync(dir, { recursive: true })
  }
  process.stderr.write(`round ${round + 1} of ${rounds}\n`)
}

const spreads = (of: keyof Measured): Readonly<Record<string, Spread>> =>
  Object.fromEntries([...found].map(([name, all]) => [name, spreadOf(all.map((one) => one[of]))]))
const report = {
  node: process.version,
  rounds,
  records_per_s: spreads('records_per_s'),
  append_us: spreads('append_us'),
}
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(report)}\n`)
else {
  const plain = report.records_per_s['plain file']?.median ?? Number.NaN
  for (const [name, spread] of Object.entries(report.records_per_s)) {
    const us = report.append_us[name]
    const cost = us && !Number.isNaN(us.median) ? `, ${showSpread(us, 2)} us each on the thread that appends` : ''
    const beside = `${((spread.median / plain) * 100).toFixed(0)} % of the plain file`
    process.stdout.write(`${name.padEnd(14)} ${showSpread(spread, 0)} records/s, ${beside}${cost}\n`)
  }
}
