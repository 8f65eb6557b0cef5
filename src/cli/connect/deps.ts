/** What `weir connect` needs of the house and of the machine. */
import type { CliProblem } from '../exit-codes.ts'
import type { World } from './recipe.ts'

export interface ConnectTools {
  /** Where the gateway of this configuration is, and where the client looks for its files. */
  readonly world: (configPath: string) => Promise<World | CliProblem>
  /** A file of the client; '' where there is none. */
  readonly read: (path: string) => Promise<string | CliProblem>
  /** Writes it whole, and keeps what was there; the name of that copy, or null where there was nothing. */
  readonly write: (path: string, text: string) => Promise<{ readonly backup: string | null } | CliProblem>
  /**
   * The first call of that agent that leaves a record from now on. Where none did in time, the last one of a caller whom nobody
   * knows, who may be the same with a wrong credential; null where there was none either.
   */
  readonly firstCall: (asked: FirstCallAsked) => Promise<FirstCall | null | CliProblem>
}

export interface FirstCallAsked {
  readonly configPath: string
  /** Slug or `agent:` id it must be made by; null for anybody. */
  readonly agent: string | null
  /** Milliseconds since the epoch. */
  readonly since: number
  readonly timeout_ms: number
}

/** What the gateway made of it. */
export interface FirstCall {
  readonly hop: string
  readonly agent: string | null
  readonly person: string | null
  readonly target: string
  readonly credential: string | null
  readonly run: string | null
  /** How it found its run; null for what belongs to none. */
  readonly origin: string | null
  /** Code of the refusal; null where it was let through. */
  readonly code: string | null
  readonly detail: string | null
}
