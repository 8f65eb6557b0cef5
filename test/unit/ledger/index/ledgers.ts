/** Ledgers by chance that keep what the road promises: an intent before its record, each hop once, boots between. */
import fc from 'fast-check'
import type { CallRecord, LedgerEntry } from '../../../../src/domain/record.ts'
import { nothingSpent } from '../../../../src/domain/spend.ts'
import { asked } from '../asked.ts'
import { agent, bootEntry, call, grant, hop, intent, metered, noon, person, run, runEntry } from '../entries.ts'

const people = [person('tomas'), person('ana'), null]
const targets = ['agent:a', 'agent:b', 'tool:web/search', 'tool:files/read', 'model:openai/gpt-5.5', 'server:files']
const hour_ms = 3_600_000

const step = fc.record({
  what: fc.constantFrom('intent', 'record', 'record', 'only', 'only', 'refused', 'late', 'run', 'boot', 'grant'),
  run: fc.nat(3),
  agent: fc.constantFrom('a', 'b', 'c'),
  person: fc.nat(2),
  target: fc.nat(targets.length - 1),
  depth: fc.integer({ min: 1, max: 5 }),
  pick: fc.nat(100),
  wait_ms: fc.nat(hour_ms),
  tokens: fc.nat(1000),
  cost_micros: fc.nat(100_000),
  ms: fc.nat(5000),
  laps: fc.nat(4),
  event: fc.constantFrom('opened', 'halted', 'ended', 'tainted'),
  source: fc.constantFrom('provider', 'delivered', 'reserved', 'lost', 'none'),
  status: fc.constantFrom('answered', 'failed', 'aborted', 'halted'),
  nowhere: fc.boolean(),
} as const)

type Step = typeof step extends fc.Arbitrary<infer One> ? One : never

export const anyLedger: fc.Arbitrary<readonly LedgerEntry[]> = fc
  .array(step, { maxLength: 60 })
  .map((steps) => written(steps))

function written(steps: readonly Step[]): readonly LedgerEntry[] {
  const entries: LedgerEntry[] = [bootEntry('b0')]
  const open: CallRecord[] = []
  let ts = noon
  steps.forEach((one, place) => {
    ts += one.wait_ms
    const id = hop(place + 1)
    const record = recordOf(one, id, ts)
    const { run: at, agent: from, human, target, depth, reserved } = record
    if (one.what === 'boot') entries.push({ ...bootEntry(`b${place}`), ts })
    if (one.what === 'grant') entries.push(grant({ run: at, ts }))
    if (one.what === 'run') entries.push(runEntry(run(one.run), one.event, { ts, ends_at: noon + 20 * hour_ms }))
    if (one.what === 'only') entries.push(record)
    if (one.what === 'refused') entries.push(refused(record, one.nowhere))
    if (one.what === 'intent' && at !== null && from !== null) {
      entries.push(intent(id, { run: at, agent: from, human, target, depth, reserved, ts }))
      open.push(record)
    }
    const [ended] = one.what === 'record' || one.what === 'late' ? open.splice(one.pick % (open.length || 1), 1) : []
    if (ended) entries.push(one.what === 'late' ? refused(ended, false) : { ...ended, ts: ended.ts - 1 })
  })
  return entries
}

function recordOf(one: Step, id: CallRecord['rid'], ts: number): CallRecord {
  const target = targets[one.target] ?? ''
  const usage = { ...metered().usage, input_tokens: one.tokens, cached_tokens: one.pick }
  const source = one.source === 'lost' || one.source === 'none' ? 'provider' : one.source
  const bill = metered({ usage, source, ...(one.source === 'lost' && { lost: 1 }) })
  const spent = { tokens: one.tokens, cost_micros: one.cost_micros, ...(one.laps === 0 && { unpriced: 1 }) }
  const outcome = { ...call(id).outcome, status: one.status, spent, ms: one.ms + 0.25, upstream_ms: one.ms }
  return call(id, {
    ts,
    run: run(one.run),
    agent: agent(one.agent),
    human: people[one.person] ?? null,
    target,
    depth: one.depth,
    chain: [agent('a'), agent(one.agent)],
    parent_rid: one.pick % 2 === 0 ? hop(one.pick) : null,
    reserved: { tokens: 5, cost_micros: one.cost_micros + 7 },
    outcome: one.source === 'none' ? outcome : { ...outcome, metered: bill },
    ...(one.laps < 4 && { asked: { ...asked(), laps: one.laps } }),
    ...(one.laps === 4 && { asked: null }),
  })
}

function refused(record: CallRecord, nowhere: boolean): CallRecord {
  const outcome = { ...record.outcome, status: 'refused' as const, spent: nothingSpent }
  const why = { decision: 'deny', code: 'policy_denied', rule: 'run.depth_max', detail: 'why' } as const
  return { ...record, ...why, outcome, ...(nowhere && { run: null, agent: null, human: null }) }
}
