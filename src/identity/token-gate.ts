/** The way from a raw token to what it proves, for tokens of one role. A known token answers at once. */
import type { Clock } from '../base/clock.ts'
import { type Denial, deny, isDenial } from '../domain/verdict.ts'
import type { PeerBudget } from './peer-budget.ts'
import type { Prover } from './proofs/prover.ts'
import { type BaseClaims, checkClaims, type ReadToken, readToken, skew_ms } from './strict-jwt.ts'
import { type Expiring, TokenMemory } from './token-memory.ts'
import { type Trust, trustOf } from './trust/trust.ts'

export interface GateParts<T extends Expiring> {
  /** By `iss`. */
  readonly trusts: ReadonlyMap<string, Trust<T>>
  readonly memory: TokenMemory<T>
  readonly prover: Prover
  readonly budget: PeerBudget
  readonly clock: Clock
  /** Different tokens under verification at once; beyond it the answer is `busy`. */
  readonly flights_max: number
}

/** A token that passed everything but its signature. */
interface Claimed<T> {
  readonly token: ReadToken
  readonly base: BaseClaims
  readonly trust: Trust<T>
  readonly value: T
}

export class TokenGate<T extends Expiring> {
  readonly #parts: GateParts<T>
  /** Tokens under verification: who comes with the same one waits for the same answer. */
  readonly #flights = new Map<string, Promise<T | Denial>>()

  constructor(parts: GateParts<T>) {
    this.#parts = parts
  }

  /** What this token proves. Every refusal of a token is `unauthenticated` or, if it was genuine, `token_expired`. */
  prove(raw: string, peer: string): T | Denial | Promise<T | Denial> {
    const { memory, budget } = this.#parts
    const key = TokenMemory.key(raw)
    const known = memory.recall(key) ?? this.#flights.get(key)
    if (known !== undefined) return known
    const wait_ms = budget.take(peer)
    if (wait_ms > 0) return deny('rate_limited', 'too many unknown tokens from this peer', { retryAfter_ms: wait_ms })
    const claimed = this.#read(raw)
    if (!isDenial(claimed)) return this.#fly(key, claimed)
    memory.remember(key, claimed)
    return claimed
  }

  #fly(key: string, claimed: Claimed<T>): Denial | Promise<T | Denial> {
    if (this.#flights.size >= this.#parts.flights_max) return deny('busy', 'too many tokens are being verified')
    const { epoch } = this.#parts.memory
    const flight = this.#verify(claimed)
      .then((outcome) => {
        this.#parts.memory.remember(key, outcome, epoch)
        return outcome
      })
      .finally(() => this.#flights.delete(key))
    this.#flights.set(key, flight)
    return flight
  }

  #read(raw: string): Claimed<T> | Denial {
    const token = readToken(raw)
    if (isDenial(token)) return token
    const trust = trustOf(token.claims, this.#parts.trusts)
    if (!trust) return deny('unauthenticated', 'the issuer is none we know in this role')
    if (!trust.algorithms.includes(token.alg)) return deny('unauthenticated', 'alg is not what the issuer is pinned to')
    const base = checkClaims(token, trust.rule, this.#parts.clock.now())
    if (isDenial(base)) return base
    const value = trust.read(token, base)
    return isDenial(value) ? value : { token, base, trust, value }
  }

  async #verify({ token, base, trust, value }: Claimed<T>): Promise<T | Denial> {
    const { raw, alg, kid } = token
    const key = await trust.keys.find(kid, alg, base.issuedAt)
    if (key === null) return deny('unauthenticated', 'kid is no key of this issuer, or its keys cannot be read')
    const genuine = await this.#parts.prover.verify({ raw, alg, key })
    if (typeof genuine !== 'boolean') return genuine
    if (!genuine) return deny('unauthenticated', 'the signature does not hold')
    if (base.expiresAt > this.#parts.clock.now()) return value
    return deny('token_expired', `exp was more than ${skew_ms / 1000} s ago`)
  }
}
