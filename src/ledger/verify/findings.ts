/** What is found wrong with a ledger, one finding for a row of entries that are wrong in the same way. */

export type FindingKind =
  | 'entry_changed'
  | 'entry_unreadable'
  | 'entries_missing'
  | 'segment_misplaced'
  | 'boot_broken'
  | 'tile_damaged'
  | 'tile_missing'
  | 'checkpoint_missing'
  | 'checkpoint_unreadable'
  | 'checkpoint_unsigned'
  | 'root_differs'
  | 'history_differs'
  | 'history_ahead'
  | 'outside_unsigned'
  | 'outside_differs'
  | 'outside_ahead'
  | 'drop_unfounded'

export interface Finding {
  readonly kind: FindingKind
  /** The first entry it is about, and the last; null where it is about none. */
  readonly seq: number | null
  readonly to: number | null
  /** Inside the ledger's folder; null where it is about no file. */
  readonly file: string | null
  readonly offset: number | null
  readonly sentence: string
}

const findings_max = 200

export class Findings {
  readonly #list: Finding[] = []
  #leftOff = 0
  #firstBad: number | null = null

  get list(): readonly Finding[] {
    return this.#list
  }

  get leftOff(): number {
    return this.#leftOff
  }

  /** The lowest number of an entry that anything is wrong with. */
  get firstBad(): number | null {
    return this.#firstBad
  }

  /** A finding that only goes on from the last one makes that longer. */
  add(kind: FindingKind, sentence: string, where: Partial<Omit<Finding, 'kind' | 'sentence'>> = {}): void {
    const { seq = null, to = seq, file = null, offset = null } = where
    if (seq !== null) this.#firstBad = Math.min(this.#firstBad ?? seq, seq)
    const last = this.#list.at(-1)
    if (last && last.kind === kind && last.file === file && seq !== null && last.to === seq - 1)
      this.#list[this.#list.length - 1] = { ...last, to }
    else if (this.#list.length < findings_max) this.#list.push({ kind, seq, to, file, offset, sentence })
    else this.#leftOff += 1
  }
}
