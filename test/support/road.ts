/** A road with real limits, policies and settings; identity, relay and ledger do what a test says. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBoard } from '../../src/base/board.ts'
import { ManualClock } from '../../src/base/clock.ts'
import { countingDice } from '../../src/base/dice.ts'
import type { PersonId } from '../../src/domain/ids.ts'
import type { Delegation, Principal, Proof } from '../../src/domain/principal.ts'
import type { CallRecord, LedgerEntry } from '../../src/domain/record.ts'
import type { UpstreamCredential } from '../../src/identity/outbound/outbound.ts'
import { type Denial, deny, type Hop } from '../../src/domain/verdict.ts'
import { type DeliveryFacts, deliveryOf } from '../../src/identity/tokens/delivery.ts'
import type { Minting } from '../../src/identity/tokens/mint.ts'
import { epochsPlan } from '../../src/identity/revocation/epochs.ts'
import { Revocations } from '../../src/identity/revocation/revocations.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { Bench, limitsPlan } from '../../src/limits/bench.ts'
import { Runs } from '../../src/limits/runs.ts'
import { declareGatewayMetrics } from '../../src/observe/gateway-metrics.ts'
import { Registry } from '../../src/observe/metrics.ts'
import { BoundedMap } from '../../src/base/bounded-map.ts'
import type { FrontRoad } from '../../src/pipeline/mcp/front/front-road.ts'
import { Fronts } from '../../src/pipeline/mcp/front/fronts.ts'
import { connectorIn } from './connector.ts'
import { McpSessions } from '../../src/pipeline/mcp/sessions.ts'
import { Followers } from '../../src/pipeline/followers.ts'
import { CardWatch } from '../../src/pipeline/cards/card-watch.ts'
import { Outside } from '../../src/relay/wire/outside.ts'
import { Approvals } from '../../src/pipeline/approvals.ts'
import { Counts } from '../../src/pipeline/counts.ts'
import { Deliveries } from '../../src/pipeline/deliveries.ts'
import { Exchanges } from '../../src/pipeline/exchanges.ts'
import type { Road } from '../../src/pipeline/road.ts'
import { runEntry } from '../../src/pipeline/run-entry.ts'
import { serveA2a } from '../../src/pipeline/serve.ts'
import { agentFacts, limitSettings, makeSnapshot, serverFacts } from '../../src/pipeline/snapshot.ts'
import { compilePolicies } from '../../src/policy/compile.ts'
import { loadPolicies } from '../../src/policy/load.ts'
import { openPolicy, type PolicySnapshot } from '../../src/policy/snapshot.ts'
import { isCompiled } from '../../src/policy/source.ts'
import type { Bench as RelayBench, Done, Exchange, ExchangeOutcome, Mission } from '../../src/relay/exchange.ts'
import { HealthBook } from '../../src/relay/pool/health.ts'
import type { Relay } from '../../src/relay/relay.ts'
import { sendMessage } from './caller.ts'
import { emptyCatalogue } from './catalogue.ts'
import { agentId } from './hop.ts'
import { MemoryReply } from './reply.ts'
import { loadedOf } from './temp-config.ts'
import type { Presented } from '../../src/identity/authenticator.ts'
import { proofOf } from './principals.ts'
import { MemoryPaper, tasksOn } from './tasks.ts'

/** One call as the relay got it. */
export interface Sent {
  readonly hop: Hop
  readonly done: Done
  /** What the token says that went out with it. */
  readonly delegation: Delegation
  /** The target answers the first byte. */
  begin(): void
}

export interface TestRoad {
  readonly road: FrontRoad
  readonly clock: ManualClock
  readonly entries: LedgerEntry[]
  /** What reached the relay and waits for `answered`. */
  readonly sent: Sent[]
  readonly logged: string[]
  /** Every alert and its sentence. */
  readonly alerts: unknown[]
  /** Runs while a delivery token is being signed; may throw. */
  whileMinting: () => void
  /** What outbound answers for every target. */
  credential: UpstreamCredential | Denial | Promise<UpstreamCredential | Denial>
  /** The metrics page. */
  page(): string
  /** The one record of the last call. */
  lastRecord(): CallRecord | undefined
  call(from: string, to: string, more?: Calling): Promise<MemoryReply>
}

export interface Calling {
  readonly person?: PersonId | null
  readonly delegation?: Delegation
  /** Members of the proof that are not those of an API key. */
  readonly proof?: Partial<Proof>
  readonly headers?: Readonly<Record<string, string>>
  readonly reply?: MemoryReply
  readonly method?: 'SendMessage' | 'SendStreamingMessage'
  /** A whole SendMessage request; that of "hello" if not given. */
  readonly body?: string
}

