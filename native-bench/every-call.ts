/**
 * `npm run -s bench -- every-call [--calls 1000000]`: so many calls through a whole gateway, a tenth of them refused by policy,
 * and afterwards the ledger is read: how many records are missing, doubled or unproved. It must be none. Progress on stderr.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import autocannon from 'autocannon'
import { readRecordKeys } from '../src/ledger/checkpoint/check.ts'
import { readLedger } from '../src/ledger/read.ts'
import { verifyLedger } from '../src/ledger/verify.ts'
import { ledgerOf } from './gate-desk.ts'
import { round, setStage, type Stage } from './stage.ts'

const { values } = parseArgs({
  allowPositionals: true,
  options: { calls: { type: 'string', default: '1000000' }, json: { type: 'boolean' } },
})
const wanted = Number(values.calls)
const connections = 64
const part = 50_000
/** Every tenth part calls an agent that nobody may call. */
const refusedEvery = 10

const say = (line: string): void => void process.stderr.write(`${line}\n`)

/** Calls that are refused; answers how many were made. */
async function refusedCalls({ weir }: Stage, amount: number): Promise<number> {
  const { url, headers, body } = weir.shot
  const nobody = url.replace('/orchestrator/', '/nobody/')
  const result = await autocannon({ url: nobody, method: 'POST', headers: { ...headers }, body, connections, amount })
  return result.requests.total
}

async function makeCalls(stage: Stage): Promise<{ readonly let_through: number; readonly refused: number }> {
  // The first call opened the run.
  let [let_through, refused] = [1, 0]
  for (let number = 1; let_through + refused < wanted; number += 1) {
    const amount = Math.min(part, wanted - let_through - refused)
    if (number % refusedEvery === 0) refused += await refusedCalls(stage, amount)
    else let_through += (await round(stage.weir, connections, { amount })).calls
    say(`${(let_through + refused).toLocaleString('en')} of ${wanted.toLocaleString('en')} calls`)
  }
  return { let_through, refused }
}

/** What the ledger says of calls, each hop counted once. */
async function countRecords(dir: string) {
  const [seen, intents] = [new Set<string>(), new Set<string>()]
  const count = { allow: 0, deny: 0, doubled: 0, without_intent: 0 }
  for await (const item of readLedger(dir)) {
    if (item.kind !== 'entry') throw new Error(`the ledger cannot be read: ${item.why}`)
    const { entry } = item
    if (entry.kind === 'intent') intents.add(entry.rid)
    if (entry.kind !== 'call') continue
    if (seen.has(entry.rid)) count.doubled += 1
    if (entry.decision === 'allow' && !intents.delete(entry.rid)) count.without_intent += 1
    count[entry.decision] += 1
    seen.add(entry.rid)
  }
  return { ...count, left_open: intents.size }
}

await using stage = await setStage()
const started = performance.now()
const made = await makeCalls(stage)
const seconds = (performance.now() - started) / 1000
const { appended, durable } = await ledgerOf({ server: stage.weir.server, setup: stage.setup })
await new Promise((resolve) => setTimeout(resolve, 1500))
const state = join(stage.setup.directory, 'state')
const records = await countRecords(join(state, 'ledger'))
const keys = await fetch(`${new URL(stage.weir.shot.url).origin}/.well-known/weir-keys.json`)
const verdict = await verifyLedger({ dir: join(state, 'ledger'), keys: readRecordKeys(await keys.text()) ?? [] })
const missing = made.let_through - records.allow + (made.refused - records.deny)
const report = {
  made,
  records,
  missing,
  calls_per_s: Math.round(wanted / seconds),
  appended,
  durable,
  verified: {
    ok: verdict.ok,
    entries: verdict.entries,
    unsealed: verdict.unsealed,
    findings: verdict.findings.slice(0, 3),
  },
}
process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : `${JSON.stringify(report, null, 2)}\n`)
const whole = missing === 0 && records.doubled + records.without_intent + records.left_open === 0
process.exitCode = whole && verdict.ok && appended === durable ? 0 : 1
