/** Retention of the index: old hops leave in small steps, and what they came to stays in their runs. */
import type { DatabaseSync } from 'node:sqlite'
import { day_ms, type Millis } from '../../base/clock.ts'

export interface Retention {
  readonly index_days: number
  /** Hops that are kept at most. */
  readonly index_hops: number
}

/** Rows of one step: a few milliseconds. */
const step_max = 2000
/** Sums of spend are kept so long: a year and a month to compare with. */
const spend_days = 400
const count_ms = 60_000

export class Sweeper {
  readonly #base: DatabaseSync
  readonly #retention: Retention
  /** What was counted last: counting reads an index from end to end. */
  #counted = { at: Number.NEGATIVE_INFINITY, hops: 0, runs: 0 }

  constructor(base: DatabaseSync, retention: Retention) {
    this.#base = base
    this.#retention = retention
  }

  /** Drops what has to go, at most one step of it; true where there may be more. */
  step(now: Millis): boolean {
    const { index_days, index_hops } = this.#retention
    const before = now - index_days * day_ms
    if (now - this.#counted.at >= count_ms)
      this.#counted = { at: now, hops: this.#count('hops'), runs: this.#count('runs') }
    const tooMany = Math.min(step_max, this.#counted.hops - index_hops)
    this.#base.exec('BEGIN IMMEDIATE')
    try {
      let dropped = this.#drop(`WHERE at < ? AND status <> 'open' ORDER BY at LIMIT ?`, [before, step_max])
      if (dropped === 0 && tooMany > 0) dropped = this.#drop('ORDER BY n LIMIT ?', [tooMany])
      if (dropped === 0) this.#dropSums(now)
      this.#base.exec('COMMIT')
      this.#counted.hops -= dropped
      return dropped === step_max
    } catch (error) {
      if (this.#base.isTransaction) this.#base.exec('ROLLBACK')
      throw error
    }
  }

  #drop(which: string, values: readonly number[]): number {
    const rows = this.#base.prepare(`SELECT n, run_n, at FROM hops ${which}`).all(...values)
    if (rows.length === 0) return 0
    const gone = this.#base.prepare('DELETE FROM hops WHERE n = ?')
    const mark = this.#base.prepare('UPDATE runs SET hops_dropped = hops_dropped + 1 WHERE n = ?')
    let newest = 0
    for (const { n, run_n, at } of rows) {
      gone.run(Number(n))
      if (run_n !== null) mark.run(Number(run_n))
      newest = Math.max(newest, Number(at))
    }
    this.#note('dropped', (old) => old + rows.length)
    this.#note('dropped_at', (old) => Math.max(old, newest))
    return rows.length
  }

  /** Runs beside their hops may be as many as these; the oldest leave with their edges. */
  #dropSums(now: Millis): void {
    this.#base.prepare('DELETE FROM spend WHERE hour < ?').run(now - spend_days * day_ms)
    const tooMany = Math.min(step_max, this.#counted.runs - this.#retention.index_hops)
    if (tooMany <= 0) return
    const rows = this.#base.prepare('SELECT n FROM runs ORDER BY n LIMIT ?').all(tooMany)
    this.#counted.runs -= rows.length
    for (const { n } of rows)
      for (const [table, key] of [
        ['edges', 'run_n'],
        ['runs', 'n'],
      ] as const)
        this.#base.prepare(`DELETE FROM ${table} WHERE ${key} = ?`).run(Number(n))
  }

  #note(key: string, change: (old: number) => number): void {
    const old = Number(this.#base.prepare('SELECT value FROM meta WHERE key = ?').get(key)?.['value'] ?? 0)
    this.#base
      .prepare('INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value')
      .run(key, String(change(old)))
  }

  #count(table: 'hops' | 'runs'): number {
    return Number(this.#base.prepare(`SELECT count(*) AS number FROM ${table}`).get()?.['number'])
  }
}
