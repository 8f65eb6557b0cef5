/**
 * The memory of verified tokens of one role: the main lever of the gateway's speed, for a token that is known costs a
 * hash and not a signature. It is keyed by a hash of the token, so that it holds no credential and entries are small. What was
 * refused is remembered apart, so that a flood of bad tokens cannot crowd out good ones.
 */
import { hash } from 'node:crypto'
import { BoundedMap } from '../base/bounded-map.ts'
import type { Clock, Millis } from '../base/clock.ts'
import { type Denial, isDenial } from '../domain/verdict.ts'

/** What a token proved, until when. */
export interface Expiring {
  readonly expiresAt: Millis
}

/** A verified token is judged again at least this often, so that a withdrawn key stops working. */
const verified_ms = 60_000
const refused_ms = 1000
const refused_max = 4096

export class TokenMemory<T extends Expiring> {
  readonly #known: BoundedMap<string, T>
  readonly #refused: BoundedMap<string, Denial>
  readonly #clock: Clock
  #epoch = 0

  constructor(max: number, clock: Clock) {
    this.#known = new BoundedMap({ max, clock })
    this.#refused = new BoundedMap({ max: Math.min(max, refused_max), clock })
    this.#clock = clock
  }

  /** The name a token has in here. */
  static key(raw: string): string {
    return hash('sha256', raw, 'base64url')
  }

  /** What this token proved, why it was refused a moment ago, or undefined where it is unknown. */
  recall(key: string): T | Denial | undefined {
    const known = this.#known.get(key)
    if (known !== undefined && known.expiresAt > this.#clock.now()) return known
    return this.#refused.get(key)
  }

  /** Changes when everything was forgotten: what was being judged before that is not worth remembering. */
  get epoch(): number {
    return this.#epoch
  }

  /** Every token is judged anew: a key was withdrawn. */
  forget(): void {
    this.#epoch += 1
    this.#known.clear()
  }

  /** Refusals that say something about us and not about the token (`busy`) are not kept. */
  remember(key: string, outcome: T | Denial, epoch = this.#epoch): void {
    if (!isDenial(outcome)) {
      if (epoch !== this.#epoch) return
      const left_ms = outcome.expiresAt - this.#clock.now()
      if (left_ms > 0) this.#known.set(key, outcome, Math.min(left_ms, verified_ms))
    } else if (outcome.code !== 'busy') {
      this.#refused.set(key, outcome, refused_ms)
    }
  }
}
