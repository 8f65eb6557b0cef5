/** One call, one answer: the answer is taken whole, checked, and handed over once. */
import type { Fault } from '../domain/fault.ts'
import type { ModelUsage } from '../domain/usage.ts'
import type { Denial, Hop } from '../domain/verdict.ts'
import { writeAgentFailure } from '../protocol/a2a/agent-failure.ts'
import type { AgentError, Said } from '../protocol/a2a/said.ts'
import { answerHeaders, answerStatus } from '../protocol/a2a/answer-head.ts'
import { writeSaid } from '../protocol/a2a/write-said.ts'
import type { HeaderList } from '../protocol/http.ts'
import { cancelTask, nameless_ms } from './cancel.ts'
import type { Ear, Line, TaskSeen } from './driver.ts'
import { bytesOf } from './feed/event-log.ts'
import type { Bench, Cancels, Done, Exchange, Mission } from './exchange.ts'
import { denialOf, foreignTask, noRoomForTask } from './faults.ts'
import { isJsonObject, type JsonObject } from '../base/json.ts'
import { neutralOf, wholeOf } from '../protocol/a2a/neutral.ts'
import { followAsk } from './feed/search.ts'
import { type Memo, Sight } from './feed/sight.ts'
import { returnsImmediately } from '../protocol/a2a/params.ts'
import { type Ending, Tally } from './tally.ts'
import { faultOfBug, makeFault } from './wire/transport.ts'

export class UnaryExchange implements Exchange, Ear {
  readonly #hop: Hop
  readonly #mission: Mission
  readonly #bench: Bench
  readonly #tally: Tally
  readonly #sight: Sight
  readonly #line: Line
  #headers: HeaderList = []
  #firstByteAt: number | null = null
  #bytesIn = 0
  #said: Said | null = null
  /** Whether the task is on its way into the book: its caller named it, or it is being owned. */
  #written: boolean

  constructor(hop: Hop, mission: Mission, bench: Bench, done: Done) {
    this.#hop = hop
    this.#mission = mission
    this.#bench = bench
    this.#tally = new Tally(bench.clock, done)
    const { call } = hop
    this.#sight = new Sight(call.taskId, call.contextId)
    this.#written = call.taskId !== null
    const { driver, errand, known } = mission
    const ask = { operation: 'send', warrant: hop, call, params: () => mission.params(), known } as const
    this.#line = driver.open(ask, errand, this)
  }

  get taskId(): string | null {
    return this.#task?.id ?? null
  }

  /** Seen in the answer or, while that is waited for, by the line. */
  get #task(): TaskSeen | null {
    return this.#sight.task ?? this.#line.awaited ?? null
  }

  abort(why: 'gone' | 'aborted'): void {
    if (this.#tally.told) return
    const { sent } = this.#line
    if (why === 'aborted') return this.onFault(makeFault('aborted', 'the gateway gave up', sent))
    this.#line.abort()
    this.#tell({ kind: 'gone', sent })
  }

  halt(denial: Denial, cancels: Cancels = 'exchange'): void {
    if (this.#tally.told) return
    const { sent } = this.#line
    // Of an agent that answers at once what it has begun can be heard, and be stopped.
    const named = this.taskId !== null || !returnsImmediately(this.#mission.params())
    if (named) this.#line.abort()
    else this.#bench.wheel.after(nameless_ms, () => this.#line.abort())
    // A task that was written down is found by whoever halts; one that is still waited for is known here alone.
    if (cancels === 'exchange' || !this.#written) this.#cancel()
    this.#tell({ kind: 'halted', sent, denial })
  }

  onHead(headers: HeaderList): void {
    this.#firstByteAt ??= this.#bench.clock.monotonic()
    this.#headers = headers
  }

  onMemo(memo: Memo): void {
    this.#sight.remember(memo)
  }

  onDetail(detail: string): void {
    this.#sight.detail = detail
  }

  onUsage(usage: readonly ModelUsage[]): void {
    this.#sight.usage = usage
  }

  onQuiet(): void {}

  onSaid(said: Said): void {
    this.#firstByteAt ??= this.#bench.clock.monotonic()
    this.#bytesIn += bytesOf(said)
    this.#sight.see(said, this.#line.instance)
    this.#said = said
    if (this.#tally.told && this.#sight.task?.open) this.#cancel()
  }

  onEnd(): void {
    if (this.#tally.told) return
    const said = this.#said
    if (said === null) return this.onFault(makeFault('truncated', 'the answer ended before anything was said', true))
    const { watch } = this.#mission
    watch.onAnswer()
    const { task } = this.#sight
    if (task === null && said.seen.contextId !== null) watch.onContext(said.seen.contextId)
    this.#written ||= task !== null
    const owned = task === null || watch.own(task)
    if (owned instanceof Promise)
      void owned.then((holds) => this.#answer(said, holds)).catch((bug: unknown) => this.onFault(faultOfBug(bug)))
    else this.#answer(said, owned)
  }

  onError(error: AgentError): void {
    if (this.#tally.told) return
    this.#bytesIn += error.origin?.bytes.length ?? 0
    this.#mission.watch.onAnswer()
    const { call } = this.#hop
    const { status, headers, body } = writeAgentFailure(call, error)
    const answer = { status, headers: [...headers, ...this.#headers], body }
    this.#tell({ kind: 'answered', sent: true, answer, errorCode: error.code, detail: error.message })
  }

  onFault(fault: Fault): void {
    if (this.#tally.told) return
    this.#line.abort()
    if (fault.code.endsWith('_timeout') && fault.sent) this.#cancel()
    this.#tell({ kind: 'fault', sent: fault.sent, fault, denial: denialOf(fault) })
  }

  #answer(said: Said, owned: boolean): void {
    if (this.#tally.told) return
    if (!owned) return this.#refuse()
    const { call } = this.#hop
    const headers = [...answerHeaders(call, call.accept ?? null), ...this.#headers]
    const answer = { status: answerStatus(call), headers, body: writeSaid(said, call) }
    const { task } = this.#sight
    if (task) this.#mission.watch.onSaid(task, said)
    this.#tell({ kind: 'answered', sent: true, answer })
    if (task) this.#mission.watch.onUnwatched(task, { snapshot: () => taskOf(said), why: 'done' })
  }

  #refuse(): void {
    if (!this.#isForeign()) return this.halt(noRoomForTask())
    this.#sight.forget()
    this.onFault(foreignTask())
  }

  #isForeign(): boolean {
    return this.#task !== null && this.#mission.watch.isForeign(this.#task.id)
  }

  #cancel(): void {
    const { memo } = this.#sight
    const task = this.#task
    // A driver may know what to stop before its agent has named a task.
    if ((task === null && !memo?.task) || this.#isForeign()) return
    const { driver, errand, known } = this.#mission
    const unnamed = { id: this.#hop.id, contextId: null, state: null, open: true, instance: null, memo }
    const ask = followAsk('cancel', task ?? unnamed, { warrant: this.#hop, known })
    void cancelTask({ driver, errand, bench: this.#bench }, ask)
  }

  #tell(ending: Ending): void {
    const { detail, usage } = this.#sight
    const said = this.#said
    const says = said && ((): JsonObject | null => wholeOf(said))
    const [bytesIn, firstByteAt] = [this.#bytesIn, this.#firstByteAt]
    this.#tally.tell({ detail, ...ending }, { task: this.#task, bytesIn, bytesOut: 0, firstByteAt, usage, says })
  }
}

function taskOf(said: Said): JsonObject | null {
  const { task } = neutralOf(said)
  return isJsonObject(task) ? task : null
}
