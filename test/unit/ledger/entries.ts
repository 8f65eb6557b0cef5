/** Ledger entries for tests: plain ones that read well, and arbitrary ones for laws. */
import fc from 'fast-check'
import { assert } from '../../../src/base/assert.ts'
import { denialCodes } from '../../../src/domain/denials.ts'
import { type AgentId, type HopId, isAgentId, isHopId, isPersonId, isRunId } from '../../../src/domain/ids.ts'
import type { PersonId, RunId } from '../../../src/domain/ids.ts'
import type {
  ApprovalEntry,
  BootEntry,
  CallRecord,
  IntentEntry,
  LedgerEntry,
  RunEntry,
} from '../../../src/domain/record.ts'
import { taints } from '../../../src/domain/principal.ts'
import { nothingSpent } from '../../../src/domain/spend.ts'

/** 2027-01-15 08:00 UTC. */
export const noon = 1_800_000_000_000

export function agent(slug: string): AgentId {
  const id = `agent:${slug}`
  assert(isAgentId(id), 'a test names agents by slugs')
  return id
}

export function hop(number: number): HopId {
  const id = `hop_${number.toString(16).padStart(16, '0')}`
  assert(isHopId(id), 'a test numbers hops')
  return id
}

export function run(number: number): RunId {
  const id = `run_${number.toString(16).padStart(32, '0')}`
  assert(isRunId(id), 'a test numbers runs')
  return id
}

function person(name: string): PersonId {
  const id = `user:${name}`
  assert(isPersonId(id), 'a test names persons')
  return id
}

export function bootEntry(boot: string): BootEntry {
  return { kind: 'boot', v: 1, ts: noon, boot, gw: 'weir/0.1.0', pid: 42 }
}

export function approvalEntry(event: ApprovalEntry['event']): ApprovalEntry {
  const who = { run: run(1), rid: hop(1), agent: agent('a'), human: person('tomas'), target: 'agent:b' }
  const what = { method: 'SendMessage', args_hash: 'h', reason: 'checked', actor: 'ana' }
  return { kind: 'approval', v: 1, ts: noon, id: 'apr_1', event, ...who, ...what }
}

export function runEntry(id: RunId, event: RunEntry['event'], facts: Partial<RunEntry> = {}): RunEntry {
  const why = event === 'halted' ? { code: 'loop_detected', reason: 'a loop', actor: 'weir' } : {}
  const blank = { code: null, reason: null, actor: null, ...why }
  const who = { root: agent('a'), human: person('tomas'), ends_at: noon + 600_000 }
  return { kind: 'run', v: 1, ts: noon, run: id, event, ...who, ...blank, ...facts }
}

export function intent(id: HopId, facts: Partial<IntentEntry> = {}): IntentEntry {
  const where = { run: run(1), agent: agent('a'), depth: 1, target: 'agent:b' }
  const reserved = { tokens: 1500, cost_micros: 20_000 }
  return { kind: 'intent', v: 1, ts: noon + 1, rid: id, ...where, reserved, ...facts }
}

export function call(id: HopId, facts: Partial<CallRecord> = {}): CallRecord {
  return {
    kind: 'call',
    v: 1,
    ts: noon + 2,
    rid: id,
    parent_rid: null,
    run: run(1),
    run_origin: 'new',
    human: person('tomas'),
    agent: agent('a'),
    cred_type: 'api_key',
    cred_id: 'k1',
    jti: null,
    chain: [agent('a')],
    depth: 1,
    target: 'agent:b',
    dialect: 'a2a-1.0-jsonrpc',
    action: 'send',
    method: 'SendMessage',
    decision: 'allow',
    code: null,
    detail: null,
    rule: null,
    policies: ['graph.a-to-b'],
    pol_hash: 'sha256:00',
    cfg_hash: 'sha256:01',
    shadow: [],
    reserved: { tokens: 1500, cost_micros: 20_000 },
    outcome: {
      status: 'answered',
      fault: null,
      spent: { tokens: 700, cost_micros: 13_000 },
      bytes_in: 532,
      bytes_out: 1021,
      ms: 12.25,
      upstream_ms: 11.5,
      task: 'task-1',
    },
    taint: 'none',
    approval: null,
    ...facts,
  }
}

export function refusedCall(id: HopId, facts: Partial<CallRecord> = {}): CallRecord {
  const allowed = call(id)
  const outcome = { ...allowed.outcome, status: 'refused' as const, spent: nothingSpent, task: null }
  return { ...allowed, decision: 'deny', code: 'policy_denied', detail: 'why', outcome, ...facts }
}

const count = fc.nat({ max: Number.MAX_SAFE_INTEGER })
const spend = fc.record({ tokens: count, cost_micros: count })
const text = fc.string({ unit: 'grapheme', maxLength: 60 })
const maybe = fc.option(text, { nil: null })
const agents = fc.stringMatching(/^[a-z]{1,12}$/).map(agent)
const hops = fc.nat().map(hop)
const times = fc.integer({ min: noon, max: noon + 1_000_000 })

const intents = fc
  .record({ rid: hops, ts: times, depth: fc.nat(64), reserved: spend, target: text })
  .map((facts) => intent(facts.rid, facts))

const runs = fc
  .record({ event: fc.constantFrom('opened' as const, 'halted' as const, 'ended' as const), ts: times, reason: maybe })
  .map((facts) => runEntry(run(7), facts.event, facts))

const outcomes = fc.record({
  status: fc.constantFrom('refused' as const, 'answered' as const, 'failed' as const, 'halted' as const),
  fault: fc.constantFrom(null, 'reset' as const),
  spent: spend,
  bytes_in: count,
  bytes_out: count,
  ms: fc.double({ min: 0, max: 1e9, noNaN: true }),
  upstream_ms: fc.double({ min: 0, max: 1e9, noNaN: true }),
  task: maybe,
})

const calls = fc
  .record({
    rid: hops,
    ts: times,
    chain: fc.array(agents, { maxLength: 8 }),
    policies: fc.array(text, { maxLength: 4 }),
    shadow: fc.array(text, { maxLength: 4 }),
    detail: maybe,
    jti: maybe,
    code: fc.constantFrom(null, ...denialCodes),
    decision: fc.constantFrom('allow' as const, 'deny' as const),
    reserved: spend,
    outcome: outcomes,
    taint: fc.constantFrom(...taints),
    approval: fc.constantFrom(null, { id: 'apr_1', by: null, args_hash: 'h' } as const),
  })
  .map((facts) => call(facts.rid, facts))

export const anyEntry: fc.Arbitrary<LedgerEntry> = fc.oneof(
  intents,
  runs,
  calls,
  text.map(bootEntry),
  fc.constantFrom('granted' as const, 'refused' as const).map(approvalEntry),
)
