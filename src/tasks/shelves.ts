/** What the gateway's thread and the thread with the disk say to each other about rows. */

/** One table each. A row is a number and a text of JSON. */
export const shelfNames = ['tasks', 'contexts', 'memos', 'push_configs', 'push_events', 'push_dead'] as const
export type ShelfName = (typeof shelfNames)[number]

/** What a row becomes; null: it leaves. */
export type Change = readonly [shelf: ShelfName, no: number, text: string | null]
export type Stored = readonly [no: number, text: string]

export interface KeeperSetup {
  readonly file: string
}

/** To the thread with the disk. One write is under way at a time. */
export type KeeperOrder =
  | { readonly kind: 'write'; readonly changes: readonly Change[] }
  /** What left is overwritten, wherever the disk still has it. */
  | { readonly kind: 'scrub' }
  | { readonly kind: 'stop' }

/** From the thread with the disk. */
export type KeeperNews =
  | { readonly kind: 'rows'; readonly shelf: ShelfName; readonly rows: readonly Stored[] }
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly sentence: string }
  /** The write is over: all of it survives kill -9, or nothing of it was done. */
  | { readonly kind: 'written'; readonly problem: string | null }
