/**
 * `log/pruned.json`: which entries were dropped and which entry of the ledger says so. It saves a start from looking for them
 * and is not believed by itself: whoever can delete a segment can write here too.
 */
import { join } from 'node:path'
import type { Millis } from '../../base/clock.ts'
import { isJsonObject, readJsonObject } from '../../base/json.ts'
import { readIfThere } from '../merkle/tiles.ts'
import { writeWhole } from '../whole-file.ts'
import type { Range } from './ranges.ts'

/** Dropped entries that an entry speaks for. */
export interface CoveredRange extends Range {
  /** When it was said. */
  readonly at: Millis
  /** Number of the entry. */
  readonly entry: number
}

/** As it stands in the file. */
export interface SaidRange extends Range {
  readonly at: Millis
  /** Null in files of versions that did not say it in the ledger. */
  readonly entry: number | null
}

export const ranges_max = 10_000
const fileName = 'pruned.json'

export function writePruned(logDir: string, ranges: readonly CoveredRange[]): void {
  writeWhole(join(logDir, fileName), `${JSON.stringify({ schema: 'weir.pruned/v2', ranges })}\n`)
}

/** What the file says; null where there is none, or none that can be read. */
export function readPruned(logDir: string): readonly SaidRange[] | null {
  const bytes = readIfThere(join(logDir, fileName))
  const ranges = bytes && readJsonObject(bytes.toString('utf8'))?.['ranges']
  if (!Array.isArray(ranges) || ranges.length > ranges_max) return null
  const read = ranges.map(readRange).filter((range) => range !== null)
  return read.length === ranges.length ? read : null
}

function readRange(value: unknown): SaidRange | null {
  if (!isJsonObject(value)) return null
  const { first, last, at, entry = null } = value
  if (!isNumber(first) || !isNumber(last) || typeof at !== 'number') return null
  if (first < 1 || last < first || !(entry === null || isNumber(entry))) return null
  return { first, last, at, entry }
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value)
}
