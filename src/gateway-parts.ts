/** The steps of a start that can fail, each as a value or the sentence that tells the operator what to do. */
import { join, dirname } from 'node:path'
import type { Board, BoardPlan } from './base/board.ts'
import { type Clock, day_ms, type Millis } from './base/clock.ts'
import type { Loaded } from './config/load.ts'
import { keepInForce, readPolicy } from './gateway-policy.ts'
import type { ApiBook } from './gateway-apis.ts'
import type { Models } from './gateway-models.ts'
import { withNames } from './gateway-vault.ts'
import type { Settings } from './config/settings.ts'
import { epochsPlan } from './identity/revocation/epochs.ts'
import { fetchTextFrom } from './identity/trust/fetch-text.ts'
import { openLateKey } from './identity/keys/late-key.ts'
import { type Keyring, openKeyring } from './identity/keys/keyring.ts'
import { openSecret } from './identity/keys/secret-file.ts'
import { openIdentity } from './identity/open.ts'
import { openOutbound } from './identity/outbound/outbound.ts'
import { Connector } from './identity/outbound/mcp-oauth/connector.ts'
import { Vault } from './identity/outbound/mcp-oauth/vault.ts'
import { openPairwise, type PairwiseName } from './identity/outbound/pairwise.ts'
import { openToolCredentials } from './identity/outbound/tool-credentials.ts'
import { clientAssertion_max_s, openSingleUse, type SingleUse, singleUsePlan } from './identity/sender/single-use.ts'
import { type Replayed, replay } from './ledger/replay.ts'
import { limitsPlan } from './limits/bench.ts'
import { Revocations } from './identity/revocation/revocations.ts'
import { readRevocations } from './identity/revocation/revocations-file.ts'
import { openSignals } from './identity/revocation/signals.ts'
import { openPriceBook } from './pricing/price-book.ts'
import type { HealthBook } from './relay/pool/health.ts'
import type { Relay } from './relay/relay.ts'
import type { Ledger } from './ledger/ledger.ts'
import { openAlerts } from './observe/alerts.ts'
import type { Log } from './observe/log.ts'
import { CardWatch } from './pipeline/cards/card-watch.ts'
import { McpSessions } from './pipeline/mcp/sessions.ts'
import { PolicySnapshot } from './policy/snapshot.ts'
import { describeProblem } from './policy/source.ts'
import type { Snapshot } from './pipeline/road.ts'
import { identitySettings, keyPlaces, makeSnapshot, readAllTls } from './pipeline/snapshot.ts'
import type { Dice } from './base/dice.ts'
import { Outside } from './relay/wire/outside.ts'
import { tokenParts } from './gateway-tokens.ts'
import { byChance, openSeal, type Seal } from './tasks/seal.ts'
import type { ProofPool } from './threads/pool.ts'

/** Why the gateway does not start; `exit` as sysexits has it. */
export interface StartProblem {
  readonly kind: 'start_problem'
  readonly exit: 70 | 75 | 78
  /** Ready to print. */
  readonly text: string
}

export function startProblem(exit: StartProblem['exit'], text: string): StartProblem {
  return { kind: 'start_problem', exit, text }
}

/** What lives as long as the process and every snapshot is made with. */
export interface Workshop {
  readonly pool: ProofPool
  readonly keys: Keyring
  readonly clock: Clock
  readonly dice: Dice
  readonly log: Log
  readonly singleUse: SingleUse
  /** The way to places that others name. */
  readonly outside: Outside
  /** What partners know our people by. */
  readonly pairwise: PairwiseName
  /** What callers hold of sessions with tool servers. */
  readonly sessions: McpSessions
  /** What its other sealed texts for them hang on. */
  readonly mcpSecret: Uint8Array
  /** What tokens of persons for tool servers are sealed with. */
  readonly seal: Seal
  /** Persons on their way to let Weir act for them at tool servers. */
  readonly connector: Connector
  /** Descriptions of APIs that are offered as tools. */
  readonly apis: ApiBook
  readonly relay: Relay
  readonly models: Models
  /** What is known of the instances of every agent. */
  readonly health: HealthBook
  /** What platforms know people by hangs on it. */
  readonly salt: string
}

