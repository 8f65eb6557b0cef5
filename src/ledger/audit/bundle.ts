/**
 * Records for others, with everything it takes to check them: each as the canonical JSON its leaf was made of, with its proof
 * of inclusion, under one checkpoint; earlier checkpoints with proofs that the log goes on from them; and a statement about
 * all files, signed (in-toto in DSSE). `config/verify-log.mjs` checks it without this program.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Millis } from '../../base/clock.ts'
import type { LedgerEntry } from '../../domain/record.ts'
import type { Checkpoint } from '../checkpoint/note.ts'
import { newestCheckpoint, pastCheckpoints } from '../checkpoint/store.ts'
import { leafMaker } from '../leaf.ts'
import { readLeaves, segmentsIn } from '../leaves.ts'
import { consistencyProof, inclusionProof } from '../merkle/proof.ts'
import { TileReader } from '../merkle/tiles.ts'
import { rowReader } from '../pack.ts'

/** A record and its proof, a line of `records.jsonl`. */
export interface ProvedRecord {
  readonly seq: number
  /** The canonical JSON (RFC 8785) its leaf is the hash of. */
  readonly leaf: string
  /** Hashes from the leaf up (RFC 6962, section 2.1.1), base64. */
  readonly proof: readonly string[]
}

/** An earlier checkpoint, and the proof that the log goes on from it (RFC 6962, section 2.1.2). */
export interface OlderCheckpoint {
  readonly note: string
  readonly proof: readonly string[]
}

/** Which records: all of them that fit are exported, as far as the checkpoint counts them. */
export type Chosen = (entry: LedgerEntry, seq: number) => boolean

/** Earlier checkpoints of one bundle. */
const older_max = 100

const base64 = (hash: Buffer): string => hash.toString('base64')

/** The log as it was sealed last, to prove records by; a sentence where it cannot prove anything. */
export function openSealed(dir: string): SealedLog | string {
  const newest = newestCheckpoint(join(dir, 'log'))
  if (newest === null) return 'The ledger has no checkpoint yet: it is signed within a second of the first record.'
  return typeof newest === 'string'
    ? `The checkpoint of the ledger cannot be read: ${newest}`
    : new SealedLog(dir, newest)
}

export class SealedLog {
  readonly checkpoint: Checkpoint
  readonly #dir: string
  readonly #tiles: TileReader

  constructor(dir: string, checkpoint: Checkpoint) {
    this.#dir = dir
    this.checkpoint = checkpoint
    this.#tiles = new TileReader(join(dir, 'log'))
  }

  /** In the order of the log. A segment is in memory at a time; entries that cannot be read are passed over. */
  *records(chosen: Chosen): Generator<ProvedRecord> {
    for (const { name, first } of segmentsIn(this.#dir)) {
      if (first > this.checkpoint.size) return
      const read = readLeaves(join(this.#dir, name))
      if (typeof read === 'string') continue
      const leafOf = leafMaker(read.header)
      const entryOf = rowReader(read.header.shapes)
      for (const item of read.items) {
        if (item.kind !== 'leaf' || item.seq > this.checkpoint.size) continue
        const entry = entryOf(item.row)
        if (entry && chosen(entry, item.seq)) yield this.#proved(item.seq, leafOf(item.row, item.seq).text)
      }
    }
  }

  /** Of one record; null where a tile is missing or the checkpoint does not count it yet. */
  proofOf(seq: number): readonly string[] | null {
    return inclusionProof(this.#tiles, seq - 1, this.checkpoint.size)?.map(base64) ?? null
  }

  /** Those that were kept and those given, the newest `older_max` of them. */
  older(given: readonly Checkpoint[]): readonly OlderCheckpoint[] {
    const kept = [...pastCheckpoints(join(this.#dir, 'log'))].flatMap(({ note }) =>
      typeof note === 'string' ? [] : [note],
    )
    const { size } = this.checkpoint
    const wanted = [...kept.slice(given.length - older_max), ...given].filter((note) => note.size <= size)
    return wanted.map((note) => ({
      note: note.text,
      proof: consistencyProof(this.#tiles, note.size, size)?.map(base64) ?? [],
    }))
  }

  #proved(seq: number, leaf: string): ProvedRecord {
    return { seq, leaf, proof: this.proofOf(seq) ?? [] }
  }
}

/** What the statement says beside the hashes of the files. */
export interface BundlePredicate {
  readonly origin: string
  readonly size: number
  readonly root: string
  readonly records: number
  readonly made_at: Millis
  /** What was asked for, in words of the command line. */
  readonly asked: string
}

const statementType = 'https://in-toto.io/Statement/v1'
const predicateType = 'https://weir.dev/attestations/audit-records/v1'
const payloadType = 'application/vnd.in-toto+json'

/** A DSSE envelope around an in-toto statement about the files, by name and their hexadecimal SHA-256. */
export function statementOf(
  digests: ReadonlyMap<string, string>,
  predicate: BundlePredicate,
  sign: (bytes: Buffer) => { readonly keyid: string; readonly sig: Buffer },
): string {
  const subject = [...digests].map(([name, sha256]) => ({ name, digest: { sha256 } }))
  const body = Buffer.from(JSON.stringify({ _type: statementType, subject, predicateType, predicate }))
  const { keyid, sig } = sign(
    Buffer.concat([Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${body.length} `), body]),
  )
  const signatures = [{ keyid, sig: sig.toString('base64') }]
  return `${JSON.stringify({ payloadType, payload: body.toString('base64'), signatures }, null, 1)}\n`
}

export function digestOf(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
