/**
 * One task, read from its agent once, for any number of readers. It goes on when its readers leave, and looks for the
 * task again when the agent's stream is lost.
 *
 *     opening --said--> flowing --last event--> over
 *        |                | ^--- found again ---+
 *        |                +--lost--> looking ---+--not found--> over
 *        +--fault, error, halt--> over
 */
import type { Fault } from '../domain/fault.ts'
import { type Denial, deny } from '../domain/verdict.ts'
import type { AgentError, Said } from '../protocol/a2a/said.ts'
import type { HeaderList } from '../protocol/http.ts'
import { cancelTask } from './cancel.ts'
import type { Ask, Driver, Ear, Errand, Line } from './driver.ts'
import { bytesOf, EventLog } from './event-log.ts'
import type { Bench, TaskSeen, TaskWatch } from './exchange.ts'
import { denialOf } from './faults.ts'
import { followAsk, Search } from './search.ts'
import { type Memo, Sight } from './sight.ts'
import type { FeedEnd, Reader } from './reader.ts'
import { makeFault } from './transport.ts'

export interface FeedParts {
  /** The agent's name. */
  readonly target: string
  readonly driver: Driver
  readonly errand: Errand
  readonly watch: TaskWatch
  readonly bench: Bench
  readonly hub: FeedHouse
}

/** Where feeds are found by their tasks. */
export interface FeedHouse {
  add(target: string, taskId: string, feed: Feed): void
  remove(target: string, taskId: string, feed: Feed): void
  /** Whether a feed may go on though its last reader has left. Counted until `released`. */
  keep(): boolean
  released(): void
}

export class Feed implements Ear {
  readonly log: EventLog
  readonly #parts: FeedParts
  readonly #readers = new Set<Reader>()
  readonly sight: Sight
  #ask: Ask | null = null
  #line: Line | null = null
  /** What came while the task was being written down; null while nothing waits. */
  #later: (() => void)[] | null = null
  #owned: boolean
  #paused = false
  /** Nobody reads of it. */
  #kept = false
  #end: FeedEnd | null = null
  #lastKind: Said['seen']['kind'] = 'open'
  #lastMark = -1
  #movedAt: number
  readonly #search: Search
  #firstAt: number | null = null
  bytesIn = 0

  /** `known` is a task that its caller owns already. */
  constructor(parts: FeedParts, known: { readonly taskId: string | null; readonly contextId: string | null }) {
    this.#parts = parts
    this.#owned = known.taskId !== null
    this.sight = new Sight(known.taskId, known.contextId)
    this.log = new EventLog(parts.bench.settings)
    this.#movedAt = parts.bench.clock.monotonic()
    this.#search = new Search(parts.bench)
    if (known.taskId !== null) parts.hub.add(parts.target, known.taskId, this)
  }

  get task(): TaskSeen | null {
    return this.sight.task
  }

  get sent(): boolean {
    return this.#line?.sent ?? false
  }

  get over(): boolean {
    return this.#end !== null
  }

  /** When the agent's first byte came, on the monotonic clock; null while it has not. */
  get firstByteAt(): number | null {
    return this.#firstAt
  }

  open(ask: Ask): void {
    this.#ask = ask
    this.#line = this.#parts.driver.open(ask, this.#parts.errand, this)
  }

