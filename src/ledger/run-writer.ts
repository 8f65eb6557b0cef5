import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { assert } from '../base/assert.ts'
import { systemClock } from '../base/clock.ts'
import type { DropEntry } from '../domain/drop-entry.ts'
import { readRecordKeys } from './checkpoint/check.ts'
import { newestCheckpoint } from './checkpoint/store.ts'
import { systemDisk } from './disk.ts'
import { lockFolder } from './lock.ts'
import { type LogSetup, merkleStage } from './merkle-stage.ts'
import { openLog, type OpenLog, type Trust } from './open-log.ts'
import type { Truncation } from './open-tree.ts'
import { recover } from './recover.ts'
import type { Stage } from './stage.ts'
import { Status } from './status.ts'
import { openVaultStage } from './vault/stage.ts'
import { Writer, type WriterSetup } from './writer.ts'

/** What the ledger's thread tells the gateway's thread in words; numbers travel over shared memory. */
export type WriterNews =
  | {
      readonly kind: 'ready'
      readonly next: number
      readonly cuts: readonly string[]
      readonly truncated: Truncation | null
      /** What the log says before anything else. */
      readonly drops: readonly DropEntry[]
    }
  /** An entry of the log's own, to be numbered like any other. */
  | { readonly kind: 'append'; readonly entry: DropEntry }
  | { readonly kind: 'refused'; readonly detail: string }
  /** What holds nothing up and somebody should know. */
  | { readonly kind: 'note'; readonly sentence: string }
  | { readonly kind: 'health'; readonly detail: string | null }

/** How long entries are gathered for one sync; longest sleep without entries, to look at the free space. */
const gather_ms = 2
const idle_ms = 1000
const progress_ms = 2000
/** How often a disk that failed is tried again. */
const retry_ms = 250

/** The whole life of the ledger's thread: lock, mend, write until told to stop. Blocks; returns when it has ended. */
export function runWriter(setup: WriterSetup, tell: (news: WriterNews) => void): void {
  try {
    mkdirSync(setup.dir, { recursive: true, mode: 0o700 })
    using lock = lockFolder(setup.dir)
    if (!lock) return tell({ kind: 'refused', detail: `another process writes to ${setup.dir}` })
    const sealed = sealedIn(setup)
    const { next, cuts } = recover(setup.dir, sealed)
    // Whoever writes without the log leaves what only a start with it can judge as it was found.
    if (!setup.log && next <= sealed) return tell({ kind: 'refused', detail: missingText(next, sealed, cuts) })
    const log = setup.log && openLog(setup.dir, next - 1, trustOf(setup.log), progressTo(tell))
    if (log?.kind === 'log_problem') return tell({ kind: 'refused', detail: [log.sentence, ...cuts].join(' ') })
    const drops: DropEntry[] = []
    let append = (entry: DropEntry): unknown => drops.push(entry)
    const stages = log ? [stageOf(log, setup, { tell, append: (entry) => append(entry) })] : []
    const status = new Status(setup.status)
    const writer = new Writer(setup, { status, disk: systemDisk, stages: [...vaultOf(setup), ...stages] }, next)
    tell({ kind: 'ready', next, cuts: [...cuts, ...(log?.notes ?? [])], truncated: log?.truncated ?? null, drops })
    append = (entry) => tell({ kind: 'append', entry })
    writeUntilStopped(writer, status, tell)
    writer.end()
  } catch (error) {
    tell({ kind: 'refused', detail: String(error) })
  }
}

function trustOf({ accept_truncation: accept, known, anchors }: LogSetup): Trust {
  return { accept, keys: known === undefined ? null : (readRecordKeys(known) ?? []), anchors: anchors.files }
}

/** Entries that must be there: cutting a tail off below them would destroy what shows what happened. */
function sealedIn({ dir, log }: WriterSetup): number {
  const newest = log?.accept_truncation ? null : newestCheckpoint(join(dir, 'log'))
  return newest === null || typeof newest === 'string' ? 0 : newest.size
}

function missingText(next: number, sealed: number, cuts: readonly string[]): string {
  return [`Entries ${next} to ${sealed} of the ledger cannot be read; weir audit verify says more.`, ...cuts].join(' ')
}

/** Says how far a start is that takes long: an old ledger that is taken in, or one whose tiles are made again. */
function progressTo(tell: (news: WriterNews) => void): (entries: number) => void {
  let toldAt = systemClock.monotonic()
  return (entries) => {
    const now = systemClock.monotonic()
    if (now - toldAt < progress_ms) return
    toldAt = now
    tell({ kind: 'note', sentence: `${entries} entries are in the log; the start goes on` })
  }
}

interface Ways {
  readonly tell: (news: WriterNews) => void
  readonly append: (entry: DropEntry) => void
}

function stageOf(log: OpenLog, setup: WriterSetup, { tell, append }: Ways): Stage {
  const { dir, boot, gw, log: logSetup } = setup
  assert(logSetup !== null, 'a log that was opened was asked for')
  const onProblem = (sentence: string): void => tell({ kind: 'note', sentence })
  return merkleStage(log, logSetup, { dir, boot, gw, clock: systemClock, onProblem, append })
}

/** Before anything else: no person stands in what is written. Throws where the keys of persons cannot be opened. */
function vaultOf({ dir, vault }: WriterSetup): readonly Stage[] {
  return vault ? [openVaultStage(vault, dir)] : []
}

function writeUntilStopped(writer: Writer, status: Status, tell: (news: WriterNews) => void): void {
  let told: string | null = null
  for (;;) {
    const stopping = status.stopping
    const before = status.durable
    const problem = writer.step()
    status.failing = problem !== null
    if (problem !== told) tell({ kind: 'health', detail: problem })
    told = problem
    const stuck = problem !== null && status.durable === before
    if (stopping && (stuck || writer.done)) return
    if (stuck) status.pause(retry_ms)
    else if (!stopping) gather(writer, status)
  }
}

/** Waits for entries, and then a moment for more of them: one sync costs as much as a hundred packed entries. */
function gather(writer: Writer, status: Status): void {
  if (writer.done) writer.wait(idle_ms)
  if (!writer.done && !writer.full) status.pause(gather_ms)
}
