/**
 * Revocation as every request sees it: one generation that is read with one atomic load, and a table of names on the
 * board that is looked at only when the generation moved. A credential counts if it was issued at or after the epoch of
 * everything it names. Rows are written by the main thread and may be read by any.
 *
 *     row 0    ints  0 generation   1 epoch of everything
 *     row 1..  ints  4 slots a row: hash (2), epoch, mark; open addressing, never more than half full
 */
import { hash } from 'node:crypto'
import { type Board, type BoardPlan, intsPerRow, type Rows, rowsOf } from '../../base/board.ts'
import type { Millis } from '../../base/clock.ts'
import type { AgentId, PersonId } from '../../domain/ids.ts'
import type { Delegation, Principal, Proof } from '../../domain/principal.ts'
import {
  everything,
  nameOfKey,
  nameOfToken,
  type Revocable,
  type Revocation,
  type Work,
} from '../../domain/revocation.ts'
import { type Denial, deny } from '../../domain/verdict.ts'

const owner = 'identity.epochs'
const intsPerSlot = 4
const slotsPerRow = intsPerRow / intsPerSlot
const generationCell = 0
const everythingCell = 1

/** What stands in the last int of a slot. A free slot was used and may be again; the search goes on behind it. */
const marks = { free: 0, epoch: 1, never: 2, contained: 3 } as const

/** What a name's slot says. Epochs are seconds since the epoch. */
type Standing =
  | { readonly kind: 'clear' }
  | { readonly kind: 'epoch'; readonly epoch: number }
  | { readonly kind: 'never' }
  | { readonly kind: 'contained' }

const clear: Standing = { kind: 'clear' }

/** Names looked up since the last change; beyond it the oldest knowledge is dropped as a whole. */
const remembered_max = 16_384

/** The rows wanted on the board for so many revoked names. */
export function epochsPlan(revocations: number): BoardPlan {
  return { [owner]: 1 + slotsFor(revocations) / slotsPerRow }
}

export class Epochs {
  readonly #rows: Rows
  readonly #slots: number
  readonly #max: number
  #held = 0
  /** What names stand for, as far as they were asked for in the generation `#knownAt`. */
  readonly #known = new Map<string, Standing>()
  #knownAt = 0
  /** Verdicts on proofs and delegations, which live as long as the memory of verified tokens keeps them. */
  readonly #judged = new WeakMap<Proof | Delegation, Verdict>()

  constructor(board: Board, revocations: number) {
    this.#rows = rowsOf(board, owner)
    this.#slots = slotsFor(revocations)
    this.#max = revocations
  }

  /** Moves with every change; 0 until the first. */
  get generation(): number {
    return Atomics.load(this.#rows.ints, generationCell)
  }

  /** Writes what a revocation says; false if the table is full: then nothing has changed. */
  set({ what, name, epoch, contained }: Pick<Revocation, 'what' | 'name' | 'epoch' | 'contained'>): boolean {
    const { ints } = this.#rows
    if (what === 'everything') Atomics.store(ints, everythingCell, epoch)
    else if (!this.#put(name, epoch, contained ? marks.contained : standings[what])) return false
    Atomics.add(ints, generationCell, 1)
    return true
  }

  /** Takes a name off the table; whatever it refused counts again. */
  lift(name: string): void {
    const { ints } = this.#rows
    const at = this.#find(hashOf(name))
    if (name === everything) Atomics.store(ints, everythingCell, 0)
    else if (at === null || Atomics.load(ints, at + 3) === marks.free) return
    else {
      Atomics.store(ints, at + 3, marks.free)
      this.#held -= 1
    }
    Atomics.add(ints, generationCell, 1)
  }

  /** Why this principal may not act any more; null while nothing it names was revoked. */
  refusalOf({ proof, delegation }: Principal): Denial | null {
    const generation = this.generation
    if (generation === 0) return null
    return (
      this.#judge(proof, generation) ??
      (proof.delegation && this.#judge(proof.delegation, generation)) ??
      (delegation && this.#judge(delegation, generation))
    )
  }

  /** Why nobody may go on with this work: a contained agent takes part in it, or it began before its person's epoch. */
  refusalOfWork({ agents, person, since }: Work): Denial | null {
    const generation = this.generation
    if (generation === 0) return null
    for (const agent of agents)
      if (this.#standing(agent, generation).kind === 'contained') return containedDenial(agent)
    const late = this.#refuse('everything', everything, since)
    return late ?? (person === null ? null : this.#refuse('person', person, since))
  }

  /** The same of work that somebody owns, where what it was started with counts no more. */
  refusalOfOwned({ owner, ...work }: Work & { readonly owner: AgentId }): Denial | null {
    if (this.generation === 0) return null
    return this.refusalOfWork(work) ?? this.#refuse('agent', owner, work.since)
  }

  #judge(credential: Proof | Delegation, generation: number): Denial | null {
    const known = this.#judged.get(credential)
    if (known?.generation === generation) return known.denial
    const denial = this.#judgeAnew(credential)
    this.#judged.set(credential, { generation, denial })
    return denial
  }

  #judgeAnew(credential: Proof | Delegation): Denial | null {
    const { issuedAt, person, keyId } = credential
    const late = this.#refuse('everything', everything, issuedAt)
    if (late) return late
    for (const agent of agentsOf(credential)) {
      const denial = this.#refuse('agent', agent, issuedAt)
      if (denial) return denial
    }
    const named = person === null ? null : this.#refuse('person', person, issuedAt)
    const signed = keyId === null ? null : this.#refuse('key', nameOfKey(keyId), issuedAt)
    return named ?? signed ?? this.#refuseTokens(credential)
  }

  /** Of a delegation also those its chain acted with: what was made for calls with a token ends with that token. */
  #refuseTokens(credential: Proof | Delegation): Denial | null {
    for (const name of tokensOf(credential)) {
      const denial = this.#refuse('token', name, credential.issuedAt)
      if (denial) return denial
    }
    return null
  }

  #refuse(what: Revocable, name: AgentId | PersonId | string, issuedAt: Millis): Denial | null {
    const standing = this.#standing(name, this.generation)
    if (standing.kind === 'clear') return null
    if (standing.kind === 'contained') return containedDenial(name)
    if (standing.kind === 'epoch' && issuedAt >= standing.epoch * 1000) return null
    const until = standing.kind === 'epoch' ? `; what was issued before second ${standing.epoch} does not count` : ''
    return deny('unauthenticated', `${name} was revoked${until}`, { rule: `revoked.${what}` })
  }

  #standing(name: string, generation: number): Standing {
    if (this.#knownAt !== generation || this.#known.size >= remembered_max) {
      this.#known.clear()
      this.#knownAt = generation
    }
    const known = this.#known.get(name)
    if (known) return known
    const standing = this.#read(name)
    this.#known.set(name, standing)
    return standing
  }

  #read(name: string): Standing {
    const { ints } = this.#rows
    if (name === everything) {
      const epoch = Atomics.load(ints, everythingCell) >>> 0
      return epoch === 0 ? clear : { kind: 'epoch', epoch }
    }
    const at = this.#find(hashOf(name))
    const mark = at === null ? marks.free : Atomics.load(ints, at + 3)
    if (at === null || mark === marks.free) return clear
    if (mark === marks.contained) return { kind: 'contained' }
    return mark === marks.never ? { kind: 'never' } : { kind: 'epoch', epoch: Atomics.load(ints, at + 2) >>> 0 }
  }

