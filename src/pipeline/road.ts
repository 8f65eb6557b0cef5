/** What the road is paved with: the organs that live as long as the process, and the snapshot each call sees. */
import type { Clock } from '../base/clock.ts'
import type { Dice } from '../base/dice.ts'
import type { JsonObject } from '../base/json.ts'
import type { ToolServerSettings } from '../config/settings-tools.ts'
import type { AgentSettings, Settings } from '../config/settings.ts'
import { type AgentId, type HopId, slugOf } from '../domain/ids.ts'
import type { Identity } from '../identity/open.ts'
import type { Connector } from '../identity/outbound/mcp-oauth/connector.ts'
import type { Outbound } from '../identity/outbound/outbound.ts'
import type { ToolCredentials } from '../identity/outbound/tool-credentials.ts'
import type { Revocations } from '../identity/revocation/revocations.ts'
import type { Signals } from '../identity/revocation/signals.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Bench } from '../limits/bench.ts'
import type { Runs } from '../limits/runs.ts'
import type { Alerts } from '../observe/alerts.ts'
import type { Log } from '../observe/log.ts'
import type { PriceBook } from '../pricing/contract.ts'
import type { PolicySnapshot } from '../policy/snapshot.ts'
import type { BoundedMap } from '../base/bounded-map.ts'
import type { Card } from '../protocol/a2a/card.ts'
import type { CompiledApi } from '../protocol/openapi/contract.ts'
import type { Driver, Errand } from '../relay/driver.ts'
import type { Upstream } from '../relay/wire/upstream.ts'
import type { ModelRelay } from '../relay/models/model-relay.ts'
import type { Relay } from '../relay/relay.ts'
import type { Tasks } from '../tasks/contract.ts'
import type { CardWatch } from './cards/card-watch.ts'
import type { SeenCard } from './cards/card-change.ts'
import type { Followers } from './followers.ts'
import type { Approvals } from './approvals.ts'
import type { Counts } from './counts.ts'
import type { Deliveries } from './deliveries.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import type { McpSessions } from './mcp/sessions.ts'
import type { Exchanges } from './exchanges.ts'
import type { TokenParts } from './oauth/parts.ts'

/** One frozen state of settings and policy. A call sees exactly one, from its first step to its record. */
export interface Snapshot {
  readonly settings: Settings
  readonly configHash: string
  /** Where callers reach Weir; no trailing slash. */
  readonly publicUrl: string
  readonly agents: ReadonlyMap<AgentId, AgentEntry>
  /** Tool servers by slug. */
  readonly servers: ReadonlyMap<string, ToolServerEntry>
  readonly policy: PolicySnapshot
  readonly identity: Identity
  /** What Weir proves to upstreams. */
  readonly outbound: Outbound
  /** What Weir proves to tool servers, for each caller. */
  readonly toolCredentials: ToolCredentials
  /** What the token endpoint is made of. */
  readonly oauth: TokenParts
  readonly signals: Signals
  readonly alerts: Alerts
  /** What models cost. */
  readonly prices: PriceBook
  /** Names each agent may invoke, as denials list them; filled as they are asked for. */
  readonly alternatives: Map<AgentId, readonly AgentId[]>
  /** Names of models each caller may use, as denials list them; filled as they are asked for. */
  readonly usableModels: BoundedMap<string, readonly string[]>
  /** Signed cards by agent and view; filled as they are asked for. */
  readonly cards: Map<string, MadeCard>
}

/** A card of ours, and what it was made from: made anew where one of the two is another. */
export interface MadeCard {
  /** Signed. */
  readonly members: JsonObject
  readonly card: Card
  readonly kid: string
  readonly seen: SeenCard | null
}

/** A tool server, and where it is. */
export interface ToolServerEntry {
  readonly settings: ToolServerSettings
  /** Null for a child process. */
  readonly upstream: Upstream | null
  /** The operations of an API whose description makes tools of them; null for a server that speaks MCP. */
  readonly api: CompiledApi | null
}

/** A tool server whose messages are handed on as they are: it speaks Streamable HTTP. */
export type CarriedServer = ToolServerEntry & { readonly upstream: Upstream }

export function isCarried(entry: ToolServerEntry): entry is CarriedServer {
  return entry.settings.place.kind === 'http' && entry.upstream !== null
}

/** What the registry knows of an agent, as the road needs it. */
export interface AgentEntry {
  readonly settings: AgentSettings
  /** How it is spoken to; null for an agent that calls but cannot be called. */
  readonly driver: Driver | null
  /** Whether it speaks A2A itself. */
  readonly speaksA2a: boolean
}

/** An agent that can be called. */
export type CallableEntry = AgentEntry & { readonly driver: Driver }

export function isCallable(entry: AgentEntry | undefined): entry is CallableEntry {
  return entry !== undefined && entry.driver !== null
}

/** What a hop shows its target. */
export type Papers = Pick<Errand, 'delivery' | 'credential'>

export interface Road {
  readonly clock: Clock
  readonly dice: Dice
  /** Swapped as one reference by a reload. */
  snapshot: Snapshot
  readonly runs: Runs
  readonly limits: Bench
  readonly revocations: Revocations
  /** What agents say of themselves, and which of them must not be called because of it. */
  readonly cards: CardWatch
  readonly ledger: Ledger
  readonly relay: Relay
  /** Tokens that earlier responses of models read and wrote, by caller, person, model and id. */
  readonly responses: BoundedMap<string, number>
  /** Models that have reasoned, by `provider/model`. */
  readonly reasoners: BoundedMap<string, true>
  /** Carries calls of models to their providers. */
  readonly models: ModelRelay
  readonly exchanges: Exchanges
  readonly deliveries: Deliveries
  readonly tasks: Tasks
  readonly followers: Followers
  /** Why nothing may be posted to a URL of a caller, as a sentence for it; null where it may. */
  judgeWebhook(url: string): Promise<string | null>
  /** A number that grows with each event that is told to webhooks, over restarts too. */
  nextEvent(): number
  /** What calls that started tasks proved to agents that take nothing but a token exchanged for a delivery, by their hop. */
  readonly papers: BoundedMap<HopId, Pick<Errand, 'credential'>>
  readonly counts: Counts
  readonly log: Log
  readonly approvals: Approvals
  /** Sessions with tool servers, kept by their callers. */
  readonly sessions: McpSessions
  /** What is known of the tool servers. */
  readonly catalogue: Catalogue
  /** Persons on their way to let Weir act for them at tool servers. */
  readonly connector: Connector
}

/** The resource of a tool server, like that of an agent. */
export function resourceOfServer({ publicUrl }: Pick<Snapshot, 'publicUrl'>, slug: string): string {
  return `${publicUrl}/mcp/s/${slug}`
}

/** The resource of an agent: the audience of tokens for it (RFC 8707), without a trailing slash. */
export function resourceOf({ publicUrl }: Pick<Snapshot, 'publicUrl'>, agent: AgentId): string {
  return `${publicUrl}/a2a/${slugOf(agent)}`
}

/** The agent that serves the calls to an agent: the one it is a facet of, or itself. */
export function serverOf({ id, facet_of }: Pick<AgentSettings, 'id' | 'facet_of'>): AgentId {
  return facet_of ?? id
}

/** The same for an agent that may not be registered any more. */
export function serverIn({ agents }: Pick<Snapshot, 'agents'>, agent: AgentId): AgentId {
  return agents.get(agent)?.settings.facet_of ?? agent
}
