/**
 * A line to an agent that is asked again and again.
 *
 *     first ask --task--> told --open--> waiting --get--> looked --changed--> told
 *                          +--settled--> over              +--same--> waiting
 */
import type { Alarm } from '../base/wheel.ts'
import { isJsonObject, type JsonObject } from '../base/json.ts'
import { isFault } from '../domain/fault.ts'
import { changesBetween, isSettled } from '../protocol/a2a/changes.ts'
import { neutralOf, sayNeutral } from '../protocol/a2a/neutral.ts'
import type { Said } from '../protocol/a2a/said.ts'
import { type AskParts, askOnce, type Heard } from './ask-once.ts'
import type { Ask, Ear, Line, TaskSeen } from './driver.ts'
import { followAsk } from './feed/search.ts'
import { type Memo, Sight } from './feed/sight.ts'
import type { Fault } from '../domain/fault.ts'

export interface PollParts extends AskParts {
  /** Every change as an event, or only how it ended. */
  readonly tells: 'events' | 'end'
  /** How long the end is waited for; as long as for any task where absent. */
  readonly patience_ms?: number
}

/** Unit: milliseconds. */
const wait = { first: 100, most: 2000, grows: 1.5 }
/** So many looks in a row may fail. */
const misses_max = 3

export class PollLine implements Line {
  readonly #parts: PollParts
  readonly #first: Ask
  readonly #ear: Ear
  readonly #line: Line
  readonly #sight: Sight
  readonly #alarm: Alarm
  readonly #until: number
  readonly #letGo = new AbortController()
  #instance: string | null = null
  #task: JsonObject | null = null
  #wait_ms = wait.first
  #misses = 0
  #paused = false
  #looking = false
  #over = false

  constructor(parts: PollParts, first: Ask, ear: Ear) {
    const { bench, driver, errand } = parts
    this.#parts = parts
    this.#first = first
    this.#ear = ear
    this.#sight = new Sight('taskId' in first ? first.taskId : null, null)
    this.#until = bench.clock.monotonic() + (parts.patience_ms ?? bench.settings.blocking_ms)
    this.#alarm = bench.wheel.after(wait.most, () => void this.#look())
    this.#alarm.cancel()
    this.#line = driver.open(first, errand, {
      onHead: (headers) => ear.onHead(headers),
      onMemo: (memo: Memo) => {
        this.#sight.remember(memo)
        ear.onMemo(memo)
      },
      onDetail: (detail) => ear.onDetail?.(detail),
      onUsage: (usage) => ear.onUsage?.(usage),
      onQuiet: () => {},
      onSaid: (said) => this.#begin(said),
      onEnd: () => {},
      onError: (error) => this.#close(() => ear.onError(error)),
      onFault: (fault) => this.#close(() => ear.onFault(fault)),
    })
  }

  get sent(): boolean {
    return this.#line.sent
  }

  get instance(): string | null {
    return this.#instance ?? this.#line.instance
  }

  get awaited(): TaskSeen | null {
    return this.#sight.task
  }

  abort(): void {
    this.#close(() => {})
    this.#line.abort()
    this.#letGo.abort()
  }

  pause(): void {
    this.#paused = true
    this.#alarm.cancel()
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    if (this.#task !== null && !this.#over && !this.#looking) this.#alarm.push(this.#wait_ms)
  }

  #begin(said: Said): void {
    if (this.#over) return
    this.#instance = this.#line.instance
    this.#sight.see(said, this.#instance)
    const { task } = neutralOf(said)
    if (!isJsonObject(task)) return this.#end(said)
    this.#task = task
    if (isSettled(task)) return this.#end(said)
    if (this.#parts.tells === 'events') this.#ear.onSaid(said)
    this.#again()
  }

  #again(): void {
    if (!this.#over && !this.#paused) this.#alarm.push(this.#wait_ms)
    this.#wait_ms = Math.min(this.#wait_ms * wait.grows, wait.most)
  }

  async #look(): Promise<void> {
    const { task } = this.#sight
    if (this.#over || task === null) return
    this.#looking = true
    const { first_byte_ms } = this.#parts.bench.settings
    const ask = followAsk('get', task, this.#first)
    const heard = await askOnce(this.#parts, ask, first_byte_ms, this.#letGo.signal)
    this.#looking = false
    if (this.#over) return
    if (isFault(heard)) this.#missed(heard)
    else this.#heard(heard)
  }

  #missed(fault: Fault): void {
    this.#misses += 1
    if (this.#misses >= misses_max) this.#close(() => this.#ear.onFault(fault))
    else this.#again()
  }

  #heard({ answer }: Heard): void {
    this.#misses = 0
    if (answer.kind === 'agent_error') return this.#close(() => this.#ear.onError(answer))
    this.#sight.see(answer, this.#instance)
    const { task } = neutralOf(answer)
    if (!isJsonObject(task)) return this.#again()
    const changes = changesBetween(this.#task ?? {}, task)
    this.#task = task
    if (changes.length > 0) this.#wait_ms = wait.first
    if (this.#parts.tells === 'end') this.#tellEnd(answer, task)
    else this.#tellChanges(answer, changes, task)
  }

  #tellEnd(answer: Said, task: JsonObject): void {
    const late = this.#parts.bench.clock.monotonic() >= this.#until
    if (isSettled(task) || late) this.#end(answer)
    else this.#again()
  }

  /** A task that settled without a change that says so is shown whole, so that its stream has a last event. */
  #tellChanges(answer: Said, changes: readonly JsonObject[], task: JsonObject): void {
    const settled = isSettled(task)
    for (const change of changes) {
      const said = sayNeutral(change)
      if (said.seen.last) return this.#end(said)
      this.#ear.onSaid(said)
      if (this.#over) return
    }
    if (settled) this.#end(answer)
    else this.#again()
  }

  #end(said: Said): void {
    this.#close(() => {
      this.#ear.onSaid(said)
      this.#ear.onEnd()
    })
  }

  #close(tell: () => void): void {
    if (this.#over) return
    this.#over = true
    this.#alarm.cancel()
    tell()
  }
}
