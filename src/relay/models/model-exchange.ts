/**
 * One call of a model. Places are tried until one begins to answer; from the first byte of an answer that is handed on,
 * the answer is that one's, whatever becomes of it. A caller that leaves takes the request with it, because it costs money.
 *
 *     trying --an answer taken whole---------------------------------> told
 *       |  ^ \--the first event--> streaming --last event | fault--> told
 *       +--+ another attempt, maybe after a wait
 */
import type { Alarm } from '../../base/wheel.ts'
import { type Fault, isFault } from '../../domain/fault.ts'
import type { Denial } from '../../domain/verdict.ts'
import type { Reply } from '../../protocol/http.ts'
import { responseIdOf, usageOf } from '../../protocol/llm/usage.ts'
import type { SseEvent } from '../../protocol/sse.ts'
import type { Exchange } from '../exchange.ts'
import { denialOf } from '../faults.ts'
import { Outlet } from '../outlet.ts'
import { type Ending, Tally } from '../tally.ts'
import { makeFault } from '../wire/transport.ts'
import type { AttemptEars } from './attempt.ts'
import type { ModelDone, ModelMission, Told } from './contract.ts'
import type { Course, Turn } from './course.ts'
import {
  answered,
  brokenStream,
  type Finding,
  findingOf,
  findingOfFault,
  givenUp,
  isTold,
  type Whole,
} from './findings.ts'
import type { ModelRetry } from './places.ts'
import { retryAfterOf } from './retry-after.ts'
import { openTrial, toldOf, type Trial } from './trial.ts'
import { answerOf, failureOf } from './whole-answer.ts'
import type { ModelWay } from './world.ts'

export class ModelExchange implements Exchange, AttemptEars {
  readonly taskId = null
  readonly #mission: ModelMission
  readonly #way: ModelWay
  readonly #reply: Reply
  readonly #tally: Tally
  /** The newest attempt, and the one whose answer is handed on. */
  #trial: Trial | null = null
  /** Whether the course counts it as under way. */
  #counted = false
  /** Whether it left and was not answered. */
  #isLost = false
  #outlet: Outlet | null = null
  /** What may be handed on and was not yet. */
  #waiting: Buffer[] = []
  #alarm: Alarm | null = null
  #told: Told | null = null
  #sent = false
  #attempts = 0
  #lost = 0

