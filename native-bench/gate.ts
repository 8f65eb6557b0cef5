/**
 * `npm run -s bench:gate [-- --write]`: about a minute of counts and ratios, never of absolute times, so that it means
 * the same on every machine. Counts must be exact; the CPU of a call beside that of the bare pass-through may be worse
 * than `baseline.json` by its tolerance. `--write` takes the ratio of this run as the new baseline.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { asked, type Booked, type Check, ledgerOf, signedBy } from './gate-desk.ts'
import { modelChecks } from './gate-models.ts'
import { streamChecks } from './gate-streams.ts'
import { benchIdentity, checksOf } from './identity.ts'
import { alternate, setStage, type Stage } from './stage.ts'
import { showSpread, type Spread, spreadOf } from './statistics.ts'
import { price } from './weir-setup.ts'

const baselinePath = join(import.meta.dirname, 'baseline.json')
const rounds = 7
const connections = 32
const perRound = 12_000

interface Baseline {
  /** CPU of Weir / CPU of the pass-through, all threads: the ledger, its proof, its index and the exporters with them. */
  readonly cpu_ratio: number
  /** The same of the threads that serve: what callers wait for, and what bounds the calls a second. */
  readonly serving_ratio: number
  /** By what factor it may be exceeded. */
  readonly tolerance: number
}

/**
 * What must be exactly so. The process writes a boot entry and opens one run; a call is an intent and a record, and a
 * token where none of an earlier call was at home.
 */
async function counts(stage: Stage, calls: number): Promise<readonly Check[]> {
  const desk = { server: stage.weir.server, setup: stage.setup }
  const signed = await signedBy(desk)
  const entries = 2 + 2 * calls + signed
  const { appended, durable } = await ledgerOf(desk)
  const run = JSON.parse(await asked(desk, `/api/v1/runs/${stage.run}`)) as Booked
  const { spent, reserved } = run
  const paid = spent.tokens === calls * price.tokens && spent.cost_micros === calls * price.cost_micros
  const nothingHeld = reserved.tokens === 0 && reserved.cost_micros === 0
  return [
    {
      name: 'every call left its intent, its record and its token if it got a new one, durable',
      holds: durable === entries,
      seen: `${durable} of ${entries}`,
    },
    { name: 'nothing else was appended', holds: appended === entries, seen: `${appended} of ${entries}` },
    {
      name: 'no more tokens were signed than calls were open at once',
      holds: signed <= connections + 1,
      seen: `${signed} of ${connections}`,
    },
    {
      name: 'every call is of the one run',
      holds: run.calls === calls && run.refused === 0,
      seen: `${run.calls} of ${calls}`,
    },
    {
      name: 'the run is booked with calls x price',
      holds: paid,
      seen: `${spent.tokens} tokens, ${spent.cost_micros} micros`,
    },
    {
      name: 'nothing is held when all is answered',
      holds: nothingHeld,
      seen: `${reserved.tokens}, ${reserved.cost_micros}`,
    },
  ]
}

const say = (line: string): void => void process.stdout.write(`${line}\n`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

async function gate(): Promise<readonly Check[]> {
  await using stage = await setStage()
  const length = { amount: perRound }
  const warm = await alternate(stage, { rounds: 2, connections, length }, () => undefined)
  const pairs = await alternate(stage, { rounds, connections, length }, say)
  const joined = 1
  const calls = [...warm, ...pairs].reduce((sum, [, weir]) => sum + weir.calls, joined)
  const serving = spreadOf(pairs.map(([plain, weir]) => weir.main_us / plain.main_us))
  const all = spreadOf(pairs.map(([plain, weir]) => weir.cpu_us / plain.cpu_us))
  return [
    ...(await counts(stage, calls)),
    judged('serving_ratio', 'CPU of a call on the serving thread / of the pass-through', serving),
    judged('cpu_ratio', 'CPU of a call on all threads / of the pass-through', all),
  ]
}

function judged(which: 'serving_ratio' | 'cpu_ratio', what: string, ratio: Spread): Check {
  const baseline = JSON.parse(readFileSync(baselinePath, 'utf8')) as Baseline
  const most = baseline[which] * baseline.tolerance
  const writes = process.argv.includes('--write')
  if (writes) {
    const next: Baseline = { ...baseline, [which]: Number(ratio.median.toFixed(2)) }
    writeFileSync(baselinePath, `${JSON.stringify(next)}\n`)
  }
  const name = `${what} is at most ${most.toFixed(2)}`
  return { name, holds: writes || ratio.median <= most, seen: showSpread(ratio, 2) }
}

const checks = [
  ...(await gate()),
  ...(await streamChecks()),
  ...(await modelChecks()),
  ...checksOf(await benchIdentity()),
]
for (const { name, holds, seen } of checks) say(`${holds ? 'ok  ' : 'FAIL'} ${name}: ${seen}`)
process.exitCode = checks.every(({ holds }) => holds) ? 0 : 1
