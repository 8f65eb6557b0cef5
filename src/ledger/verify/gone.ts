/**
 * Entries that are not there, and whether an entry that is to be believed says that they were dropped. Statements stand behind
 * what they speak of, so all of the ledger is read before anything is called missing.
 */
import { join } from 'node:path'
import type { LedgerEntry } from '../../domain/record.ts'
import type { RecordKey } from '../checkpoint/check.ts'
import { rangeOf } from '../drop/known.ts'
import { readPruned } from '../drop/pruned-file.ts'
import { contains, merge, minus, type Range, rangesText, within } from '../drop/ranges.ts'
import { DropJudge, isDrop } from '../drop/statement.ts'
import { dropsOf, type FoundDrop } from '../drop/survey.ts'
import { type SegmentFile, segmentsIn } from '../leaves.ts'
import type { Findings } from './findings.ts'

interface Ground {
  readonly dir: string
  readonly keys: readonly RecordKey[]
  readonly findings: Findings
}

export class Gone {
  readonly #ground: Ground
  readonly #judge: DropJudge
  readonly #ranges: Range[] = []
  /** Those that are believed and that no newer one speaks for. */
  #statements: readonly FoundDrop[] = []

  constructor(ground: Ground) {
    this.#ground = ground
    this.#judge = new DropJudge(join(ground.dir, 'log'), ground.keys)
  }

  add(range: Range): void {
    const last = this.#ranges.at(-1)
    if (last && last.last + 1 === range.first)
      this.#ranges[this.#ranges.length - 1] = { first: last.first, last: range.last }
    else this.#ranges.push(range)
  }

  hear(seq: number, entry: LedgerEntry | null): void {
    if (!isDrop(entry)) return
    const found = { seq, entry }
    const problem = this.#judge.problem(entry)
    if (problem !== null) {
      const sentence = `Entry ${seq}, which says that entries ${entry.from} to ${entry.to} were dropped, ${problem}`
      return this.#ground.findings.add('drop_unfounded', sentence, { seq })
    }
    const older = this.#statements.filter((one) => !contains(rangeOf(found), rangeOf(one)))
    this.#statements = [...older, found]
  }

  /** Names what is missing; answers what was dropped. Files that came since the folder was listed may say so. */
  settle(listed: readonly SegmentFile[]): readonly Range[] {
    const { dir, findings } = this.#ground
    if (this.#missing.length > 0)
      for (const { name, first } of segmentsIn(dir))
        if (first > (listed.at(-1)?.first ?? 0))
          for (const { seq, entry } of dropsOf(join(dir, name))) this.hear(seq, entry)
    for (const { first, last } of this.#missing)
      findings.add('entries_missing', `Entries ${first} to ${last} are missing`, { seq: first, to: last })
    return within(this.#ranges, this.#covered)
  }

  /** What is not wrong and ought to be known. */
  get notes(): readonly string[] {
    const said = this.#statements.flatMap(({ seq, entry: { event, from, to } }) => {
      if (event === 'dropped') return []
      const why =
        event === 'adopted'
          ? 'were dropped by a version that did not say so in the ledger: that it was retention, only a file said'
          : 'are missing: an operator accepted it'
      return [`By entry ${seq}, entries ${from} to ${to} ${why}.`]
    })
    const claimed = minus(readPruned(join(this.#ground.dir, 'log')) ?? [], this.#covered)
    const unfounded = within(claimed, this.#ranges)
    if (unfounded.length === 0) return said
    return [...said, `log/pruned.json says that entries ${rangesText(unfounded)} were dropped, and no entry says so.`]
  }

  get #covered(): readonly Range[] {
    return merge(this.#statements.map(rangeOf))
  }

  get #missing(): readonly Range[] {
    return minus(this.#ranges, this.#covered)
  }
}
