/**
 * One ask on its way through the pool: one object that is the line to its caller and the ear to each instance it tries.
 *
 *     open --says something--> told --end | error | fault--> over
 *      |  ^
 *      |  +--------another instance, at once------+
 *      +--a fault after which it may be repeated--+--> resting --its time is over--> open
 */
import type { Clock } from '../../base/clock.ts'
import type { Dice } from '../../base/dice.ts'
import type { Alarm, Wheel } from '../../base/wheel.ts'
import type { Fault } from '../../domain/fault.ts'
import type { AgentError, Said } from '../../protocol/a2a/said.ts'
import type { HeaderList } from '../../protocol/http.ts'
import type { Ask, Ear, Errand, Known, Line } from '../driver.ts'
import { makeFault } from '../wire/transport.ts'
import type { Verdict } from './breaker.ts'
import type { RetryBudget } from './budget.ts'
import { choose } from './choose.ts'
import type { HealthBook } from './health.ts'
import type { Roster } from './roster.ts'
import { blames, isRepeatable, mayRepeat } from './rules.ts'
import { Seat } from './seat.ts'
import type { RetryOutcome } from './settings.ts'

/** What every pool works with. */
export interface PoolWorld {
  readonly clock: Clock
  readonly dice: Dice
  readonly wheel: Wheel
  readonly health: HealthBook
}

export interface Pool extends PoolWorld {
  readonly roster: Roster
  readonly budget: RetryBudget
}

const nobody: readonly Seat[] = []

export class PoolLine implements Line, Ear {
  readonly #pool: Pool
  readonly #ask: Ask
  readonly #errand: Errand
  readonly #ear: Ear
  /** Whether it does no harm if the agent gets this twice. */
  readonly #repeatable: boolean
  #state: 'open' | 'resting' | 'over' = 'open'
  /** Something of an answer was handed on: from here on, nothing is tried again. */
  #told = false
  #paused = false
  /** Whether any byte of an attempt that is over may have left. */
  #sent = false
  #attempts = 0
  #seat: Seat | null = null
  #line: Line | null = null
  #probe = 0
  #instance: string | null = null
  #tried: readonly Seat[] = nobody
  /** Kept back while another instance could still answer in place of the one that began to. */
  #head: HeaderList | null = null
  #alarm: Alarm | null = null