/** Sections of the configuration to lay over that of the demo's agents. */
export async function pave(over: Readonly<Record<string, unknown>> = {}, policyDir = 'policy'): Promise<TestRoad> {
  const price = { call_micros: 1000, call_tokens: 10 }
  const agents = {
    console: { groups: ['entrypoints'], may_start_runs: true },
    orchestrator: { url: 'http://127.0.0.1:9/', price, may_start_runs: true },
    research: { url: 'http://127.0.0.1:9/', price, groups: ['subagents'] },
    writer: { groups: ['subagents'] },
    vault: { url: 'http://127.0.0.1:9/' },
  }
  const gateway = { public_url: 'http://weir.test' }
  const loaded = await loadedOf(JSON.stringify({ gateway, policy: { dir: './policy' }, agents, ...over }))
  const { settings } = loaded
  const clock = new ManualClock()
  const dice = countingDice()
  const [entries, sent, logged, alerts]: [LedgerEntry[], Sent[], string[], unknown[]] = [[], [], [], []]
  const test = {
    whileMinting: (): void => undefined,
    credential: { headers: [], replacesDelivery: false } as TestRoad['credential'],
  }
  const counts = { runs: settings.maximums.runs, agents: 16, teams: 4, people: 8, grants: 64, tools: 8 }
  const { revocations: max } = settings.maximums
  const board = createBoard({ ...limitsPlan(counts), ...epochsPlan(max) })
  const limits = new Bench(board, limitSettings(settings), settings.maximums)
  const runs = new Runs(board, limits, dice)
  runs.onEnded = (run, why) => void entries.push(runEntry(run, 'ended', clock.now(), why))
  const principals = new Map<string, Principal>()
  const delegations = new Map<string, Delegation>()
  const identity = {
    authenticate: ({ headers }: Presented) => principals.get(headers.get('authorization') ?? ''),
    mintDelivery: (facts: DeliveryFacts): Minting | Denial => {
      const said = deliveryOf(facts, Math.floor(clock.now() / 1000))
      if (!said) return deny('run_context_required', 'no chain')
      const times = { issuedAt: clock.now(), expiresAt: clock.now() + 630_000 }
      const delegation = { ...said, ...times, keyId: 'key', inputHash: `input-${said.tokenId}` }
      delegations.set(said.tokenId, delegation)
      const sign = (): string => {
        test.whileMinting()
        return said.tokenId
      }
      return { kind: 'minting', delegation, raw: Promise.resolve().then(sign) }
    },
    signCard: Object.assign(async (card: object) => card, { kid: () => 'k' }),
  }
  const send = (hop: Hop, { errand, watch }: Mission, tell: Done): Exchange => {
    const delegation = delegations.get(errand.delivery ?? '')
    if (!delegation) throw new Error('what goes out was minted')
    const done: Done = (outcome) => {
      if (outcome.kind === 'answered') watch.onAnswer()
      tell(outcome)
    }
    sent.push({ hop, done, delegation, begin: () => watch.onAnswer() })
    const halt = (denial: Denial): void => done(outcomeOf('halted', { denial }))
    return { abort: () => done(outcomeOf('gone')), halt, taskId: null }
  }
  const still = { push: () => undefined, cancel: () => undefined }
  const bench = { wheel: { after: () => still }, clock, settings: settings.timeouts } as unknown as RelayBench
  const relay = {
    bench,
    hub: { find: () => null },
    sendUnary: send,
    sendStream: (hop: Hop, mission: Mission, _reply: unknown, done: Done) => send(hop, mission, done),
  }
  const log = (message: string): void => void logged.push(message)
  const quiet = { debug: log, info: log, warn: log, error: log, flush: () => undefined }
  const stateDir = mkdtempSync(join(tmpdir(), 'weir-road-'))
  const outside = new Outside({ allow_private: [], connect_ms: 1000 })
  const fetchText = (): Promise<string> => Promise.reject(new Error('nobody fetches'))
  const cards = new CardWatch({
    outside,
    fetchText,
    clock,
    log: quiet,
    stateDir,
    ledger: { append: (entry) => entries.push(entry) > 0 },
  })
  await cards.use(settings, { send: (alert) => void alerts.push(alert) })
  const registry = new Registry()
  registry.knowAgents(Object.keys(agents))
  const road: FrontRoad = {
    clock,
    dice,
    snapshot: makeSnapshot(loaded, {
      publicUrl: 'http://weir.test',
      policy: await policyAt(policyDir, loaded.settings),
      outbound: { credentialFor: () => test.credential },
      toolCredentials: { speakerCredentials: () => ({ credentials: () => [], challenged: async () => [] }) },
      upstreamTls: new Map(),
      apis: new Map(),
      drivers: { bench, dice, health: new HealthBook(clock), salt: 'salt' },
      identity: identity as unknown as Road['snapshot']['identity'],
      oauth: {} as unknown as Road['snapshot']['oauth'],
      signals: { verifySignal: () => Promise.reject(new Error('nobody signals')) },
      alerts: { send: (alert) => void alerts.push(alert), dead: 0, close: async () => undefined },
      prices: { find: () => null },
    }),
    runs,
    limits,
    revocations: new Revocations([], { board, stateDir, max, clock }),
    ledger: {
      append: (entry: LedgerEntry) => entries.push(entry) > 0,
      flush: async () => true,
      secured: () => true,
      people: { ask: async () => ({ kind: 'people', people: [] }), dropped: 0 },
    } as unknown as Ledger,
    relay: relay as unknown as Relay,
    models: {
      send: () => {
        throw new Error('nobody calls models')
      },
    } as unknown as Road['models'],
    responses: new BoundedMap({ max: settings.maximums.model_responses }),
    reasoners: new BoundedMap({ max: 16 }),
    exchanges: new Exchanges(),
    deliveries: new Deliveries(),
    tasks: tasksOn(new MemoryPaper(), { clock }),
    followers: new Followers(),
    catalogue: emptyCatalogue(clock),
    papers: new BoundedMap({ max: 16 }),
    judgeWebhook: async () => null,
    nextEvent: () => 1,
    counts: new Counts(declareGatewayMetrics(registry)),
    approvals: new Approvals(settings.maximums.approvals),
    sessions: new McpSessions(Buffer.alloc(32), dice),
    lend: () => undefined,
    isForeign: () => false,
    openBehind: () => {
      throw new Error('nobody calls tools')
    },
    fronts: new Fronts(
      Buffer.alloc(32),
      { clock, dice, bench, version: '0' },
      { ...settings.maximums, ...settings.timeouts },
    ),
    connector: connectorIn(stateDir, { outside, clock, dice }),
    log: quiet,
    cards,
  }
  return Object.assign(test, {
    road,
    clock,
    entries,
    sent,
    logged,
    alerts,
    page: () => registry.render(),
    lastRecord: () => entries.findLast((entry) => entry.kind === 'call'),
    async call(
      from: string,
      to: string,
      { person = null, delegation, proof: change, headers, reply, method = 'SendMessage', body }: Calling = {},
    ) {
      const agent = agentId(`agent:${from}`)
      const expiresAt = clock.now() + 60_000
      const proof = proofOf(agent, person, { credentialId: from, expiresAt, ...change })
      principals.set(from, { proof, delegation: delegation ?? null })
      const answer = reply ?? new MemoryReply()
      const inbound = {
        method: 'POST',
        path: `/a2a/${to}/`,
        query: '',
        headers: new Map(Object.entries({ authorization: from, 'a2a-version': '1.0', ...headers })),
        body: Buffer.from((body ?? sendMessage('hello')).replace('SendMessage', method)),
        receivedAt: clock.now(),
        startedAt: clock.monotonic(),
        peer: '127.0.0.1',
        clientCert: null,
      }
      await serveA2a(road, { agent: agentId(`agent:${to}`), rest: '/' }, inbound, answer)
      return answer
    },
  })
}

