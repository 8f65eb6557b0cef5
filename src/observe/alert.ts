/** What alerts say, as data: who is told in which shape is not decided here. */
import type { Millis } from '../base/clock.ts'
import type { RunId } from '../domain/ids.ts'

/** The body of an alert apart from its `schema` member; plain data. */
export type Alert =
  | RunAlert
  | RevocationAlert
  | ApprovalAlert
  | CardAlert
  | ToolAlert
  | CostVelocityAlert
  | RepetitionAlert
  | OverAlert

/** An edge of the graph of a run. */
interface AlertEdge {
  readonly from: string
  readonly to: string
  readonly depth: number
  readonly lap: number
}

interface RunAlert {
  readonly kind: 'run_halted'
  readonly at: Millis
  /** One sentence for a person. */
  readonly sentence: string
  /** The run as the operator interface shows it. */
  readonly run: unknown
  readonly edge: AlertEdge | null
  readonly rule: string | null
  readonly code: string
}

interface RevocationAlert {
  readonly kind: 'contained' | 'revoked'
  readonly at: Millis
  /** One sentence for a person. */
  readonly sentence: string
  readonly what: string
  readonly name: string
  readonly reason: string
  readonly actor: string
  readonly source: string
  /** Calls that were under way and were ended. */
  readonly ended: number
}

interface ApprovalAlert {
  readonly kind: 'approval_required'
  readonly at: Millis
  /** One sentence for a person. */
  readonly sentence: string
  /** The run as the operator interface shows it. */
  readonly run: unknown
  /** What waits: hashes and names, never the arguments. */
  readonly approval: Readonly<Record<'id' | 'agent' | 'target' | 'method' | 'args_hash' | 'hop', string>> & {
    readonly person: string | null
  }
  readonly rule: string | null
}

interface CardAlert {
  readonly kind: 'card_changed'
  readonly at: Millis
  /** One sentence for a person. */
  readonly sentence: string
  readonly agent: string
  /** What is different, one line each; names of skills and not their texts. */
  readonly changes: readonly string[]
  /** SHA-256 of the card before and now; null where there was none. */
  readonly before: string | null
  readonly after: string
  /** Whether calls to the agent are refused until an operator approves. */
  readonly quarantined: boolean
}

interface ToolAlert {
  readonly kind: 'tool_changed'
  readonly at: Millis
  /** One sentence for a person. */
  readonly sentence: string
  readonly server: string
  readonly tool: string
  /** Either way it is neither shown nor called. */
  readonly state: 'changed' | 'quarantined' | 'pending'
  readonly why: string
  /** Digest of the approved definition, null where none was; and of the one that is listed now. */
  readonly before: string | null
  readonly after: string
  /** `text`, `schema-narrow`, `schema-widen`, `annotation-flip`, `other`. */
  readonly classes: readonly string[]
  /** What is different, one line a place, everything invisible written out. */
  readonly changes: readonly string[]
}

/** What both anomalies say of a run, whose rows are in the ledger. */
interface Anomaly {
  readonly at: Millis
  /** One sentence for a person. */
  readonly sentence: string
  readonly run: { readonly id: RunId; readonly root: string; readonly cost_micros: number; readonly unpriced: number }
  /** Of the newest call. */
  readonly edge: AlertEdge
}

interface CostVelocityAlert extends Anomaly {
  readonly kind: 'cost_velocity'
  /** Whose rate it is: a run's, or an agent's over all its runs, of which `run` is the newest. */
  readonly of: string
  readonly rate_micros_per_min: number
  /** What was usual before. */
  readonly baseline_micros_per_min: number
}

interface RepetitionAlert extends Anomaly {
  readonly kind: 'repetition'
  readonly method: string
  /** Calls along the edge that are all alike, and how long they took. */
  readonly calls: number
  readonly within_ms: number
}

/** What an alert was about is over: for receivers that keep it open until they hear of it. */
interface OverAlert {
  readonly kind: 'over'
  readonly at: Millis
  /** One sentence for a person. */
  readonly sentence: string
  readonly run: { readonly id: RunId }
}
