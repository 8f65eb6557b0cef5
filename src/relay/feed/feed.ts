/**
 * One task, read from its agent once, for any number of readers. It goes on when its readers leave, and looks for the
 * task again when the agent's stream is lost.
 *
 *     opening --said--> flowing --last event--> over
 *        |                | ^--- found again ---+
 *        |                +--lost--> looking ---+--not found--> over
 *        +--fault, error, halt--> over
 */
import type { Fault } from '../../domain/fault.ts'
import type { ModelUsage } from '../../domain/usage.ts'
import type { Denial } from '../../domain/verdict.ts'
import type { AgentError, Said } from '../../protocol/a2a/said.ts'
import type { HeaderList } from '../../protocol/http.ts'
import { otherTask } from '../ask-once.ts'
import { cancelTask, nameless_ms } from '../cancel.ts'
import type { Ask, Ear, Line, TaskSeen } from '../driver.ts'
import { bytesOf, EventLog } from './event-log.ts'
import type { Cancels } from '../exchange.ts'
import { denialOf, foreignTask, noRoomForTask } from '../faults.ts'
import { followAsk, Search } from './search.ts'
import { type Memo, Sight } from './sight.ts'
import type { FeedParts } from './feed-parts.ts'
import { Progress } from './progress.ts'
import type { FeedEnd, Reader } from './reader.ts'
import { Readers } from './readers.ts'
import { faultOfBug, makeFault } from '../wire/transport.ts'

export class Feed implements Ear {
  readonly log: EventLog
  readonly #parts: FeedParts<Feed>
  readonly #readers: Readers
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
  readonly #progress: Progress
  readonly #search: Search
  /** When the agent's first byte came, on the monotonic clock; null while it has not. */
  firstByteAt: number | null = null
  bytesIn = 0

  /** `known` is a task that its caller owns already. */
  constructor(parts: FeedParts<Feed>, known: { readonly taskId: string | null; readonly contextId: string | null }) {
    this.#parts = parts
    this.#owned = known.taskId !== null
    this.sight = new Sight(known.taskId, known.contextId)
    this.log = new EventLog(parts.bench.settings)
    const bug = (error: unknown): void => this.fail(makeFault('truncated', String(error), true))
    this.#readers = new Readers(this.log, parts.bench.settings, bug)
    this.#progress = new Progress(parts.bench)
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
    if (!this.#readers.remove(reader) || this.#readers.size > 0 || this.#end) return
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
    const stop = this.#readers.allFull
    if (stop === this.#paused) return
    this.#paused = stop
    if (stop) return this.#line?.pause()
    this.#progress.touch()
    if (this.#later === null) this.#line?.resume()
  }

  /** Ends it for every reader and tells the agent to stop. */
  halt(denial: Denial, cancels: Cancels = 'exchange'): void {
    if (this.#end) return
    if (cancels === 'exchange' || !this.#owned) this.#cancel()
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

  #tooLate(said: Said): void {
    if (this.task !== null) return
    this.sight.see(said, this.#line?.instance ?? null)
    this.#line?.abort()
    if (said.seen.kind === 'open') this.#cancel()
  }

  #cancel(): void {
    if (this.task && this.#ask && !this.#isForeign())
      void cancelTask(this.#parts, followAsk('cancel', this.task, this.#ask))
  }

  onHead(headers: HeaderList): void {
    if (this.#end) return
    this.#progress.touch()
    this.#answer()
    this.#readers.head(headers)
  }

  onMemo(memo: Memo): void {
    this.sight.remember(memo)
  }

  onDetail(detail: string): void {
    this.sight.detail = detail
  }

  onUsage(usage: readonly ModelUsage[]): void {
    this.sight.usage = usage
  }

  onSaid(said: Said): void {
    if (this.#end) return this.#tooLate(said)
    if (this.#waits(() => this.onSaid(said))) return
    this.bytesIn += bytesOf(said)
    if (this.#owned && this.sight.isOther(said)) return this.fail(makeFault('bad_answer', otherTask, true))
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
    if (this.#progress.open) this.#lost(makeFault('truncated', 'the stream ended before its last event', true))
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
    if (this.#progress.open) this.#lost(fault)
    else this.#finish({ kind: 'done' })
  }

  /** The road hears of an answer before anybody else does. */
  #answer(): void {
    if (this.firstByteAt !== null) return
    this.firstByteAt = this.#parts.bench.clock.monotonic()
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
    void owned.then((holds) => this.#goOn(holds, said)).catch((bug: unknown) => this.fail(faultOfBug(bug)))
  }

  #goOn(holds: boolean, said: Said): void {
    const later = this.#later ?? []
    this.#later = null
    if (this.#end) return
    if (!holds) return this.#refuse()
    if (this.task) this.#register(this.task)
    this.#pass(said)
    for (const tell of later) tell()
    if (!this.#paused) this.#line?.resume()
  }

  #waits(tell: () => void): boolean {
    return this.#later !== null && this.#later.push(tell) > 0
  }

  #isForeign(): boolean {
    return this.task !== null && !this.#owned && this.#parts.watch.isForeign(this.task.id)
  }

  #refuse(): void {
    if (!this.#isForeign()) return this.halt(noRoomForTask())
    this.sight.forget()
    this.fail(foreignTask())
  }

  #pass(said: Said): void {
    this.#progress.see(said.seen)
    this.#readers.news(said)
    // Who heard of what came before may have had it ended.
    if (this.#end) return
    if (this.task) this.#parts.watch.onSaid(this.task, said)
    else if (said.seen.contextId !== null) this.#parts.watch.onContext(said.seen.contextId)
    return said.seen.last ? this.#finish({ kind: 'done' }) : this.#checkStall()
  }

  #checkStall(): void {
    const { stall_ms } = this.#parts.bench.settings
    if (this.#progress.stalled) this.fail(makeFault('stalled', `no progress for ${stall_ms} ms`, true))
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
    this.#readers.tell()
    // Who heard of it may have had it ended.
    if (this.#end) return
    this.#end = end
    // An agent that was halted before it named its task is heard out for a while, so that it can be told to stop.
    if (end.kind === 'halted' && this.task === null)
      this.#parts.bench.wheel.after(nameless_ms, () => this.#line?.abort())
    else this.#line?.abort()
    this.#unkeep()
    const { task } = this
    if (task) this.#parts.hub.remove(this.#parts.target, task.id, this)
    for (const reader of this.#readers.takeAll()) reader.onOver(end)
    if (task && this.#owned) this.#parts.watch.onUnwatched(task, { snapshot: () => this.log.task(), why: end.kind })
  }
}
