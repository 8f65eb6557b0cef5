/** What `weir mcp add` needs from the rest of the house. */
import type { CliProblem } from './exit-codes.ts'
import type { PlannedEntry } from './planned-entry.ts'

export interface ToolServerTools {
  /** Reads and compiles where there is a description, and says what would become of it; writes nothing. */
  readonly preview: (asked: ToolServerAsked) => Promise<ToolServerPreview | CliProblem>
  /** What the configuration would be with that server in it; writes nothing that stays. */
  readonly plan: (configPath: string, seen: ToolServerPreview) => Promise<PlannedEntry | CliProblem>
  /** Writes it, and a description that was fetched; keeps the configuration as it was. */
  readonly write: (planned: PlannedEntry, seen: ToolServerPreview) => Promise<{ readonly backup: string } | CliProblem>
}

export interface ToolServerAsked {
  readonly configPath: string
  /** Null for one made of its name. */
  readonly slug: string | null
  readonly url: string | null
  /** File or URL of a description. */
  readonly openapi: string | null
  /** A program and its arguments; empty for none. */
  readonly command: readonly string[]
  readonly allowPrivate: boolean
}

export interface ToolServerPreview {
  readonly slug: string
  readonly place: 'http' | 'process' | 'openapi'
  /** Null for a program. */
  readonly url: string | null
  readonly command: readonly string[]
  readonly api: ApiPreview | null
}

export interface ApiPreview {
  readonly title: string
  readonly version: string
  /** As it stands in the configuration. */
  readonly document: string
  readonly sha256: string
  /** Of the description. */
  readonly bytes: number
  /** What was fetched and has to be kept beside the configuration; null for a file. */
  readonly fetched: Uint8Array | null
  readonly tools: readonly ToolPreview[]
  readonly skipped: readonly { readonly operation: string; readonly reason: string }[]
}

interface ToolPreview {
  readonly name: string
  /** `GET /pets` */
  readonly operation: string
  /** Of its definition. */
  readonly bytes: number
}
