/**
 * Proves a ledger folder, or says what is wrong with it and where: every leaf is computed again from its segment and held
 * against the tiles, the tree against every checkpoint, and those against the public keys and the times in which they signed.
 * Needs nothing but the folder and public keys, changes nothing, and may look at the ledger of a gateway that runs. One segment
 * and a few tiles are in memory at a time.
 */
import { join } from 'node:path'
import type { RecordKey } from './checkpoint/check.ts'
import { emptyRoot } from './merkle/hash.ts'
import { readLeaves, type SegmentFile, segmentsIn, type LeafItem } from './leaves.ts'
import type { Range } from './drop/ranges.ts'
import { rowReader } from './pack.ts'
import type { SegmentHeader } from './segment.ts'
import { Gone } from './verify/gone.ts'
import { type Finding, Findings } from './verify/findings.ts'
import { type OutsideCheckpoint, readHeads, type SealedHead } from './verify/heads.ts'
import { TreeCheck } from './verify/tree-check.ts'

export interface VerifyAsked {
  /** The ledger's folder: `<state.dir>/ledger`. */
  readonly dir: string
  /** Of `readRecordKeys`: the keys that sign and signed checkpoints. */
  readonly keys: readonly RecordKey[]
  readonly outside?: readonly OutsideCheckpoint[]
  readonly onProgress?: (progress: VerifyProgress) => void
}

export interface VerifyProgress {
  readonly entries: number
  /** Entries that the checkpoint counts. */
  readonly of: number
}

export interface LedgerVerdict {
  /** Nothing is wrong. */
  readonly ok: boolean
  readonly findings: readonly Finding[]
  /** Findings beyond the 200 that are listed. */
  readonly findings_left_off: number
  /** The lowest number of an entry that anything is wrong with; null where nothing is, or not with an entry. */
  readonly first_bad: number | null
  /** The newest checkpoint; null where there is none. */
  readonly checkpoint: SealedHead | null
  /** Entries that were read. */
  readonly entries: number
  /** Entries behind the checkpoint: not yet sealed. */
  readonly unsealed: number
  /** What was dropped and an entry says so: its leaves are those of the tiles. */
  readonly pruned: readonly Range[]
  readonly checkpoints: number
  readonly segments: number
  readonly boots: number
  /** What is not wrong and ought to be known, in sentences: what an operator accepted, what an older version dropped. */
  readonly notes: readonly string[]
}

export async function verifyLedger(asked: VerifyAsked): Promise<LedgerVerdict> {
  const { dir, keys, outside = [], onProgress = () => undefined } = asked
  const findings = new Findings()
  const logDir = join(dir, 'log')
  // The checkpoint first: a gateway that runs goes on, and what comes after is only not sealed yet.
  const heads = readHeads({ logDir, keys, outside }, findings)
  const sealed = heads.sealed ?? { size: 0, root: emptyRoot }
  const check = new TreeCheck(logDir, sealed, heads.expected, findings)
  const gone = new Gone({ dir, keys, findings })
  const walk = new Walk({ dir, sealed: sealed.size, check, findings, gone })
  const segments = segmentsIn(dir)
  for (const [place, segment] of segments.entries()) {
    walk.segment(segment, segments[place + 1] ?? null)
    onProgress({ entries: check.size, of: sealed.size })
    await new Promise((resolve) => setImmediate(resolve))
  }
  walk.fill(sealed.size, null)
  const pruned = gone.settle(segments)
  reportAhead(check, findings)
  const { list, leftOff, firstBad } = findings
  return {
    ok: list.length === 0,
    findings: list,
    findings_left_off: leftOff,
    first_bad: firstBad,
    checkpoint: heads.head,
    entries: walk.entries,
    unsealed: Math.max(0, check.size - sealed.size),
    pruned,
    checkpoints: heads.count,
    segments: segments.length,
    boots: walk.boots,
    notes: [...walk.notes, ...gone.notes],
  }
}

/** Checkpoints that count more entries than there are: the newest is among the missing entries, those from outside are not. */
function reportAhead(check: TreeCheck, findings: Findings): void {
  for (const { kind, name, size } of check.end()) {
    if (kind !== 'outside_differs') continue
    const sentence = `${name} counts ${size} entries, and there are ${check.size}: the end was cut off, or an older state restored`
    findings.add('outside_ahead', sentence, { seq: check.size + 1, to: size })
  }
}

