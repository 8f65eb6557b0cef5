/** The answers of the admin listener about tools, as the terminal reads them. */

export type ToolState = 'approved' | 'pending' | 'changed' | 'quarantined'

export interface ToolRow {
  readonly server: string
  readonly name: string
  /** Its name where several servers are one. */
  readonly exposed: string
  readonly state: ToolState
  /** Why it is not approved. */
  readonly why: string | null
  /** `sha256:` and hexadecimal, of the whole definition. */
  readonly digest: string
}

export interface ToolList {
  readonly schema: 'weir.tools/v1'
  readonly approval: string
  readonly lock_file: string
  readonly servers: readonly ToolServerRow[]
  readonly tools: readonly ToolRow[]
  /** Tools that did not fit into the answer. */
  readonly more: number
}

export interface ToolServerRow {
  readonly server: string
  readonly state: 'fresh' | 'stale' | 'missing'
  readonly since: number
  readonly detail: string | null
  readonly version: number
  readonly tools: number
  /** Prompts and resources that were left out, and why. */
  readonly withheld: readonly string[]
}

export interface ToolDetail extends ToolRow {
  readonly schema: 'weir.tool/v1'
  /** Null where nothing of it is approved. */
  readonly approved: {
    readonly digest: string
    /** Null where it was only seen first. */
    readonly actor: string | null
    readonly reason: string | null
    readonly at: string
  } | null
  readonly classes: readonly string[]
  /** What is different from what is approved, a line each. */
  readonly changes: readonly string[]
  readonly findings: readonly string[]
  /** Why its arguments are not checked; null where they are. */
  readonly unchecked: string | null
  /** The beginning of the definition, everything invisible written out. */
  readonly definition: string
  readonly definition_bytes: number
}

export interface ToolsLocked {
  readonly schema: 'weir.tools_lock/v1'
  readonly lock_file: string
  readonly tools: number
}

export interface ToolOrderBody {
  readonly reason: string
  readonly digest: string
}
