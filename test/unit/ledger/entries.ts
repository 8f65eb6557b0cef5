/** Ledger entries for tests: plain ones that read well, and arbitrary ones for laws. */
import { asked } from './asked.ts'
import { dropEntry } from './dropped.ts'
import fc from 'fast-check'
import { assert } from '../../../src/base/assert.ts'
import { denialCodes } from '../../../src/domain/denials.ts'
import { type AgentId, type HopId, isAgentId, isHopId, isPersonId, isRunId } from '../../../src/domain/ids.ts'
import type { PersonId, RunId } from '../../../src/domain/ids.ts'
import type {
  ApprovalEntry,
  BootEntry,
  CallRecord,
  GrantEntry,
  IntentEntry,
  LedgerEntry,
  RevocationEntry,
  RunEntry,
  SignalEntry,
  TokenEntry,
} from '../../../src/domain/record.ts'
import type { CardEntry, ToolEntry } from '../../../src/domain/record-definitions.ts'
import { taints } from '../../../src/domain/principal.ts'
import { nothingSpent } from '../../../src/domain/spend.ts'
import type { Metered } from '../../../src/domain/usage.ts'

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

export function person(name: string): PersonId {
  const id = `user:${name}`
  assert(isPersonId(id), 'a test names persons')
  return id
}

export function bootEntry(boot: string): BootEntry {
  return { kind: 'boot', v: 1, ts: noon, boot, gw: 'weir/0.1.0', pid: 42 }
}

export function revocationEntry(facts: Partial<RevocationEntry> = {}): RevocationEntry {
  const what = { what: 'person', name: 'user:tomas', epoch: noon / 1000, lifted: false, contained: false } as const
  const why = { reason: 'left', actor: 'ana', source: 'operator' } as const
  return { kind: 'revocation', v: 1, ts: noon, ...what, ...why, ...facts }
}

export function signalEntry(facts: Partial<SignalEntry> = {}): SignalEntry {
  const event = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked'
  const set = { iss: 'https://idp.example', jti: 's1', event, human: person('tomas'), outcome: 'revoked' } as const
  return { kind: 'signal', v: 1, ts: noon, ...set, ...facts }
}

export function approvalEntry(event: ApprovalEntry['event']): ApprovalEntry {
  const who = { run: run(1), rid: hop(1), agent: agent('a'), human: person('tomas'), target: 'agent:b' }
  const what = { method: 'SendMessage', args_hash: 'h', reason: 'checked', actor: 'ana' }
  return { kind: 'approval', v: 1, ts: noon, id: 'apr_1', event, ...who, ...what }
}

export function cardEntry(event: CardEntry['event']): CardEntry {
  const cards = { digest: 'a'.repeat(64), before: null, changes: ['skill pay added'] }
  return { kind: 'card', v: 1, ts: noon, agent: agent('b'), event, ...cards, reason: 'read it', actor: 'ana' }
}

export function toolEntry(event: ToolEntry['event']): ToolEntry {
  const what = { server: 'files', tool: 'read', digest: `sha256:${'a'.repeat(64)}`, before: null, classes: ['text'] }
  return { kind: 'tool', v: 1, ts: noon, event, ...what, reason: 'read it', actor: 'ana' }
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
  return {
    kind: 'intent',
    v: 1,
    ts: noon + 1,
    rid: id,
    human: person('tomas'),
    ...where,
    reserved,
    grants: [],
    ...facts,
  }
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
    scope: 'agent:invoke',
    adh: digest('adh'),
    dlg_head: digest('head'),
    prh: digest('prh'),
    bound: 'dpop',
    delivery: digest('jti'),
    grants: [],
    ext_head: digest('theirs'),
    taint: 'none',
    approval: null,
    claims: { vendor: 'codex', session: 's1', agent: 't2', parent: 't1', type: 'review' },
    tags: { project: 'atlas' },
    asked: asked(),
    trace: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    ...facts,
  }
}