  join(reader: Reader): void {
    if (this.#end) return reader.onOver(this.#end)
    this.#readers.add(reader)
    this.#unkeep()
    this.flow()
  }

  /** Without readers a task that is known is followed to its end, as far as there is room for it. */
  leave(reader: Reader): void {
    if (!this.#readers.delete(reader) || this.#readers.size > 0 || this.#end) return
    this.follow()
  }

  /** Goes on without a reader, as far as there is room for it. */
  follow(): void {
    if (this.#end || this.#readers.size > 0 || this.#kept) return
    if (this.task === null || !this.#owned || !this.#parts.hub.keep()) return this.drop()
    this.#kept = true
    this.flow()
  }

  /** To be called when a reader is full or has room again: the agent waits where nobody takes anything. */
  flow(): void {
    const stop = this.#readers.size > 0 && [...this.#readers].every((reader) => reader.full)
    if (stop === this.#paused) return
    this.#paused = stop
    if (stop) return this.#line?.pause()
    this.#movedAt = this.#parts.bench.clock.monotonic()
    if (this.#later === null) this.#line?.resume()
  }

  /** Ends it for every reader and tells the agent to stop. */
  halt(denial: Denial): void {
    if (this.#end) return
    this.#cancel()
    this.#finish({ kind: 'halted', denial })
  }

  /** Ends it for every reader; the agent may go on. */
  fail(fault: Fault): void {
    if (this.#end) return
    const denial = denialOf(fault)
    if (denial.code !== 'upstream_unavailable' && fault.sent) this.#cancel()
    this.#finish({ kind: 'fault', fault, denial })
  }

  drop(): void {
    this.fail(makeFault('aborted', 'the gateway gave up', this.sent))
  }

  #cancel(): void {
    const { task } = this
    const { driver, errand, bench } = this.#parts
    if (task === null || this.#ask === null) return
    void cancelTask({ driver, errand, bench }, followAsk('cancel', task, this.#ask))
  }

  onHead(headers: HeaderList): void {
    if (this.#end) return
    this.#movedAt = this.#parts.bench.clock.monotonic()
    this.#answer()
    for (const reader of this.#readers) reader.onHead(headers)
  }

  onMemo(memo: Memo): void {
    this.sight.remember(memo)
  }

  onDetail(detail: string): void {
    this.sight.detail = detail
  }

  onSaid(said: Said): void {
    if (this.#end || this.#waits(() => this.onSaid(said))) return
    this.bytesIn += bytesOf(said)
    if (this.#isOther(said)) return this.fail(makeFault('bad_answer', 'the agent speaks of another task', true))
    this.sight.see(said, this.#line?.instance ?? null)
    this.#answer()
    const owned = this.#own()
    if (owned === true) this.#pass(said)
    else if (owned === false) this.#refuse()
    else this.#hold(owned, said)
  }

  onQuiet(): void {
    if (!this.#end && this.#later === null) this.#checkStall()
  }

  onEnd(): void {
    if (this.#end || this.#waits(() => this.onEnd())) return
    if (this.#lastKind === 'open') this.#lost(makeFault('truncated', 'the stream ended before its last event', true))
    else this.#finish({ kind: 'done' })
  }

  onError(error: AgentError): void {
    if (this.#end || this.#waits(() => this.onError(error))) return
    this.bytesIn += error.origin?.event?.length ?? error.origin?.bytes.length ?? 0
    this.#answer()
    if (this.#search.tries > 0) this.fail(makeFault('truncated', `the stream was lost; ${error.message}`, true))
    else this.#finish({ kind: 'error', error })
  }

  onFault(fault: Fault): void {
    if (this.#end || this.#waits(() => this.onFault(fault))) return
    if (this.#lastKind === 'open') this.#lost(fault)
    else this.#finish({ kind: 'done' })
  }

  /** Whoever may see one task may not therefore see another. */
  #isOther({ seen: { taskId } }: Said): boolean {
    return this.#owned && taskId !== null && taskId !== this.task?.id
  }

  /** The road hears of an answer before anybody else does. */
  #answer(): void {
    if (this.#firstAt !== null) return
    this.#firstAt = this.#parts.bench.clock.monotonic()
    this.#parts.watch.onAnswer()
  }

  #own(): boolean | Promise<boolean> {
    const { task } = this
    if (task === null || this.#owned) return true
    const owned = this.#parts.watch.own(task)
    return owned === true ? this.#register(task) : owned
  }

  #register({ id }: TaskSeen): true {
    this.#owned = true
    this.#parts.hub.add(this.#parts.target, id, this)
    return true
  }

  /** Nothing that was said leaves before it is written down whose the task is. */
  #hold(owned: Promise<boolean>, said: Said): void {
    this.#later = []
    this.#line?.pause()
    void owned.then((holds) => {
      const later = this.#later ?? []
      this.#later = null
      if (this.#end) return
      if (!holds) return this.#refuse()
      if (this.task) this.#register(this.task)
      this.#pass(said)
      for (const tell of later) tell()
      if (!this.#paused) this.#line?.resume()
    })
  }

  #waits(tell: () => void): boolean {
    return this.#later !== null && this.#later.push(tell) > 0
  }

  #refuse(): void {
    this.halt(deny('busy', 'it could not be written down whose the task is', { rule: 'tasks.room' }))
  }

  #pass(said: Said): void {
    const { kind, mark, last } = said.seen
    this.#lastKind = kind
    if (mark !== this.#lastMark) this.#movedAt = this.#parts.bench.clock.monotonic()
    this.#lastMark = mark
    this.log.push(said)
    if (this.task) this.#parts.watch.onSaid(this.task, said)
    for (const reader of this.#readers) reader.onNews()
    return last ? this.#finish({ kind: 'done' }) : this.#checkStall()
  }

  #checkStall(): void {
    const { clock, settings } = this.#parts.bench
    if (clock.monotonic() - this.#movedAt < settings.stall_ms) return
    this.fail(makeFault('stalled', `no progress for ${settings.stall_ms} ms`, true))
  }

  #lost(fault: Fault): void {
    const { task } = this
    const wait_ms = task === null || !this.#owned ? null : this.#search.next(fault)
    if (task === null || wait_ms === null) return this.fail(fault)
    this.#parts.bench.wheel.after(wait_ms, () => this.#lookAgain(task))
  }

  #lookAgain(task: TaskSeen): void {
    if (this.#end || this.#ask === null) return
    const { driver, errand } = this.#parts
    this.#line = driver.open(followAsk('subscribe', task, this.#ask), errand, this)
    if (this.#paused) this.#line.pause()
  }

  #unkeep(): void {
    if (this.#kept) this.#parts.hub.released()
    this.#kept = false
  }

  #finish(end: FeedEnd): void {
    this.#end = end
    this.#line?.abort()
    this.#unkeep()
    const { task } = this
    if (task) this.#parts.hub.remove(this.#parts.target, task.id, this)
    for (const reader of this.#readers) reader.onOver(end)
    this.#readers.clear()
    if (task && this.#owned) this.#parts.watch.onUnwatched(task, { snapshot: () => this.log.task(), why: end.kind })
  }
}
