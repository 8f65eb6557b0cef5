/**
 * `npm run -s bench -- long-run [--hops 100000]`: a run of so many hops, two agents that call each other deeper and deeper, in a
 * ledger of its own; then the real command line looks at it. The index is built by the first look and timed apart.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { LedgerEntry } from '../src/domain/record.ts'
import { packEntry, shapes } from '../src/ledger/pack.ts'
import { frameHead_bytes, segmentName, writeFrame, writeFront } from '../src/ledger/segment.ts'
import { agent, call, hop, intent, run, runEntry } from '../test/unit/ledger/entries.ts'
import { showSpread, spreadOf } from './statistics.ts'

const { values } = parseArgs({
  allowPositionals: true,
  options: { hops: { type: 'string', default: '100000' }, rounds: { type: 'string', default: '3' } },
})
const hops = Number(values.hops)
const looks = ['show', 'tree', 'explain'] as const

/** In the past, because a gateway does not start before its ledger. */
const began = Date.now() - 3_600_000

/** Every call is made from within the one before; every tenth tool call between them fails. */
function* entries(): Generator<LedgerEntry> {
  yield runEntry(run(1), 'opened', { ts: began })
  for (let at = 0; at < hops; at += 1) {
    const [who, whom] = at % 2 === 0 ? ['a', 'b'] : ['b', 'a']
    const place = { agent: agent(who), target: `agent:${whom}`, depth: at + 1, ts: began + at }
    yield intent(hop(at + 1), place)
    yield call(hop(at + 1), {
      ...place,
      parent_rid: at === 0 ? null : hop(at),
      chain: [agent('a')],
      human: null,
      claims: null,
    })
  }
  yield runEntry(run(1), 'halted', { ts: began + hops, code: 'cost_exhausted', reason: 'bench', actor: 'weir' })
}

function writeLedger(dir: string): void {
  const packed = [...entries()].map(packEntry)
  const front = writeFront({ version: 1, first: 1, boot: 'bench', shapes })
  const bytes = Buffer.alloc(packed.reduce((sum, each) => sum + each.length + frameHead_bytes, front.length))
  front.copy(bytes)
  let end = front.length
  for (const each of packed) end = writeFrame(bytes, end, each)
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, segmentName(1)), bytes)
}

const dir = mkdtempSync(join(tmpdir(), 'weir-long-run-'))
const launch = join(import.meta.dirname, '..', 'config', 'launch.mjs')
const config = join(dir, 'weir.yaml')
const policies = join(import.meta.dirname, '..', 'config', 'policy')

/** Milliseconds of one command, its start with it. */
function timed(...words: readonly string[]): number {
  const started = performance.now()
  const { status, stderr } = spawnSync(process.execPath, [launch, ...words, '--config', config], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`weir ${words.join(' ')}: ${stderr}`)
  return performance.now() - started
}

try {
  writeLedger(join(dir, 'state', 'ledger'))
  writeFileSync(
    config,
    JSON.stringify({ state: { dir: join(dir, 'state') }, agents: { a: {}, b: {} }, policy: { dir: policies } }),
  )
  process.stdout.write(`the first look, which builds the index: ${Math.round(timed('runs', 'ls'))} ms\n`)
  const bare = spreadOf(Array.from({ length: Number(values.rounds) }, () => timed('runs', 'ls')))
  process.stdout.write(`runs ls            ${showSpread(bare, 0)} ms\n`)
  for (const look of looks) {
    const spread = spreadOf(Array.from({ length: Number(values.rounds) }, () => timed('runs', look, run(1))))
    process.stdout.write(`runs ${look.padEnd(13)} ${showSpread(spread, 0)} ms\n`)
  }
} finally {
  rmSync(dir, { recursive: true })
}