/** Rows on the board for agents, teams and tools that reloads may add. */
const spareRows = 256
/** How far the newest entry of the ledger may lie ahead of now: what clocks of machines differ by, and then some. */
const ahead_max_ms = 60_000

/** The rows every part wants on the board. */
export function boardPlan({ maximums, agents, teams, tools: { servers } }: Settings): BoardPlan {
  const { runs, grants, people } = maximums
  const tools = [...servers.values()].reduce((sum, server) => sum + server.tools.size, spareRows)
  const counts = { runs, grants, people, agents: agents.size + spareRows, teams: teams.size + spareRows, tools }
  return { ...limitsPlan(counts), ...singleUsePlan(maximums.replay_proofs) }
}

/** The memory of what was used once, as long as the settings of the start want it. */
export function openUsed(board: Board, settings: Settings, world: Pick<Workshop, 'clock' | 'dice'>): SingleUse {
  const { dpop, partners } = settings.identity
  const assertion_max_s = Math.max(clientAssertion_max_s, ...partners.map((row) => row.lifetime_max_s))
  const { replay_proofs } = settings.maximums
  return openSingleUse(board, { replay_proofs, window_s: dpop.window_s, assertion_max_s }, world)
}

/**
 * Reads back what a restart must not forget. A clock that stands before the newest entry was set back: tokens that expired
 * would be valid again and the order of the records would break, so the gateway does not start on it.
 */
export async function replayLedger(settings: Settings, now: Millis): Promise<Replayed | StartProblem> {
  const dir = join(settings.state.dir, 'ledger')
  const replayed = await withNames(settings, (names) => replay(dir, now, horizonOf(settings, now), names))
  if (typeof replayed === 'string') return startProblem(75, replayed)
  const ahead_ms = (replayed.newest ?? now) - now
  if (ahead_ms <= ahead_max_ms) return replayed
  return startProblem(
    75,
    `The clock of this machine stands ${Math.ceil(ahead_ms / 1000)} s before the newest entry of the ledger. Set the clock right and start again.`,
  )
}

/** How far back a restart reads: to midnight in UTC, and to the start of the longest run that may still be open. */
function horizonOf(settings: Settings, now: Millis): number {
  return Math.max(now % day_ms, settings.limits.run.wall_clock_ms?.max ?? day_ms)
}

/** The keys of the state directory; what happens to them later goes to the log. */
export function openKeys(settings: Settings, clock: Clock, log: Log): Keyring | StartProblem {
  const late = openLateKey(settings.state.dir, clock.now())
  if (late && 'sentence' in late) return startProblem(70, late.sentence)
  const keys = openKeyring({
    ...keyPlaces(settings),
    clock,
    late,
    onTurn: (sentence) => log.info(`keys: ${sentence}`),
    onProblem: (sentence) => log.error(`keys: ${sentence}`),
  })
  return keys.kind === 'key_problem' ? startProblem(70, keys.sentence) : keys
}

export function openOutside({ gateway, timeouts }: Settings): Outside {
  return new Outside({ allow_private: gateway.outside.allow, connect_ms: timeouts.connect_ms })
}

/** Reads back what is known of the cards of agents, before the first call is served. */
export async function openCards(
  { outside, clock, log }: Workshop,
  snapshot: Snapshot,
  ledger: Ledger,
): Promise<CardWatch> {
  const { settings, alerts } = snapshot
  const parts = { outside, fetchText: fetchTextFrom('.'), clock, log, ledger }
  const cards = new CardWatch({ ...parts, stateDir: settings.state.dir })
  await cards.use(settings, alerts)
  return cards
}

/** What hangs on secrets of the state directory that are never turned. */
export type Lasting = Pick<Workshop, 'pairwise' | 'salt' | 'sessions' | 'mcpSecret' | 'seal'>