interface Ground {
  readonly dir: string
  readonly sealed: number
  readonly check: TreeCheck
  readonly findings: Findings
  readonly gone: Gone
}

const notes_max = 100

/** Goes through the segments in their order and gives every number its entry, or says that it has none. */
class Walk {
  readonly notes: string[] = []
  entries = 0
  readonly #ground: Ground
  readonly #boots = new Set<string>()
  #boot = ''
  constructor(ground: Ground) {
    this.#ground = ground
  }

  get boots(): number {
    return this.#boots.size
  }

  segment({ name, first }: SegmentFile, next: SegmentFile | null): void {
    const { dir, check, findings } = this.#ground
    this.fill(first - 1, null)
    const read = readIfKept(join(dir, name))
    // Dropped by retention since the folder was listed; the next one shows it.
    if (read === null) return
    if (typeof read === 'string') {
      // Made a moment ago by a gateway that runs, or that was killed: nothing in it was told to anybody.
      if (!next && first > this.#ground.sealed) return
      findings.add('entry_unreadable', `${name} cannot be read: ${read}`, { seq: first, file: name, offset: 0 })
      return this.fill(next ? next.first - 1 : this.#ground.sealed, name)
    }
    const { header, items } = read
    if (header.first !== first || first !== check.size + 1) {
      const sentence = `${name} starts with entry ${header.first}, and entry ${check.size + 1} is next`
      findings.add('segment_misplaced', sentence, { seq: check.size + 1, file: name, offset: 0 })
    }
    this.#takeBoot(header, name)
    for (const item of items) {
      if (next && check.size + 1 >= next.first) {
        findings.add('segment_misplaced', `${name} goes on into ${next.name}`, {
          seq: next.first,
          file: name,
          offset: item.offset,
        })
        return
      }
      if (item.kind === 'leaf') this.#takeLeaf(item, header, name)
      else if (!this.#takeBroken(item, next, name)) return
    }
  }

  /** Puts what the tiles say in the place of entries up to `last`; those that were not dropped are missing. */
  fill(last: number, file: string | null): void {
    const { check, findings, gone } = this.#ground
    const seq = check.size + 1
    if (seq > last) return
    if (file === null) gone.add({ first: seq, last })
    else if (last > seq)
      findings.add('entry_unreadable', `Nothing behind it in ${file} can be read`, { seq, to: last, file })
    while (check.size < last) check.skip(file)
  }

  #takeLeaf({ hash, offset, row, seq }: LeafItem & { kind: 'leaf' }, header: SegmentHeader, name: string): void {
    const { check, findings, gone } = this.#ground
    this.entries += 1
    check.take(hash, name, offset)
    if (row[0] === 'drop') gone.hear(seq, rowReader(header.shapes)(row))
    const member = (of: string): unknown => row[(header.shapes[String(row[0])]?.indexOf(of) ?? -2) + 1]
    if (row[0] === 'boot' && member('boot') !== header.boot)
      findings.add('boot_broken', `Entry ${seq} is of another boot than its file`, { seq, file: name, offset })
    if (row[0] === 'log' && this.notes.length < notes_max)
      this.notes.push(
        `At entry ${seq} a start went on with ${String(member('kept'))} of the ${String(member('had'))} entries that were sealed: an operator accepted it.`,
      )
  }

  /** False where nothing behind it can be read. */
  #takeBroken(
    { seq, offset, why, goesOn }: LeafItem & { kind: 'broken' },
    next: SegmentFile | null,
    name: string,
  ): boolean {
    const { sealed, check, findings } = this.#ground
    // The end of the newest file of a gateway that runs, or that was killed: an entry nobody was told of.
    if (!next && seq > sealed && !goesOn) return false
    findings.add('entry_unreadable', `Entry ${seq} cannot be read: ${why}`, { seq, file: name, offset })
    check.skip(name)
    if (goesOn) return true
    this.fill(next ? next.first - 1 : sealed, name)
    return false
  }

  /** A boot writes its files one after the other; one that comes back is not the one it says it is. */
  #takeBoot({ boot, first }: SegmentHeader, file: string): void {
    if (boot === this.#boot) return
    if (this.#boots.has(boot))
      this.#ground.findings.add('boot_broken', `${file} is of a boot that had ended before`, {
        seq: first,
        file,
        offset: 0,
      })
    this.#boot = boot
    this.#boots.add(boot)
  }
}

function readIfKept(path: string): ReturnType<typeof readLeaves> | null {
  try {
    return readLeaves(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
