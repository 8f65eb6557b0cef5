/**
 * How long a million recorded decisions take to be made again under other policies, read from real segments. Prints a table,
 * or one JSON line with `--json`. `--records <count>` for fewer; fails where a million would take more than a minute of the processor,
 * which is what other work on the machine disturbs least.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { frameHead_bytes, segmentName, writeFrame, writeFront } from '../src/ledger/segment.ts'
import { packEntry, shapes } from '../src/ledger/pack.ts'
import { readLedger } from '../src/ledger/read.ts'
import { Simulation } from '../src/pipeline/whatif/simulate.ts'
import { asked } from '../test/unit/ledger/asked.ts'
import { agent, call, hop, intent, noon } from '../test/unit/ledger/entries.ts'
import { agentFacts } from '../test/unit/policy/fixtures.ts'
import { shippedWith } from '../test/unit/pipeline/whatif/policies.ts'

const { values } = parseArgs({
  allowPositionals: true,
  options: { records: { type: 'string', default: '1000000' }, json: { type: 'boolean' } },
})
const count = Number(values.records)
const perSegment = 50_000
const million_ms_max = 60_000
const agents = 40

const names = Array.from({ length: agents }, (_, at) => `a${at}`)
const facts = { agents: names.map((name, at) => agentFacts(name, { groups: [`g${at % 5}`] })) }
/** A hundred policies, of which ten read what differs from call to call. */
const policies = Array.from({ length: 100 }, (_, at) => {
  const head = `@id("p${at}")`
  if (at % 10 === 8) return `${head} forbid(principal, action, resource) when { context.depth > ${5 + (at % 3)} };`
  return `${head} permit(principal == Weir::Agent::"a${at % agents}", action == Weir::Action::"invoke",
    resource == Weir::Agent::"a${(at * 7 + 1) % agents}") when { context.budgetLeftMicros > 100 };`
}).join('\n')

/** Each with an intent before it, as a ledger has them. */
function writeSegment(dir: string, from: number, records: number): void {
  const front = writeFront({ version: 1, first: from * 2 + 1, boot: 'bench', shapes })
  const packed = Array.from({ length: records }, (_, place) => {
    const at = from + place
    const who = agent(names[at % agents] ?? '')
    const target = `agent:${names[(at * 7 + 1) % agents] ?? ''}`
    const question = asked({ budget_left_micros: 1_000_000 - (at % 900_000), calls: at % 50, laps: at % 3 })
    const where = { agent: who, target, depth: 1 + (at % 7), chain: [who], ts: noon + at }
    const verdict = at % 3 === 0 ? ({ decision: 'deny', code: 'policy_denied', rule: 'default' } as const) : {}
    return [
      packEntry(intent(hop(at), { agent: who, target, ts: noon + at })),
      packEntry(call(hop(at), { ...where, run_origin: 'token', asked: question, ...verdict })),
    ]
  }).flat()
  const size = packed.reduce((sum, each) => sum + each.length + frameHead_bytes, front.length)
  const bytes = Buffer.alloc(size)
  front.copy(bytes)
  let end = front.length
  for (const each of packed) end = writeFrame(bytes, end, each)
  writeFileSync(join(dir, segmentName(from * 2 + 1)), bytes)
}

const dir = mkdtempSync(join(tmpdir(), 'weir-simulate-'))
try {
  for (let from = 0; from < count; from += perSegment) writeSegment(dir, from, Math.min(perSegment, count - from))
  const simulation = new Simulation(shippedWith(policies, undefined, facts), { routes: () => undefined })
  const started = performance.now()
  const before = process.cpuUsage()
  for await (const item of readLedger(dir)) {
    if (item.kind !== 'entry' || item.entry.kind !== 'call') continue
    const adding = simulation.add(item.entry)
    if (adding) await adding
  }
  const ms = Math.round(performance.now() - started)
  const { user, system } = process.cpuUsage(before)
  const cpu_ms = Math.round((user + system) / 1000)
  const { replayed, same, allow_to_deny, deny_to_allow } = simulation.report()
  const per_million_s = Number(((cpu_ms / replayed) * 1000).toFixed(1))
  const report = { bench: 'simulate', replayed, same, allow_to_deny, deny_to_allow, ms, cpu_ms, per_million_s }
  if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`)
  else for (const [name, value] of Object.entries(report)) process.stdout.write(`${name.padEnd(16)} ${value}\n`)
  if (per_million_s * 1000 > million_ms_max) process.exitCode = 1
} finally {
  rmSync(dir, { recursive: true })
}