  /** The epoch stands before the mark that makes it count, so that no reader sees one without the other. */
  #put(name: string, epoch: number, mark: number): boolean {
    const { ints } = this.#rows
    const hashed = hashOf(name)
    const known = this.#find(hashed)
    const isNew = known === null || Atomics.load(ints, known + 3) === marks.free
    if (isNew && this.#held >= this.#max) return false
    const at = known ?? this.#room(hashed)
    if (known === null) {
      Atomics.store(ints, at, hashed[0])
      Atomics.store(ints, at + 1, hashed[1])
    }
    Atomics.store(ints, at + 2, epoch)
    Atomics.store(ints, at + 3, mark)
    if (isNew) this.#held += 1
    return true
  }

  /** The slot that holds this hash, or null where the search meets one that was never used. */
  #find([high, low]: Hash): number | null {
    const { ints } = this.#rows
    for (let step = 0; step < this.#slots; step += 1) {
      const at = this.#slotAt(low, step)
      const found = Atomics.load(ints, at)
      if (found === high && Atomics.load(ints, at + 1) === low) return at
      if (found === 0) return null
    }
    return null
  }

  /** The first slot on the way of this hash that nothing is held in; at most half of them are held. */
  #room([, low]: Hash): number {
    const { ints } = this.#rows
    let step = 0
    while (Atomics.load(ints, this.#slotAt(low, step) + 3) !== marks.free) step += 1
    return this.#slotAt(low, step)
  }

  #slotAt(low: number, step: number): number {
    return intsPerRow + (((low >>> 0) + step) % this.#slots) * intsPerSlot
  }
}

interface Verdict {
  readonly generation: number
  readonly denial: Denial | null
}

/** How a revoked thing without further words stands on the board. */
const standings = { agent: marks.epoch, person: marks.epoch, key: marks.never, token: marks.never } as const

/** High and low word; the high one is never 0, which stands for a slot that was never used. */
type Hash = readonly [high: number, low: number]

/** 64 bits of SHA-256. Two names that share them would be revoked together: a refusal too many, never one too few. */
function hashOf(name: string): Hash {
  const [, alias] = aliasForm.exec(name) ?? []
  const bytes = alias === undefined ? hash('sha256', name, 'buffer') : Buffer.from(alias, 'hex')
  return [bytes.readInt32LE(0) || 1, bytes.readInt32LE(4)]
}

const aliasForm = /^erased:([0-9a-f]{16})$/

/** Stands for a name that may no longer be written anywhere, and has its slot. Nobody is called so. */
export function aliasOf(name: string): string {
  return aliasForm.test(name) ? name : `erased:${hash('sha256', name, 'buffer').toString('hex', 0, 8)}`
}

/** A power of two of at least twice as many slots as names, so that a search is short and always ends. */
function slotsFor(revocations: number): number {
  return 2 ** Math.ceil(Math.log2(2 * Math.max(revocations, slotsPerRow)))
}

function agentsOf(credential: Proof | Delegation): readonly AgentId[] {
  return 'agent' in credential ? [credential.agent] : [credential.holder, ...credential.chain]
}

function tokensOf(credential: Proof | Delegation): readonly string[] {
  return 'agent' in credential
    ? [nameOfToken(credential.issuer, credential.credentialId)]
    : tokenIdsOf(credential).map((id) => nameOfToken('weir', id))
}

/** The `jti` of a token of ours and of all that its chain still names. */
export function tokenIdsOf({ tokenId, lineage }: Delegation): readonly string[] {
  return [tokenId, ...lineage.links.map(({ jti }) => jti)]
}

function containedDenial(agent: string): Denial {
  return deny('agent_contained', `${agent} is contained`, { rule: 'contained.agent' })
}