/** What a relay tells of an exchange that ended so. */
export function outcomeOf(kind: ExchangeOutcome['kind'], more: Partial<ExchangeOutcome> = {}): ExchangeOutcome {
  const answer = kind === 'answered' ? { status: 200, headers: [], body: Buffer.from('{}') } : null
  const nothing = { fault: null, denial: null, errorCode: null, detail: null, firstByte_ms: null, task: null }
  return { kind, answer, sent: true, bytesIn: 0, bytesOut: 0, upstream_ms: 1, ...nothing, ...more }
}

async function policyAt(dir: string, settings: Parameters<typeof agentFacts>[0]): Promise<PolicySnapshot> {
  const source = await loadPolicies(join(import.meta.dirname, '../../config', dir))
  if (!('files' in source)) throw new Error('the shipped policies can be read')
  const compiled = compilePolicies(source)
  if (!isCompiled(compiled)) throw new Error('the shipped policies hold')
  const oracle = (): never => {
    throw new Error('nobody asks')
  }
  return openPolicy({ source, compiled, oracle, agents: agentFacts(settings), servers: serverFacts(settings) })
}

/** The headers of an answer by name. */
export function headersOf(reply: MemoryReply): Readonly<Record<string, string>> {
  return Object.fromEntries(reply.headers)
}