  constructor(mission: ModelMission, way: ModelWay, to: { readonly reply: Reply; readonly done: ModelDone }) {
    this.#mission = mission
    this.#way = way
    this.#reply = to.reply
    this.#tally = new Tally(way.bench.clock, (outcome) =>
      to.done({ ...outcome, told: this.#told, attempts: this.#attempts, lost: this.#lost }),
    )
    to.reply.onGone(() => this.abort('gone'))
    const first = way.course.next()
    // Nobody hears of the end before this has returned.
    if (isFault(first)) queueMicrotask(() => this.#conclude(first))
    else this.#step(first, () => undefined)
  }

  abort(why: 'gone' | 'aborted'): void {
    if (this.#tally.told) return
    this.#letGo('gone')
    const sent = this.#sent
    if (why === 'aborted') return this.#conclude(makeFault('aborted', 'the gateway gave up', sent))
    this.#outlet?.leave()
    this.#tell({ kind: 'gone', sent })
  }

  halt(denial: Denial): void {
    if (this.#tally.told) return
    this.#letGo('failed')
    this.#endWith(denial)
    this.#tell({ kind: 'halted', sent: this.#sent, denial })
  }

  onWhole(whole: Whole): void {
    const finding = findingOf(whole)
    this.#settle(finding, retryAfterOf(whole.head, this.#way.bench.clock.now()))
    if (finding.next === 'none') return this.#answer(whole)
    this.#proceed(() => {
      if (isTold(finding) && whole.status >= 400) this.#answer(whole)
      else this.#conclude(failureOf(whole, finding))
    })
  }

  onEvent({ data, bytes }: SseEvent): void {
    const trial = this.#trial
    if (!trial || this.#tally.told) return
    if (data === null || data.length === 0) return this.#comment(trial, bytes)
    const { reader, secrets } = trial
    if (secrets.isIn(bytes)) return this.onFault(makeFault('bad_answer', 'an event held a credential of ours', true))
    const { drop, last } = reader.hear(data)
    if (!this.#outlet && reader.failed && this.#goesElsewhere(trial)) return
    if (!this.#pass(trial)) return
    const kept = !drop || !this.#mission.dropsUsage
    if (!last) return kept ? this.#hand(bytes) : undefined
    this.#hand(Buffer.from(this.#mission.closing(toldOf(trial), this.#lost)))
    if (kept) this.#hand(bytes)
    this.#flush()
    this.#finish(trial)
  }

  onPause(): void {
    if (!this.#tally.told) this.#flush()
  }

  onEnd(): void {
    const trial = this.#trial
    // A provider that told of its error has nothing more to say.
    if (trial && this.#outlet && trial.reader.failed) return this.#finish(trial)
    this.onFault(makeFault('truncated', 'the stream ended before its last event', true))
  }

  onFault(fault: Fault): void {
    if (this.#tally.told) return
    const finding = findingOfFault(fault)
    this.#leave(finding)
    if (this.#outlet || finding.next === 'none') this.#conclude(fault)
    else this.#proceed(() => this.#conclude(fault))
  }

  /** The next attempt or the wait before it; `orElse` where nobody is left. */
  #proceed(orElse: () => void): void {
    const denial = this.#mission.standing()
    if (denial) return this.halt(denial)
    const step = this.#way.course.next()
    if (isFault(step)) orElse()
    else this.#step(step, orElse)
  }

  #step(step: Exclude<ReturnType<Course['next']>, Fault>, orElse: () => void): void {
    if (step.kind === 'turn') return this.#begin(step)
    this.#alarm = this.#way.bench.wheel.after(step.wait_ms, () => this.#proceed(orElse))
  }

  #begin(turn: Turn): void {
    if (this.#isLost) this.#lost += 1
    this.#isLost = false
    this.#told = null
    this.#counted = true
    this.#trial = openTrial(turn, this.#mission, this.#way, this)
  }

  /** The attempt is over for those who count; once, whatever becomes of it afterwards. */
  #settle(finding: Finding, retryAfter_ms: number | null): void {
    if (!this.#trial || !this.#counted) return
    this.#counted = false
    const { turn, attempt } = this.#trial
    if (attempt.sent) {
      this.#sent = true
      this.#attempts += 1
    }
    this.#way.course.end(turn, finding, retryAfter_ms)
  }

  /** Ends an attempt that was not answered to its end. */
  #leave(finding: Finding): void {
    const trial = this.#trial
    if (!trial) return
    if (this.#counted) this.#isLost = trial.attempt.sent
    if (trial.attempt.succeeds) this.#told ??= toldOf(trial)
    this.#settle(finding, null)
    trial.attempt.abort()
  }

  #letGo(outcome: ModelRetry): void {
    this.#alarm?.cancel()
    this.#leave(this.#outlet ? answered : givenUp)
    this.#way.course.close(outcome)
  }

  /** A stream that begins with an error is as good as that error, where somebody else can answer. */
  #goesElsewhere({ attempt }: Trial): boolean {
    if (this.#mission.standing()) return false
    this.#settle(brokenStream, null)
    const step = this.#way.course.next()
    if (isFault(step)) return false
    attempt.abort()
    const lost = makeFault('bad_answer', 'the stream began with an error', true)
    this.#step(step, () => this.#conclude(lost))
    return true
  }

  #comment(trial: Trial, bytes: Buffer): void {
    if (this.#outlet && this.#pass(trial)) this.#hand(bytes)
    else if (trial.held.length < held_max) trial.held.push(bytes)
  }

  /** Where the stream is written to, begun with the first event; null where it does not go on. */
  #pass(trial: Trial): Outlet | null {
    this.#ask()
    if (this.#tally.told) return null
    if (this.#outlet) return this.#outlet
    const { attempt, turn, held } = trial
    if (this.#counted) this.#way.course.heard(turn)
    this.#mission.onAnswer()
    const outlet = new Outlet(this.#reply, this.#way.bench, {
      onFull: () => attempt.pause(),
      onRoom: () => attempt.resume(),
      onGone: () => this.abort('gone'),
      onSilence: () => this.#ask(),
    })
    this.#outlet = outlet
    outlet.begin(trial.secrets.outOf(this.#mission.headersBack(attempt.head, turn.stop.candidate)))
    for (const bytes of held) outlet.write(bytes)
    return outlet
  }

  /** Events that came together leave together: a write of its own costs more than all that is done for an event. */
  #hand(bytes: Buffer): void {
    if (bytes.length > 0) this.#waiting.push(bytes)
  }

  #flush(): void {
    const [first, ...others] = this.#waiting
    if (first === undefined) return
    this.#waiting = []
    this.#outlet?.write(others.length === 0 ? first : Buffer.concat([first, ...others]))
  }

  #ask(): void {
    if (this.#tally.told) return
    const denial = this.#mission.standing()
    if (denial) this.halt(denial)
  }

  #finish(trial: Trial): void {
    const { failed } = trial.reader
    this.#told = toldOf(trial)
    this.#settle(failed ? brokenStream : answered, null)
    trial.attempt.linger()
    this.#outlet?.end()
    this.#way.course.close(failed ? 'failed' : 'answered')
    const error = failed ? { errorCode: 500, detail: 'the provider ended its stream with an error' } : {}
    this.#tell({ kind: 'answered', sent: true, ...error })
  }

  #answer(whole: Whole): void {
    const { turn, secrets } = this.#trial ?? {}
    if (!turn || !secrets || this.#tally.told) return
    const denial = this.#mission.standing()
    if (denial) return this.halt(denial)
    const { call } = this.#mission
    const answer = answerOf(whole, { call, secrets, now: this.#way.bench.clock.now() })
    const succeeds = whole.status < 300
    const usage = succeeds ? usageOf(call.dialect, whole.body) : null
    const delivered_bytes = succeeds ? whole.body.length : 0
    const response = usage ? responseIdOf(call.dialect, whole.body) : undefined
    this.#told = { candidate: turn.stop.candidate, usage, final: true, delivered_bytes, response }
    if (isFault(answer)) return this.#conclude(answer)
    this.#mission.onAnswer()
    this.#way.course.close(succeeds ? 'answered' : 'failed')
    const error = succeeds ? {} : { errorCode: whole.status, detail: `the provider answered ${whole.status}` }
    this.#tell({ kind: 'answered', sent: true, answer, ...error })
  }

  #conclude(fault: Fault): void {
    if (this.#tally.told) return
    this.#way.course.close('failed')
    const denial = denialOf(fault)
    this.#endWith(denial)
    const detail = this.#attempts > 1 ? `${fault.detail} (attempt ${this.#attempts})` : fault.detail
    const sent = this.#sent || fault.sent
    this.#tell({ kind: 'fault', sent, fault: makeFault(fault.code, detail, sent), denial })
  }

  /** Before anything was written the road says it, with its own status. */
  #endWith(denial: Denial): void {
    if (!this.#outlet) return
    this.#flush()
    this.#outlet.write(this.#mission.writeDenialEvents(denial))
    this.#outlet.end()
  }

  #tell(ending: Ending): void {
    const { bytesIn, firstByteAt } = this.#trial?.attempt ?? { bytesIn: 0, firstByteAt: null }
    if (this.#isLost && this.#told === null) this.#lost += 1
    this.#tally.tell(ending, { task: null, bytesIn, bytesOut: this.#outlet?.bytesOut ?? 0, firstByteAt })
  }
}

/** More comments before the first event are not kept. */
const held_max = 64
