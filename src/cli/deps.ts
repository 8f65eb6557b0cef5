/** What the terminal needs from the rest of the house. The composition root hands it in, so no organ is imported here. */
import type { Clock } from '../base/clock.ts'
import type { Dice } from '../base/dice.ts'
import type { CheckupVerdict, Finding } from '../domain/checkup.ts'
import type { CostDimension, CostReport } from '../domain/cost.ts'
import type { HopAccount, RunChain } from '../domain/evidence.ts'
import type { Inspected } from '../domain/inspected.ts'
import type { AuditTools } from './audit/deps.ts'
import type { ConnectTools } from './connect/deps.ts'
import type { CliProblem } from './exit-codes.ts'
import type { PeopleTools } from './people-deps.ts'
import type { PolicyTools } from './policy/deps.ts'
import type { PlannedEntry } from './planned-entry.ts'
import type { StoryTools } from './story/deps.ts'
import type { ToolServerTools } from './tool-server-deps.ts'

/** Where text goes; a process stream or a test's array. */
export interface TextSink {
  write(text: string): unknown
}

/** Where answers to questions and piped tokens come from. */
type TextSource = AsyncIterable<Uint8Array | string>

export interface CliDeps {
  /** Runs the gateway until it is stopped; resolves to its exit code (0, 70 or 78). */
  readonly serve: (options: ServeOptions) => Promise<number>
  /** Reads and judges a configuration file; `text` is ready to print. */
  readonly check: (path: string, options: { readonly color: boolean }) => Promise<CheckResult>
  /** Where the admin listener of the gateway with this configuration is, and the token that opens it. */
  readonly admin: (configPath: string) => Promise<AdminPlace | CliProblem>
  readonly token: TokenTools
  readonly evidence: EvidenceTools
  readonly stories: StoryTools
  readonly audit: AuditTools
  readonly card: CardTools
  readonly registry: RegistryTools
  readonly toolServers: ToolServerTools
  readonly connect: ConnectTools
  readonly people: PeopleTools
  readonly login: LoginTools
  readonly policy: PolicyTools
  /** Writes the generated reference pages; returns the paths that changed. */
  readonly docs: () => Promise<readonly string[]>
  /** Of Weir, as package.json says. */
  readonly version: string
  readonly clock: Clock
  readonly dice: Dice
  readonly stdin: TextSource
  /** Data only. */
  readonly stdout: TextSink
  /** Messages, questions and progress. */
  readonly stderr: TextSink
  /** Whether a person sits at both ends: then there is colour, and dangerous things are asked about. */
  readonly isTTY: boolean
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface ServeOptions {
  readonly configPath: string
  readonly logLevel: string
  /** Starts although sealed entries of the ledger are missing, which the ledger then says for ever. */
  readonly acceptTruncation?: boolean
}

interface CheckResult {
  readonly ok: boolean
  /** For people; one line a problem as `file:line:col`, or one line that all is well. */
  readonly text: string
  /** For machines, as the configuration reader reports them. */
  readonly problems: readonly unknown[]
}

export interface AdminPlace {
  /** `http://127.0.0.1:8081`, without a trailing slash. */
  readonly url: string
  readonly token: string
}

interface TokenTools {
  readonly mint: (request: MintRequest) => Promise<MintedToken | CliProblem>
  readonly inspect: (request: InspectRequest) => Promise<InspectedToken | CliProblem>
}

interface LoginTools {
  /** Asks an OpenID provider how people log in there. */
  readonly begin: (asked: LoginAsked) => Promise<PendingLogin | CliProblem>
  /** Exchanges an ID token at a gateway for a token with which one agent may be called. */
  readonly exchange: (asked: ExchangeAsked) => Promise<BoundToken | CliProblem>
}

interface LoginAsked {
  readonly issuer: string
  readonly clientId: string
  readonly redirectUri: string
  readonly scope: string
  /** Null for a login of any age. */
  readonly maxAge_s: number | null
}

export interface PendingLogin {
  /** For the person's browser. */
  readonly url: string
  readonly isOurs: (answer: URLSearchParams) => boolean
  readonly finish: (answer: URLSearchParams) => Promise<LoggedIn | CliProblem>
}

interface LoggedIn {
  readonly idToken: string
  /** As the issuer calls the person. */
  readonly subject: string
}

interface ExchangeAsked {
  readonly gateway: string
  /** Slug or `agent:` id, of the client and of whom it wants to call. */
  readonly agent: string
  readonly to: string
  /** File with the private JWK of the client. */
  readonly keyPath: string
  readonly idToken: string
}

export interface BoundToken {
  readonly access_token: string
  readonly token_type: 'DPoP'
  /** Milliseconds since the epoch. */
  readonly expires_at: number
  /** The one URL it is for. */
  readonly resource: string
  /** The private JWK it is bound to. */
  readonly dpop_jwk: object
}

interface CardTools {
  /** Checks the signatures of a card with a JWK Set; each is a file or a URL. */
  readonly verify: (places: { readonly card: string; readonly jwks: string }) => Promise<CardVerdict | CliProblem>
}

interface RegistryTools {
  /** Fetches a card through the guard and says what it holds. */
  readonly preview: (asked: AgentAsked) => Promise<CardPreview | CliProblem>
  /** What the configuration would be with that agent in it; writes nothing. */
  readonly plan: (configPath: string, seen: CardPreview) => Promise<PlannedEntry | CliProblem>
  /** Writes it, and keeps the file as it was. */
  readonly write: (planned: PlannedEntry) => Promise<{ readonly backup: string } | CliProblem>
  /** Asks an agent of the configuration what it can do; `step` is told what is asked next. */
  readonly examine: (asked: ExaminationAsked, step: (what: string) => void) => Promise<Checkup | CliProblem>
}

interface ExaminationAsked {
  readonly configPath: string
  /** Slug or `agent:` id. */
  readonly agent: string
  /** What is sent to it; null to ask only what makes nobody work. */
  readonly message: string | null
  /** For each thing that makes it work; null for what Weir waits in a call. */
  readonly timeout_ms: number | null
}

export interface Checkup {
  readonly agent: string
  /** Of its driver. */
  readonly kind: string
  readonly verdict: CheckupVerdict
  readonly findings: readonly Finding[]
}

interface AgentAsked {
  readonly configPath: string
  /** Of the card, or of a place below which it is. */
  readonly cardUrl: string
  /** Null for one made of its name. */
  readonly slug: string | null
  /** Where it answers; null for where its card says. */
  readonly url: string | null
  /** File or URL of the keys that must have signed the card; null where that does not matter. */
  readonly keys: string | null
  readonly allowPrivate: boolean
}

export interface CardPreview {
  readonly slug: string
  readonly url: string
  /** Where the card is. */
  readonly cardUrl: string
  readonly name: string
  readonly description: string
  readonly versions: readonly string[]
  readonly interfaces: readonly { readonly binding: string; readonly version: string; readonly url: string }[]
  /** Places in the card that count for nothing, because they are elsewhere. */
  readonly foreign: readonly string[]
  readonly skills: readonly { readonly id: string; readonly name: string; readonly description: string }[]
  readonly signature: { readonly state: string; readonly kid: string | null }
  /** SHA-256 of the card, hexadecimal. */
  readonly digest: string
  readonly keys: string | null
  /** An address the gateway must be allowed to look at; null where it is anyway. */
  readonly allow: string | null
}

export interface CardVerdict {
  readonly valid: boolean
  /** Why it is not valid; null if it is. */
  readonly reason: string | null
  readonly signatures: readonly {
    readonly kid: string | null
    readonly alg: string | null
    /** Why it does not count; null if it holds. */
    readonly problem: string | null
  }[]
}

interface MintRequest {
  readonly configPath: string
  /** Slug or `agent:` id. */
  readonly agent: string
  /** Name or `user:` id; null if the agent acts for nobody. */
  readonly person: string | null
  /** Null for the lifetime the configuration gives. */
  readonly ttl_s: number | null
  /** Slug or `agent:` id of the one agent it may call; null for a token that is good for the whole gateway. */
  readonly to: string | null
}

interface MintedToken {
  readonly token: string
  readonly agent: string
  readonly person: string | null
  /** Milliseconds since the epoch. */
  readonly expires_at: number
}

interface InspectRequest {
  readonly configPath: string
  readonly token: string
  /** File or URL of the keys to check it with; null for those of the configured gateway. */
  readonly jwks: string | null
}

export interface InspectedToken extends Inspected {
  readonly valid: boolean
  /** Why it is not valid; null if it is. */
  readonly reason: string | null
  readonly typ: string
  readonly issuer: string
  /** Key id the signature names; null if none. */
  readonly key: string | null
}

/** Reads the state directory itself, so it needs no gateway that runs. */
interface EvidenceTools {
  readonly hop: (request: { readonly configPath: string; readonly hop: string }) => Promise<HopAccount | CliProblem>
  readonly run: (request: { readonly configPath: string; readonly run: string }) => Promise<RunChain | CliProblem>
  /** Sums up the ledger; `since` in milliseconds since the epoch, null for everything and every run. */
  readonly cost: (request: CostAsked) => Promise<CostReport | CliProblem>
  /** Writes a bundle to a file that ends in `.json`, or to a folder; never over what is there. */
  readonly write: (request: { readonly chain: RunChain; readonly out: string }) => Promise<WrittenFiles | CliProblem>
}

interface CostAsked {
  readonly configPath: string
  readonly by: CostDimension
  readonly since: number | null
  readonly run: string | null
}

interface WrittenFiles {
  readonly files: readonly string[]
  /** The command that checks them. */
  readonly check: string
}
