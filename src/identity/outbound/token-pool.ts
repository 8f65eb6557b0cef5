/**
 * Tokens of another authorization server, kept ready. A call takes what is there and never waits for a refresh; only the
 * first waits. Each token is replaced after 80 % of its life by the calls that come, so what nobody uses is not renewed.
 *
 *     none --first call waits--> fresh --80 %--> due, used while one is fetched --100 %--> gone
 *       \--failed--> resting 1 s, 2 s, 4 s .. 30 s: calls are refused at once --> one call tries again
 */
import type { Clock } from '../../base/clock.ts'
import { type Denial, deny, isDenial } from '../../domain/verdict.ts'

/** A token and how long it lives from now. */
export interface Obtained {
  readonly token: string
  readonly lifetime_ms: number
}

/** Asks for one token. Never rejects. */
export type Obtain = () => Promise<Obtained | Denial>

interface Held {
  readonly token: string
  readonly dueAt: number
  readonly endsAt: number
}

const due = 0.8
/** A token that ends on its way to the upstream is useless. */
const margin_ms = 2000
const rest_ms = { first: 1000, longest: 30_000 }

export class TokenPool {
  readonly #ahead: number
  readonly #clock: Clock
  #held: readonly Held[] = []
  #turn = 0
  #flight: Promise<string | Denial> | null = null
  #failures = 0
  #tryAt = Number.NEGATIVE_INFINITY
  #denial: Denial | null = null

  /** Keeps up to `ahead` tokens and uses them in turn. */
  constructor(ahead: number, clock: Clock) {
    this.#ahead = ahead
    this.#clock = clock
  }

  /** A token that still lives; waits only where there is none. */
  take(obtain: Obtain): string | Denial | Promise<string | Denial> {
    const now = this.#clock.monotonic()
    this.#held = this.#held.filter(({ endsAt }) => endsAt > now)
    const fresh = this.#held.filter(({ dueAt }) => dueAt > now)
    if (fresh.length < this.#ahead && this.#flight === null && now >= this.#tryAt) this.#fetch(obtain)
    const usable = fresh.length > 0 ? fresh : this.#held
    this.#turn += 1
    const { token } = usable[this.#turn % Math.max(usable.length, 1)] ?? {}
    return token ?? this.#flight ?? this.#resting(now)
  }

  /** A token that was refused where it counts. */
  forget(token: string): void {
    this.#held = this.#held.filter((held) => held.token !== token)
  }

  #fetch(obtain: Obtain): void {
    this.#flight = obtain().then((answer) => {
      this.#flight = null
      return isDenial(answer) ? this.#failed(answer) : this.#got(answer)
    })
  }

  #got({ token, lifetime_ms }: Obtained): string {
    const now = this.#clock.monotonic()
    const held = { token, dueAt: now + lifetime_ms * due, endsAt: now + lifetime_ms - margin_ms }
    this.#held = [...this.#held, held].slice(-this.#ahead)
    this.#failures = 0
    this.#denial = null
    return token
  }

  #failed(denial: Denial): Denial {
    const rest = Math.min(rest_ms.first * 2 ** this.#failures, rest_ms.longest)
    this.#failures += 1
    this.#tryAt = this.#clock.monotonic() + rest
    this.#denial = denial
    return denial
  }

  /** Until the next try everybody hears what the last one did. */
  #resting(now: number): Denial {
    const { code, detail } = this.#denial ?? deny('upstream_unavailable', 'no token')
    return deny(code, detail, { retryAfter_ms: Math.max(Math.ceil(this.#tryAt - now), 1) })
  }
}