/** The bill of a call of a model; by default of one whose price nobody knows. */
export function metered(facts: Partial<Metered> = {}): Metered {
  const usage = { input_tokens: 500, cached_tokens: 0, cache_write_tokens: 0, output_tokens: 200, reasoning_tokens: 0 }
  const unknown = { cost_micros: null, input_micros: null, output_micros: null, prices: null }
  return { model: 'openai/gpt-5.5', usage, source: 'provider', ...unknown, ...facts }
}

/** Looks like a SHA-256 in base64url. */
function digest(of: string): string {
  return of.padEnd(43, '_')
}

export function tokenEntry(token: string | null): TokenEntry {
  const about = { rid: hop(1), run: run(1), jti: digest('jti'), use: 'delivery', agent: agent('b') } as const
  return { kind: 'token', v: 1, ts: noon + 3, ...about, token }
}

export function refusedCall(id: HopId, facts: Partial<CallRecord> = {}): CallRecord {
  const allowed = call(id)
  const outcome = { ...allowed.outcome, status: 'refused' as const, spent: nothingSpent, task: null }
  return { ...allowed, decision: 'deny', code: 'policy_denied', detail: 'why', outcome, ...facts }
}

export function grant(facts: Partial<GrantEntry> = {}): GrantEntry {
  return {
    kind: 'grant',
    v: 1,
    ts: noon + 3,
    run: run(1),
    jti: 'jti-1',
    agent: agent('a'),
    person: person('tomas'),
    method: 'private_key_jwt',
    grant: 'client_credentials',
    audience: 'https://weir.test/a2a/b',
    parent_jti: null,
    scope: 'read',
    adh: null,
    bound: 'dpop',
    pop: 'hash',
    decision: 'allow',
    error: null,
    detail: null,
    policies: ['token.a'],
    pol_hash: 'sha256:00',
    expires_at: noon + 120_000,
    ext: { issuer: 'https://partner.test', head: digest('theirs'), depth: 2, actors: ['agent:a'] },
    input_hash: null,
    login_iss: 'https://login.test',
    auth_time: 1,
    acr: 'aal2',
    amr: ['hwk'],
    ...facts,
  }
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

const bills = fc
  .record({ model: text, source: fc.constantFrom('provider' as const, 'delivered' as const), prices: maybe })
  .map((facts) => metered(facts))

const plainOutcomes = fc.record({
  status: fc.constantFrom('refused' as const, 'answered' as const, 'failed' as const, 'halted' as const),
  fault: fc.constantFrom(null, 'reset' as const),
  spent: spend,
  bytes_in: count,
  bytes_out: count,
  ms: fc.double({ min: 0, max: 1e9, noNaN: true }),
  upstream_ms: fc.double({ min: 0, max: 1e9, noNaN: true }),
  task: maybe,
})

/** Of models some have a bill, and of these some a price nobody knows. */
const outcomes = fc
  .tuple(plainOutcomes, fc.option(bills, { nil: null }), fc.boolean())
  .map(([outcome, bill, unknown]) =>
    bill === null
      ? outcome
      : { ...outcome, metered: bill, spent: unknown ? { ...outcome.spent, unpriced: 1 } : outcome.spent },
  )

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

const grants = fc
  .record({ jti: maybe, audience: maybe, detail: maybe, policies: fc.array(text, { maxLength: 4 }) })
  .map(grant)

export const anyEntry: fc.Arbitrary<LedgerEntry> = fc.oneof(
  intents,
  runs,
  calls,
  grants,
  text.map(bootEntry),
  maybe.map(tokenEntry),
  text.map((reason) => revocationEntry({ reason })),
  text.map((jti) => signalEntry({ jti })),
  fc.constantFrom('granted' as const, 'refused' as const).map(approvalEntry),
  fc.constantFrom('pinned' as const, 'approved' as const).map(cardEntry),
  text.map((rule) => dropEntry({ rule })),
)