export function openLasting({ state }: Settings, dice: Dice): Lasting | StartProblem {
  const pairwise = openPairwise(state.dir, dice)
  if (typeof pairwise !== 'function') return startProblem(70, pairwise.sentence)
  const salt = openSecret(state.dir, 'pseudonyms', dice)
  if (!Buffer.isBuffer(salt)) return startProblem(70, salt.sentence)
  const seal = openSecret(state.dir, 'mcp', dice)
  if (!Buffer.isBuffer(seal)) return startProblem(70, seal.sentence)
  const kept = openSeal(seal, 'tool tokens', byChance(dice))
  const sessions = new McpSessions(seal, dice)
  return { pairwise, salt: salt.toString('hex'), sessions, mcpSecret: seal, seal: kept }
}

/** Reads back what people have let Weir hold for tool servers. */
export function openConnector(
  { state, maximums }: Settings,
  { outside, clock, dice, seal, log }: Pick<Workshop, 'outside' | 'clock' | 'dice' | 'seal' | 'log'>,
): Connector {
  const max = maximums.tool_tokens
  const vault = new Vault({ stateDir: state.dir, seal, max, onProblem: (sentence) => log.error(sentence) })
  return new Connector({ vault, outside, clock, dice, max })
}

/** Compiles the policies of these settings and opens everything a snapshot holds. */
export async function buildSnapshot(
  workshop: Workshop,
  loaded: Loaded,
  publicUrl: string,
): Promise<Snapshot | StartProblem> {
  const { settings } = loaded
  const { pool, keys, clock, dice, log, singleUse, pairwise, connector } = workshop
  const policy = await readPolicy(pool, settings, log)
  if (!(policy instanceof PolicySnapshot)) return startProblem(78, policy.map(describeProblem).join('\n'))
  const upstreamTls = await readAllTls(settings)
  if (typeof upstreamTls === 'string') return startProblem(78, upstreamTls)
  const apis = await workshop.apis.compile(settings)
  if (typeof apis === 'string') return startProblem(78, apis)
  const fetchText = fetchTextFrom(dirname(loaded.file))
  const identity = openIdentity(identitySettings(settings, publicUrl), {
    keys,
    runProofs: pool.runProofs,
    clock,
    dice,
    fetchText,
    replay: singleUse,
  })
  for (const sentence of await identity.warm()) log.warn(sentence)
  const { issuers, people, signals: rows } = settings.identity
  const signals = openSignals(rows, {
    runProofs: pool.runProofs,
    clock,
    fetchText,
    issuers: [...issuers, ...people].map(({ issuer }) => issuer),
  })
  const outbound = openOutbound(
    { agents: settings.agents, partners: settings.identity.partners, pools: settings.maximums.proofs },
    { sign: identity.sign, clock, dice, pairwise },
  )
  const toolCredentials = openToolCredentials(
    { publicUrl, ...settings.identity, pools: settings.maximums.proofs },
    { sign: identity.sign, clock, dice, pairwise, connector },
  )
  const alerts = openAlerts({ webhooks: settings.alerts.webhooks, clock, log })
  await keepInForce(loaded, policy, workshop)
  return makeSnapshot(loaded, {
    publicUrl,
    policy,
    identity,
    outbound,
    toolCredentials,
    upstreamTls,
    apis,
    drivers: { bench: workshop.relay.bench, dice, health: workshop.health, salt: workshop.salt },
    signals,
    oauth: tokenParts(identity),
    alerts,
    prices: openPriceBook(settings.models),
  })
}

/** What was in force before this start, and where it will stand on the board. */
export interface PlannedRevocations {
  readonly rows: BoardPlan
  open(board: Board): Revocations
}

export function planRevocations({ state, maximums }: Settings, clock: Clock): PlannedRevocations | StartProblem {
  const { revocations: max } = maximums
  const known = readRevocations(state.dir, max)
  if ('sentence' in known) return startProblem(70, known.sentence)
  return {
    rows: epochsPlan(max),
    open: (board) => new Revocations(known, { board, stateDir: state.dir, max, clock }),
  }
}
