/**
 * What all limits together cost a call: nanoseconds per reserve and settle, beside the same number of plain
 * Atomics.add, which is the floor on this machine. `--json` for one line that another run can be compared with.
 */
import { createBoard } from '../src/base/board.ts'
import { cryptoDice } from '../src/base/dice.ts'
import { systemClock } from '../src/base/clock.ts'
import { type AgentId, type HopId, isAgentId, isTeamId, type TeamId } from '../src/domain/ids.ts'
import { mintHopId } from '../src/domain/mint-ids.ts'
import { isDenial } from '../src/domain/verdict.ts'
import { Bench, limitsPlan } from '../src/limits/bench.ts'
import { type Ask, reserve } from '../src/limits/lease.ts'
import { Runs } from '../src/limits/runs.ts'
import type { Limit, LimitSettings } from '../src/limits/settings.ts'

const rounds = 9
const calls = 50_000
/** Swaps and adds that one reserve and settle do with every limit set. */
const atomicsPerCall = 27

const most: Limit = { max: 1e12, mode: 'enforce' }
const small: Limit = { max: 5, mode: 'enforce' }
const day = { tokens_per_day: most, cost_micros_per_day: most }
const settings: LimitSettings = {
  on_breach: 'halt',
  run: {
    depth_max: small,
    laps_max: small,
    calls_max: most,
    fan_out_max: most,
    concurrency_max: most,
    wall_clock_ms: most,
    tokens_max: most,
    cost_micros_max: most,
  },
  agent: { invokes_per_minute: { max: 6e7, mode: 'enforce' }, concurrency_max: most, ...day },
  team: day,
  person: {},
  agents: new Map(),
  teams: new Map(),
  people: new Map(),
  tools: new Map(),
}

function agent(id: string): AgentId {
  if (!isAgentId(id)) throw new Error(id)
  return id
}

function team(id: string): TeamId {
  if (!isTeamId(id)) throw new Error(id)
  return id
}

const board = createBoard({ ...limitsPlan({ runs: 4, agents: 4, teams: 4, people: 4, grants: 8, tools: 1 }), floor: 1 })
const bench = new Bench(board, settings, { runs: 4, edges_per_run: 64, run_aliases: 16, grants: 8, chain: 64 })
const dice = cryptoDice()
const root = agent('agent:orchestrator')
const target = agent('agent:research')
const run = new Runs(board, bench, dice).open(root, null, systemClock.now())
if (isDenial(run)) throw new Error(run.detail)
const ids: readonly HopId[] = Array.from({ length: calls }, () => mintHopId(dice))
const spent = { tokens: 800, cost_micros: 9000 }
const base: Omit<Ask, 'hop' | 'now'> = {
  run,
  parent: null,
  agent: root,
  team: team('team:insights'),
  target,
  depth: 1,
  chain: [root, target],
  cycle: null,
  price: { tokens: 1500, cost_micros: 20_000 },
  budget: [],
}

function reserveAndSettle(): number {
  const started = performance.now()
  for (const hop of ids) {
    const lease = reserve(bench, { ...base, hop, now: systemClock.now() })
    if (isDenial(lease)) throw new Error(lease.detail)
    lease.settle(spent)
  }
  return ((performance.now() - started) * 1e6) / calls
}

function refuse(): number {
  const started = performance.now()
  for (const hop of ids) reserve(bench, { ...base, depth: 9, hop, now: systemClock.now() })
  return ((performance.now() - started) * 1e6) / calls
}

function floor(): number {
  const cells = new Int32Array(board.buffer, board.buffer.byteLength - 64, 16)
  const started = performance.now()
  for (let call = 0; call < calls * atomicsPerCall; call++) Atomics.add(cells, 0, 1)
  return ((performance.now() - started) * 1e6) / calls
}

const best = { reserve_settle_ns: Number.POSITIVE_INFINITY, refuse_ns: Number.POSITIVE_INFINITY, floor_ns: Infinity }
for (let round = 0; round < rounds; round++) {
  best.floor_ns = Math.min(best.floor_ns, floor())
  best.reserve_settle_ns = Math.min(best.reserve_settle_ns, reserveAndSettle())
  best.refuse_ns = Math.min(best.refuse_ns, refuse())
}
const ratio = best.reserve_settle_ns / best.floor_ns
const whole = (ns: number): number => Math.round(ns)
const result = {
  reserve_settle_ns: whole(best.reserve_settle_ns),
  refuse_ns: whole(best.refuse_ns),
  floor_ns: whole(best.floor_ns),
  ratio: Math.round(ratio * 10) / 10,
}
process.stdout.write(
  process.argv.includes('--json')
    ? `${JSON.stringify(result)}\n`
    : `reserve + settle ${result.reserve_settle_ns} ns, a refusal ${result.refuse_ns} ns; ` +
        `${atomicsPerCall} plain Atomics.add ${result.floor_ns} ns; ratio ${result.ratio}\n`,
)
