/**
 * Everything that is revoked, under its readable names: on the board for the road, in a list for operators, in a file
 * for the next start. What is ordered counts from the moment the call returns; that it survives a restart is known when
 * its promise says so.
 */
import type { Board } from '../../base/board.ts'
import type { Clock } from '../../base/clock.ts'
import type { Revocation } from '../../domain/revocation.ts'
import { aliasOf, Epochs } from './epochs.ts'
import { RevocationsFile } from './revocations-file.ts'

/** Clients may fill one part in so many of the table. */
const clientShare = 2

export interface RevocationsParts {
  readonly board: Board
  readonly stateDir: string
  /** `maximums.revocations`. */
  readonly max: number
  readonly clock: Clock
}

export class Revocations {
  readonly epochs: Epochs
  readonly #byName = new Map<string, Revocation>()
  /** Names that are there because a client gave its own token back. */
  readonly #ofClients = new Set<string>()
  readonly #file: RevocationsFile
  readonly #max: number
  readonly #clock: Clock

  /** `known` is what `readRevocations` found; it fits. */
  constructor(known: readonly Revocation[], { board, stateDir, max, clock }: RevocationsParts) {
    this.epochs = new Epochs(board, max)
    this.#file = new RevocationsFile(stateDir, () => this.#byName.values())
    this.#max = max
    this.#clock = clock
    for (const revocation of known) this.#put(revocation)
  }

  /** In the order in which they were first ordered. */
  list(): readonly Revocation[] {
    return [...this.#byName.values()]
  }

  find(name: string): Revocation | undefined {
    return this.#byName.get(name) ?? this.#byName.get(aliasOf(name))
  }

  /**
   * Erases a name that was revoked: what it refuses stays in force under the hash that the board has of it. `change` takes the
   * name out of texts. Written down with the next `save`.
   */
  forget(name: string, change: (text: string) => string): void {
    // In their order.
    for (const known of this.list()) {
      const as = known.name === name ? aliasOf(name) : known.name
      this.#byName.delete(known.name)
      this.#byName.set(as, { ...known, name: as, reason: change(known.reason), actor: change(known.actor) })
    }
  }

  /**
   * Puts a revocation in force at once. An epoch never goes back and containment is taken off by `lift` alone, so what
   * is in force may be more than what was ordered. Answers what is, or null where the table is full: then nothing has
   * changed. To clients it is full when they fill half of it, or the one that is to be contained could fill the rest.
   */
  revoke(ordered: Revocation): Revocation | null {
    if (!this.#hasRoom(ordered)) this.#forgetOver()
    return this.#hasRoom(ordered) || this.find(ordered.name) ? this.#put(ordered) : null
  }

  /** Takes a revocation back; the one that was in force, or null if there was none. */
  lift(name: string): Revocation | null {
    const known = this.find(name)
    if (!known) return null
    this.#byName.delete(known.name)
    this.#ofClients.delete(known.name)
    this.epochs.lift(known.name)
    return known
  }

  /** Null once everything in force survives a restart, else why it does not. Never rejects. */
  save(): Promise<string | null> {
    return this.#file.save()
  }

  #put(ordered: Revocation): Revocation | null {
    const known = this.find(ordered.name)
    if (!known && this.#byName.size >= this.#max) return null
    const inForce = known ? widest(known, ordered) : ordered
    if (!this.epochs.set(inForce)) return null
    // Whoever was erased and comes back is somebody with a name again.
    if (known && known.name !== inForce.name) this.#byName.delete(known.name)
    this.#byName.set(inForce.name, inForce)
    if (ordered.source !== 'client') this.#ofClients.delete(ordered.name)
    else if (!known) this.#ofClients.add(ordered.name)
    return inForce
  }

  #hasRoom({ source }: Revocation): boolean {
    return this.#byName.size < this.#max && (source !== 'client' || this.#ofClients.size < this.#max / clientShare)
  }

  #forgetOver(): void {
    const now = this.#clock.now()
    for (const { name, until } of this.list()) if (until !== null && until <= now) this.lift(name)
  }
}

function widest(known: Revocation, ordered: Revocation): Revocation {
  return {
    ...ordered,
    epoch: Math.max(known.epoch, ordered.epoch),
    contained: known.contained || ordered.contained,
    until: known.until === null || ordered.until === null ? null : Math.max(known.until, ordered.until),
  }
}
