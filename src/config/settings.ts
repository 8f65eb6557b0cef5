/** The settings as the rest of Weir sees them: names branded, limits with their mode, secrets sealed. */
import type { AgentId, PersonId, TeamId } from '../domain/ids.ts'
import type { Address } from './fields.ts'
import type { ConfigFile } from './schema.ts'
import type { AdminRole } from './schema-admin.ts'
import type { a2aBindings, a2aVersions } from './schema-interfaces.ts'
import type { limitModes } from './schema-limits.ts'
import type { Secret } from './secret.ts'
import type { ShownSettings } from './settings-card.ts'
import type { TelemetrySettings } from './settings-telemetry.ts'
import type { ModelsSettings } from './settings-models.ts'
import type { ToolsSettings } from './settings-tools.ts'
import type { DriverSettings } from './settings-drivers.ts'
import type { ClientSettings, CredentialSettings, IdentitySectionSettings, TlsSettings } from './settings-identity.ts'

export type LimitMode = (typeof limitModes)[number]
type A2aVersion = (typeof a2aVersions)[number]
type A2aBinding = (typeof a2aBindings)[number]

/** A ceiling and what happens at it. A limit that is absent does not exist. */
export interface Limit {
  readonly max: number
  readonly mode: LimitMode
}

type LimitsOf<Section> = { readonly [Name in keyof Section]?: Limit }

export type RunLimits = LimitsOf<ConfigFile['limits']['run']>
export type AgentLimits = LimitsOf<ConfigFile['limits']['agent']>
export type TeamLimits = LimitsOf<ConfigFile['limits']['team']>
export type PersonLimits = LimitsOf<ConfigFile['limits']['person']>

export interface InstanceSettings {
  readonly url: string
  /** It gets no new conversations. */
  readonly drain: boolean
}

export type ResilienceSettings = Readonly<ConfigFile['agents'][string]['resilience']>

export interface AgentSettings extends ShownSettings {
  readonly id: AgentId
  /** The URL of the first instance; null for an agent that calls but cannot be called. */
  readonly url: string | null
  /** Empty only where `url` is null. */
  readonly instances: readonly InstanceSettings[]
  readonly shared_task_store: boolean
  readonly idempotent_sends: boolean
  /** Who is called where no instance can be. */
  readonly fallback: AgentId | null
  readonly resilience: ResilienceSettings
  readonly team: TeamId | null
  readonly owner: PersonId | null
  readonly description: string
  readonly versions: readonly A2aVersion[]
  readonly bindings: readonly A2aBinding[]
  /** Overrides `versions` and `bindings` where it is not empty. */
  readonly interfaces: ConfigFile['agents'][string]['interfaces']
  readonly streams: boolean
  readonly groups: readonly string[]
  readonly external: boolean
  readonly effect: ConfigFile['agents'][string]['effect']
  readonly may_start_runs: boolean
  readonly price: Readonly<ConfigFile['agents'][string]['price']>
  /** Names are lower case. */
  readonly headers: readonly (readonly [name: string, value: Secret])[]
  readonly client: ClientSettings
  readonly credential: CredentialSettings
  /** How it is spoken to. */
  readonly driver: DriverSettings
  readonly traceparent: ConfigFile['agents'][string]['traceparent']
  /** Merged over `limits.agent`. */
  readonly limits: AgentLimits
}

export interface TeamSettings {
  readonly id: TeamId
  /** Merged over `limits.team`. */
  readonly limits: TeamLimits
}

export interface WebhookSettings {
  readonly url: string
  readonly secret: Secret | null
  /** `weir` where it is absent. */
  readonly shape?: AlertShape
  readonly routingKey?: Secret | null
}

/** A token of the admin listener. */
interface AdminTokenSettings {
  readonly name: string
  readonly roles: readonly AdminRole[]
  readonly secret: Secret
}

export type AlertShape = ConfigFile['alerts']['webhooks'][number]['shape']
export type AnomalySettings = Readonly<ConfigFile['alerts']['anomalies']>

/** One frozen snapshot of the configuration. Paths are absolute. */
export interface Settings {
  readonly gateway: {
    readonly listen: Address
    readonly admin_listen: Address
    /** Without a trailing slash. Null only where listen has port 0 and no URL is written: it follows the bound port. */
    readonly public_url: string | null
    readonly environment: ConfigFile['gateway']['environment']
    readonly engine: ConfigFile['gateway']['engine']
    /** Null for clear text. */
    readonly tls: TlsSettings | null
    /** Web pages that may call tools. */
    readonly allowed_origins: readonly string[]
    /** What Weir may reach where others name the place. */
    readonly outside: { readonly allow: readonly string[] }
    /** What answers say of their run. */
    readonly response_headers: ConfigFile['gateway']['response_headers']
    /** Keys of the labels that callers may put on what they spend. */
    readonly tags: readonly string[]
    readonly admin_tokens: readonly AdminTokenSettings[]
  }
  readonly state: {
    readonly dir: string
    /** Where the service manager hands in keys (`CREDENTIALS_DIRECTORY`, systemd.exec(5)); null if it does not. */
    readonly credentials_dir: string | null
  }
  readonly identity: IdentitySectionSettings
  readonly agents: ReadonlyMap<AgentId, AgentSettings>
  readonly tools: ToolsSettings
  readonly models: ModelsSettings
  readonly teams: ReadonlyMap<TeamId, TeamSettings>
  readonly policy: { readonly dir: string; readonly mode: ConfigFile['policy']['mode'] }
  readonly limits: {
    readonly on_breach: 'halt' | 'refuse'
    readonly run: RunLimits
    readonly agent: AgentLimits
    readonly team: TeamLimits
    readonly person: PersonLimits
    /** Merged over `person`. */
    readonly people: ReadonlyMap<PersonId, PersonLimits>
  }
  readonly timeouts: Readonly<ConfigFile['timeouts']>
  readonly maximums: Readonly<ConfigFile['maximums']>
  readonly alerts: { readonly webhooks: readonly WebhookSettings[]; readonly anomalies: AnomalySettings }
  readonly ledger: Readonly<ConfigFile['ledger']>
  readonly telemetry: TelemetrySettings
}
