/**
 * A statement that entries are gone, as it is signed and believed. It is signed by itself, because what a start finds behind
 * the last checkpoint is taken into the log whoever wrote it there; and it names the head of the log it was decided under,
 * so that a statement of one history says nothing in another.
 */
import { verify } from 'node:crypto'
import { canonicalJson } from '../../base/jcs.ts'
import type { DropEntry } from '../../domain/drop-entry.ts'
import type { LedgerEntry } from '../../domain/record.ts'
import { type RecordKey, windowProblem } from '../checkpoint/check.ts'
import type { LogSigners } from '../checkpoint/sign.ts'
import { rootFromTiles } from '../merkle/proof.ts'
import { TileReader } from '../merkle/tiles.ts'

export type DropFacts = Omit<DropEntry, 'v' | 'kind' | 'kid' | 'sig' | 'c'>

export function signDrop(facts: DropFacts, signers: LogSigners): DropEntry {
  return { v: 1, kind: 'drop', ...facts, ...signers.signBytes(signedText(facts)) }
}

function signedText({ ts, event, from, to, entries, rule, held, sealed, sealed_root }: DropFacts): Buffer {
  const said = { ts, event, from, to, entries, rule, held, sealed, sealed_root }
  return Buffer.from(canonicalJson({ schema: 'weir.drop/v1', ...said }))
}

/** Whether a statement is to be believed. Looks at the tiles of a log and at public keys, and keeps a few tiles in memory. */
export class DropJudge {
  readonly #tiles: TileReader
  readonly #keys: readonly RecordKey[] | null
  readonly #roots = new Map<number, string | null>()

  /** `keys` of null believe every signature: for ledgers whose checkpoints are believed as well. */
  constructor(logDir: string, keys: readonly RecordKey[] | null) {
    this.#tiles = new TileReader(logDir)
    this.#keys = keys
  }

  /** Why not, in words behind `entry n, which …`; null where it is. Never throws but what the disk says. */
  problem(entry: DropEntry): string | null {
    if (!isWellFormed(entry)) return 'is not a statement about entries before it'
    const { kid, sig, sealed, sealed_root, ts } = entry
    if (this.#keys !== null) {
      const key = this.#keys.find((one) => one.kid === kid && one.alg === 'Ed25519')
      if (!key) return 'no key of this gateway signed'
      if (!verify(null, signedText(entry), key.key, Buffer.from(sig, 'base64url')))
        return 'is not as the gateway signed it'
      const problem = windowProblem(key, ts)
      if (problem !== null) return `does not count, as ${problem}`
    }
    return this.#rootAt(sealed) === sealed_root ? null : 'was made for another history'
  }

  #rootAt(size: number): string | null {
    const known = this.#roots.get(size)
    if (known !== undefined) return known
    const root = rootFromTiles(this.#tiles, size)?.toString('base64') ?? null
    if (this.#roots.size >= roots_max) this.#roots.clear()
    this.#roots.set(size, root)
    return root
  }
}

const roots_max = 1024

/** The shapes of a segment are whatever stands in its file. */
function isWellFormed({ from, to, sealed, ts, kid, sig, ...rest }: DropEntry): boolean {
  const numbers = [from, to, sealed, ts, rest.entries, rest.held]
  const texts = [kid, sig, rest.event, rest.rule, rest.sealed_root]
  if (!numbers.every((value) => Number.isSafeInteger(value)) || !texts.every((value) => typeof value === 'string'))
    return false
  return from >= 1 && to >= from && to <= sealed && texts.every((text) => text.isWellFormed())
}

export function isDrop(entry: LedgerEntry | null): entry is DropEntry {
  return entry?.kind === 'drop'
}
