/** How an agent is shown to others, as the rest of Weir sees it. */
import type { AgentId } from '../domain/ids.ts'
import type { ConfigFile } from './schema.ts'

type Row = ConfigFile['agents'][string]
type CardRow = NonNullable<Row['card']>

export interface CardSettings {
  readonly url: string
  /** SHA-256 in hexadecimal; null for that of the first card seen. */
  readonly digest: string | null
  readonly signatures: CardRow['signatures']
  /** `file:` and an absolute path, or a URL; null where no signature can be checked. */
  readonly keys: string | null
  readonly refresh_s: number
  readonly on_change: CardRow['on_change']
}

/** What an agent's row says of its being shown. */
export interface ShownSettings {
  readonly discovery: Row['discovery']
  /** Null where nobody asks for the agent's own card. */
  readonly card: CardSettings | null
  /** The agent this one is a part of; its place, headers and credential are in this row too. */
  readonly facet_of: AgentId | null
  /** Ids of the skills that are shown; null for all. */
  readonly skills: readonly string[] | null
}
