/**
 * The log as a stage of the ledger's writer: every entry that is on the disk becomes a leaf, and every second, or as soon as
 * there are 1000 entries and the disk is quick enough for ten times a second, the tree is sealed with a signed checkpoint. Tiles are durable before the checkpoint that counts
 * their hashes.
 */
import { assert } from '../base/assert.ts'
import type { Clock, Millis } from '../base/clock.ts'
import { LogSigners } from './checkpoint/sign.ts'
import { keepCheckpoint, lastKept_s, putCheckpoint, setAside } from './checkpoint/store.ts'
import { type Anchor, type AnchorSettings, openAnchors } from './checkpoint/anchor.ts'
import type { DropEntry } from '../domain/drop-entry.ts'
import { Dropper, type SealedAt } from './drop/dropper.ts'
import { leafMaker } from './leaf.ts'
import type { OpenLog } from './open-log.ts'
import { shapes } from './pack.ts'
import type { RetentionSettings } from './retention.ts'
import type { Stage, StoredGroup } from './stage.ts'
import { readStored } from './stored.ts'

/** What the log is given when the ledger's thread starts; it can be cloned from thread to thread. */
export interface LogSetup {
  /** The private record keys, as the keyring writes them: `SlotKey[]` as JSON, those that sign first. */
  readonly keys: SharedArrayBuffer
  /** The public keys of all who ever signed, as `readRecordKeys` takes them; without it every checkpoint is believed. */
  readonly known?: string
  /** The name of the log, for a log that has none yet: it keeps that of its first checkpoint. */
  readonly origin: string
  /** An operator said that what is missing may be missing. */
  readonly accept_truncation: boolean
  readonly retention: RetentionSettings
  readonly anchors: AnchorSettings
}

export interface StagePlaces {
  readonly dir: string
  readonly boot: string
  readonly gw: string
  readonly clock: Clock
  /** Told, in sentences, of what did not work and holds nothing up: a place of anchors that is not there. */
  readonly onProblem: (sentence: string) => void
  /** Hands an entry of the log's own to whoever numbers entries; at the start, before any other. */
  readonly append: (entry: DropEntry) => void
}

const seal_entries = 1000
const seal_ms = 1000
const sealPause_ms = 100
/** Sealing, which syncs files, takes at most this part of the thread's time. */
const sealShare = 0.1
const keep_s = 3600
const sigPlace = (shapes['drop']?.indexOf('sig') ?? -1) + 1

/** Seals what the start took in before it returns: nothing is written to a ledger that has entries without a checkpoint. */
export function merkleStage(log: OpenLog, setup: LogSetup, places: StagePlaces): Stage {
  const stage = new MerkleStage(log, setup, places)
  stage.begin()
  return stage
}

class MerkleStage implements Stage {
  readonly #log: OpenLog
  readonly #places: StagePlaces
  readonly #dropper: Dropper
  readonly #signers: LogSigners
  readonly #anchors: Anchor
  readonly #origin: string
  readonly #leafOf
  #sealed: SealedAt
  #sealedAt: Millis
  /** How long sealing took the last time. */
  #took_ms = 0
  #kept_s: number
  #kid = ''

  constructor(log: OpenLog, setup: LogSetup, places: StagePlaces) {
    this.#log = log
    this.#places = places
    this.#signers = new LogSigners(setup.keys)
    this.#anchors = openAnchors(setup.anchors, places.onProblem)
    this.#origin = log.origin ?? setup.origin
    this.#leafOf = leafMaker({ boot: places.boot, gw: places.gw, shapes })
    this.#sealed = { size: log.sealed?.size ?? -1, root: log.sealed?.root.toString('base64') ?? '' }
    this.#sealedAt = places.clock.monotonic()
    this.#kept_s = lastKept_s(log.logDir)
    const { dir, clock, append } = places
    const parts = { dir, logDir: log.logDir, clock, retention: setup.retention, signers: this.#signers, append }
    this.#dropper = new Dropper(parts, log.dropped)
  }

  /** The first checkpoint of a log, or of a start that found entries behind the last one; then what it found to be gone. */
  begin(): void {
    if (this.#log.sealed?.size !== this.#log.tree.size) this.#sealFirst()
    this.#dropper.begin(this.#sealed)
  }

  #sealFirst(): void {
    const { truncated, logDir, files } = this.#log
    if (truncated) setAside(logDir, truncated.kept, this.#now_s())
    this.#seal()
    if (truncated) files.dropAfter(truncated.kept, truncated.had)
  }

  stored({ first, frames }: StoredGroup): void {
    const { tree } = this.#log
    assert(first === tree.size + 1, 'every entry becomes a leaf, in order')
    for (const frame of frames) {
      const stored = readStored(frame)
      assert(stored !== null, 'what was written can be read')
      tree.append(this.#leafOf(stored.row, tree.size + 1).hash)
      if (stored.row[0] === 'drop') this.#dropper.stored(tree.size, stored.row[sigPlace])
    }
  }

  tick(): void {
    const now = this.#places.clock.monotonic()
    const waiting = this.#log.tree.size - this.#sealed.size
    const since = now - this.#sealedAt
    if (waiting > 0 && since >= this.#pause_ms(waiting)) this.#seal()
    this.#dropper.tick(this.#sealed)
  }

  /** What could not be sealed any more is sealed by the next start. */
  close(): void {
    try {
      if (this.#log.tree.size !== this.#sealed.size) this.#seal()
      this.#anchors.close()
    } catch (error) {
      this.#places.onProblem(`the log was not sealed at the end: ${String(error)}`)
    }
  }

  #pause_ms(waiting: number): number {
    if (waiting < seal_entries) return seal_ms
    return Math.min(seal_ms, Math.max(sealPause_ms, this.#took_ms / sealShare))
  }

  #seal(): void {
    const begun = this.#places.clock.monotonic()
    const { tree, files, logDir } = this.#log
    files.write(tree)
    const { size } = tree
    const time_s = this.#now_s()
    const { kid } = this.#signers
    const root = tree.root()
    const text = this.#signers.sign({ origin: this.#origin, size, root }, time_s)
    putCheckpoint(logDir, text)
    this.#sealed = { size, root: root.toString('base64') }
    this.#sealedAt = this.#places.clock.monotonic()
    this.#took_ms = this.#sealedAt - begun
    files.clean()
    if (kid !== this.#kid || time_s - this.#kept_s >= keep_s) {
      keepCheckpoint(logDir, text, { size, time_s })
      this.#kept_s = time_s
      this.#kid = kid
    }
    // Of a log without entries there is nothing to tell.
    if (size > 0) this.#anchors.offer(text, time_s)
  }

  #now_s(): number {
    return Math.floor(this.#places.clock.now() / 1000)
  }
}
