/** Entries about what agents and tools say of themselves, and what became of it. */
import type { AgentId } from './ids.ts'
import type { Stamp } from './stamp.ts'

/** What an agent says of itself became, or did not become, what is trusted. */
export interface CardEntry extends Stamp {
  readonly kind: 'card'
  readonly agent: AgentId
  /** `pinned`: seen first, or the same of all that matters; `changed`: calls go on; `approved`: by an operator. */
  readonly event: 'pinned' | 'changed' | 'quarantined' | 'approved'
  /** SHA-256 of the card, hexadecimal. */
  readonly digest: string
  /** That of the card which was trusted before; null where none was. */
  readonly before: string | null
  /** What is different, one line each. */
  readonly changes: readonly string[]
  /** For `approved`; null otherwise. */
  readonly reason: string | null
  readonly actor: string | null
}

/** What a tool server says of a tool is no longer, or not yet, what is approved; or an operator decided about it. */
export interface ToolEntry extends Stamp {
  readonly kind: 'tool'
  /** Null, like `tool` and `digest`, where an operator wrote everything that is approved into the lock file. */
  readonly server: string | null
  readonly tool: string | null
  readonly event: 'changed' | 'pending' | 'quarantined' | 'approved' | 'rejected' | 'locked'
  /** `sha256:` and hexadecimal, of the whole definition. */
  readonly digest: string | null
  /** That of what was approved before; null where nothing was. */
  readonly before: string | null
  /** What kinds of things are different: `text`, `schema-widen`. */
  readonly classes: readonly string[]
  readonly reason: string | null
  /** The operator; null where Weir found out by itself. */
  readonly actor: string | null
}
