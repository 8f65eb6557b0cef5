/** Follows the ledger while it is written: entries in their order, each once, over files that end, begin and disappear. */
import type { LedgerEntry } from '../domain/record.ts'

/** An entry with its number and the process that wrote it. */
export interface Numbered {
  readonly seq: number
  readonly boot: string
  readonly entry: LedgerEntry
}

export type FollowItem =
  | (Numbered & { readonly kind: 'entry' })
  /** Entries that are no longer there, because retention took them, or cannot be read; told once. */
  | { readonly kind: 'gap'; readonly from: number; readonly to: number; readonly why: string }
