/** What a start knows of entries that were dropped, what it has to say of some of them, and when it does not start at all. */
import { join } from 'node:path'
import type { DropEntry } from '../../domain/drop-entry.ts'
import type { RecordKey } from '../checkpoint/check.ts'
import { segmentsIn } from '../leaves.ts'
import { type CoveredRange, readPruned, type SaidRange } from './pruned-file.ts'
import { contains, minus, type Range, rangesText, within } from './ranges.ts'
import { saysWhatItDrops } from './start-name.ts'
import { DropJudge } from './statement.ts'
import { dropsIn, dropsOf, type FoundDrop, frontOf, gapsIn, headOf } from './survey.ts'

export interface KnownDrops {
  readonly ranges: readonly CoveredRange[]
  /** What nothing in the ledger says yet and this start says. */
  readonly owed: readonly OwedDrop[]
  readonly notes: readonly string[]
}

export interface OwedDrop {
  readonly event: Exclude<DropEntry['event'], 'dropped'>
  readonly range: Range
}

interface Asked {
  readonly dir: string
  readonly logDir: string
  readonly keys: readonly RecordKey[] | null
  /** An operator says that what is missing may be missing. */
  readonly accept: boolean
  readonly onProgress: (entries: number) => void
}

/** The string says what is missing. Throws what the disk says. */
export function knownDrops(asked: Asked): KnownDrops | string {
  const { dir, logDir, accept, onProgress } = asked
  const notes: string[] = []
  const file = readPruned(logDir)
  const judge = new DropJudge(logDir, asked.keys)
  const ranges = (file && ofFile(dir, file, judge)) ?? ofLedger(asked, judge, notes)
  const said = minus(file ?? [], ranges)
  const isOld = said.length > 0 && !segmentsIn(dir).some(({ name }) => isOfThisKind(join(dir, name)))
  if (said.length > 0 && !isOld)
    notes.push(`log/pruned.json says that entries ${rangesText(said)} were dropped, and no entry says so`)
  // Only what is really gone: a file that anybody may have written is no reason to drop anything.
  const adopted = isOld ? within(said, gapsIn(dir, onProgress)) : []
  const covers = [...ranges, ...adopted]
  const [oldest] = segmentsIn(dir)
  const front = oldest && oldest.first > 1 ? minus([{ first: 1, last: oldest.first - 1 }], covers) : []
  if (front.length > 0 && !accept)
    return `Entries ${rangesText(front)} in ${dir} are missing, and no entry of the ledger says that retention dropped them`
  const gaps = accept ? minus(gapsIn(dir, onProgress), covers) : []
  const owed = [
    ...adopted.map((range): OwedDrop => ({ event: 'adopted', range })),
    ...gaps.map((range): OwedDrop => ({ event: 'accepted', range })),
  ]
  notes.push(...owed.map(({ event, range }) => noteOf(event, range)))
  return { ranges, owed, notes }
}

function noteOf(event: OwedDrop['event'], { first, last }: Range): string {
  return event === 'adopted'
    ? `entries ${first} to ${last} were dropped by an older version, which did not say so in the ledger: that is said now`
    : `entries ${first} to ${last} are missing, which was accepted: the ledger says so from now on`
}

function isOfThisKind(path: string): boolean {
  const front = frontOf(headOf(path))
  return front !== null && saysWhatItDrops(front.header.boot)
}

/** Null where a range of the file has no entry that is to be believed. */
function ofFile(dir: string, file: readonly SaidRange[], judge: DropJudge): readonly CoveredRange[] | null {
  const segments = segmentsIn(dir)
  const read = new Map<string, readonly FoundDrop[]>()
  const isCovered = (range: SaidRange): range is CoveredRange => {
    const { entry: seq } = range
    const name = seq === null ? undefined : segments.findLast(({ first }) => first <= seq)?.name
    if (name === undefined) return false
    const drops = read.get(name) ?? dropsOf(join(dir, name))
    read.set(name, drops)
    const found = drops.find((drop) => drop.seq === seq)
    return found !== undefined && contains(rangeOf(found), range) && judge.problem(found.entry) === null
  }
  return file.every(isCovered) ? file : null
}

/** The newest statements, without those that a newer one speaks for. */
function ofLedger({ dir, onProgress }: Asked, judge: DropJudge, notes: string[]): readonly CoveredRange[] {
  const kept: CoveredRange[] = []
  for (const found of [...dropsIn(dir, onProgress)].toReversed()) {
    const problem = judge.problem(found.entry)
    const range = rangeOf(found)
    if (problem !== null) notes.push(`entry ${found.seq}, which speaks of dropped entries, ${problem}`)
    else if (!kept.some((newer) => contains(newer, range)))
      kept.push({ ...range, at: found.entry.ts, entry: found.seq })
  }
  return kept.toSorted((a, b) => a.first - b.first)
}

export function rangeOf({ entry: { from, to } }: Pick<FoundDrop, 'entry'>): Range {
  return { first: from, last: to }
}
