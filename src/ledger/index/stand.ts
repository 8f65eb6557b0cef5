/** How far an index is, as its own table says. */
import type { DatabaseSync } from 'node:sqlite'
import type { Place } from '../tail.ts'

export interface Stand {
  /** The last entry that is in it. */
  readonly seq: number
  /** The process that wrote that. */
  readonly boot: string
  /** The first byte after it in its file; 0 where that is not known. */
  readonly end: number
}

export const nowhere: Stand = { seq: 0, boot: '', end: 0 }

export function standOf(base: DatabaseSync): Stand {
  const rows = base.prepare('SELECT key, value FROM meta').all()
  const { seq = 0, boot = '', end = 0 } = Object.fromEntries(rows.map(({ key, value }) => [String(key), value]))
  return { seq: Number(seq), boot: String(boot), end: Number(end) }
}

/** Null where that is not known. */
export function placeOf({ seq, end }: Stand): Place | null {
  return end > 0 ? { seq, byte: end } : null
}