  constructor(pool: Pool, ask: Ask, errand: Errand, ear: Ear) {
    this.#pool = pool
    this.#ask = ask
    this.#errand = errand
    this.#ear = ear
    const { idempotent_sends, resilience } = pool.roster.settings
    this.#repeatable = resilience.attempts_max > 1 && isRepeatable(ask, idempotent_sends)
    const seat = this.#choose(nobody)
    if (seat instanceof Seat) this.#begin(seat)
    else queueMicrotask(() => this.#fail(seat))
  }

  get sent(): boolean {
    return this.#sent || (this.#line?.sent ?? false)
  }

  get instance(): string | null {
    return this.#instance
  }

  abort(): void {
    if (this.#state === 'over') return
    const line = this.#line
    if (this.#seat) this.#settle(this.#told ? 'well' : 'nothing')
    this.#end('gone')
    line?.abort()
  }

  pause(): void {
    if (this.#paused || this.#state === 'over') return
    this.#paused = true
    this.#line?.pause()
    // Nobody is silent who is not listened to.
    if (this.#state === 'open') this.#calm()
  }

  resume(): void {
    if (!this.#paused || this.#state === 'over') return
    this.#paused = false
    this.#line?.resume()
    if (this.#state === 'open') this.#watch()
  }

  onHead(headers: HeaderList): void {
    if (this.#repeatable && !this.#told) this.#head = headers
    else this.#ear.onHead(headers)
  }

  onDetail(detail: string): void {
    this.#ear.onDetail?.(detail)
  }

  onMemo(memo: Partial<Pick<Known, 'task' | 'context'>>): void {
    if (this.#tell()) this.#ear.onMemo(memo)
  }

  onSaid(said: Said): void {
    if (this.#tell()) this.#ear.onSaid(said)
  }

  onQuiet(): void {
    if (this.#told || !this.#repeatable) this.#ear.onQuiet()
  }

  onEnd(): void {
    if (!this.#tell()) return
    this.#settle('well')
    this.#end('answered')
    this.#ear.onEnd()
  }

  onError(error: AgentError): void {
    if (!this.#tell()) return
    this.#settle('well')
    this.#end('answered')
    this.#ear.onError(error)
  }

  onFault(fault: Fault): void {
    const seat = this.#seat
    this.#settle(blames(fault) ? 'ill' : 'nothing', fault.sent)
    this.#calm()
    const { attempts_max } = this.#pool.roster.settings.resilience
    const final = this.#told || this.#attempts >= attempts_max || !mayRepeat(fault, this.#repeatable)
    if (final || this.#errand.standing() !== null) return this.#fail(fault)
    if (seat) this.#tried = [...this.#tried, seat]
    this.#repeat(fault)
  }

  #choose(tried: readonly Seat[]): Seat | Fault {
    return choose(this.#pool.roster, this.#ask, tried, this.#pool.dice)
  }

  #begin(seat: Seat): void {
    this.#state = 'open'
    this.#attempts += 1
    this.#seat = seat
    this.#instance = seat.url
    this.#head = null
    this.#probe = seat.take()
    this.#line = seat.driver.open(this.#ask, this.#errand, this)
    if (this.#paused) this.#line.pause()
    else this.#watch()
  }

  /** Something is handed on now, the head first; false where its hearer wanted no more than that. */
  #tell(): boolean {
    if (this.#told) return true
    this.#told = true
    this.#calm()
    // A stream may go on for hours; its first word is proof enough.
    if (this.#seat?.endProbe(this.#probe)) this.#seat.heal()
    this.#probe = 0
    if (this.#head) this.#ear.onHead(this.#head)
    return this.#state !== 'over'
  }

  #repeat(fault: Fault): void {
    const { roster, budget, wheel } = this.#pool
    const next = this.#choose(this.#tried)
    // The same once more is for one that is well; what is left alone was given its chance just now.
    if (!(next instanceof Seat) && this.#tried.at(-1)?.healthy !== true) return this.#fail(fault)
    // Whom nobody could reach has no more to do for it; every other attempt could add to what is wrong.
    const free = fault.code === 'connect_failed' && !fault.sent && next instanceof Seat
    if (!free && !budget.spend()) {
      roster.report.onRetried(roster.agent, 'over_budget')
      return this.#fail(fault)
    }
    if (!fault.sent && next instanceof Seat) return this.#begin(next)
    this.#state = 'resting'
    this.#alarm = wheel.after(this.#rest_ms(), () => this.#again(fault))
  }

  /** Somebody who was not asked yet, or else the same once more. */
  #again(fault: Fault): void {
    // Who lost the right to go on meanwhile does not begin anew.
    if (this.#errand.standing() !== null) return this.#fail(fault)
    const fresh = this.#choose(this.#tried)
    const seat = fresh instanceof Seat ? fresh : this.#choose(nobody)
    if (seat instanceof Seat) this.#begin(seat)
    else this.#fail(fault)
  }

  /** Doubles with each attempt; the upper half of it is chance, so that those who failed together do not return together. */
  #rest_ms(): number {
    const { backoff_ms, backoff_max_ms } = this.#pool.roster.settings.resilience
    const whole_ms = Math.min(backoff_ms * 2 ** (this.#attempts - 1), backoff_max_ms)
    const chance = Number.parseInt(this.#pool.dice.hex(2), 16) / 0xffff
    return (whole_ms * (1 + chance)) / 2
  }

  /** Where a message that arrives twice does no harm, silence is a reason to ask somebody else. */
  #watch(): void {
    const { operation } = this.#ask
    if (!this.#repeatable || this.#told || (operation !== 'send' && operation !== 'stream')) return
    const { first_event_ms } = this.#pool.roster.settings.resilience
    this.#calm()
    this.#alarm = this.#pool.wheel.after(first_event_ms, () => this.#silent())
  }

  /** Only if there is somebody else to ask; otherwise the one that is silent may still answer in its time. */
  #silent(): void {
    const { roster, budget } = this.#pool
    const [seat, line] = [this.#seat, this.#line]
    if (!seat || !line || this.#attempts >= roster.settings.resilience.attempts_max) return
    const tried = [...this.#tried, seat]
    const next = this.#choose(tried)
    if (!(next instanceof Seat) || this.#errand.standing() !== null || !budget.spend()) return
    this.#tried = tried
    this.#settle('ill')
    line.abort()
    this.#begin(next)
  }

  #calm(): void {
    this.#alarm?.cancel()
    this.#alarm = null
  }

  #settle(verdict: Verdict, sent = false): void {
    const seat = this.#seat
    if (!seat) return
    this.#sent ||= sent || (this.#line?.sent ?? false)
    this.#seat = null
    this.#line = null
    this.#pool.roster.settle(seat, verdict, this.#probe)
    this.#probe = 0
  }

  #fail(fault: Fault): void {
    if (this.#state === 'over') return
    this.#end('failed')
    if (this.#attempts < 2) return this.#ear.onFault(fault)
    const detail = `${fault.detail} (attempt ${this.#attempts})`
    this.#ear.onFault(makeFault(fault.code, detail, this.#sent || fault.sent))
  }

  #end(outcome: RetryOutcome): void {
    this.#state = 'over'
    this.#calm()
    const { roster } = this.#pool
    if (this.#attempts > 1) roster.report.onRetried(roster.agent, outcome)
  }
}
