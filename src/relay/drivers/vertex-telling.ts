/**
 * Tells the events of one invocation as A2A. Pieces of a text come first and the whole text after them, so the whole is
 * told only as far as it says something else: nothing, its rest, or itself in their place.
 */
import { type JsonObject, readJsonObject } from '../../base/json.ts'
import { makeFault } from '../wire/transport.ts'
import type { Course } from './framework.ts'
import {
  addUsage,
  statusEvent,
  taskEvent,
  type TaskIds,
  type TaskStatus,
  type Usage,
  usageMetadata,
  withUsage,
} from './neutral.ts'
import type { Hearer } from './request.ts'
import { Shelf } from './shelf.ts'
import type { StreamEvent } from './splitters.ts'
import { type AdkEvent, type Pending, pendingMax, readEvent, shownOf, type Wished } from './vertex-words.ts'

/** Whose invocation it is. */
export interface Thread {
  /** The task it goes on with; null for one that is named after this invocation. */
  readonly taskId: string | null
  readonly contextId: string
  /** Whether it is told while it comes, or once as a whole task. */
  readonly told: boolean
}

/** What is remembered of a task: what it waits for. */
export interface VertexMemo {
  readonly contextId: string
  readonly pending: readonly Wished[]
}

/** A text of which pieces were told and the whole was not. */
interface Run {
  readonly artifactId: string
  text: string
}

/** Agents of one app that speak at once. */
const runs_max = 64
const depth_max = 64
/** Unit: characters. */
const detail_max = 500

export class VertexTelling implements Hearer {
  readonly framing = 'lines'
  readonly #course: Course
  readonly #thread: Thread
  readonly #bytes_max: number
  readonly #shelf: Shelf
  readonly #runs = new Map<string, Run>()
  #pending: readonly Pending[] = []
  /** Every answer of a model counts for itself. */
  #used: readonly Usage[] = []
  #open = false
  #ids: TaskIds | null = null
  #invocation = ''
  #made = 0

  constructor(course: Course, thread: Thread, bytes_max: number) {
    this.#course = course
    this.#thread = thread
    this.#bytes_max = bytes_max
    this.#shelf = new Shelf(course, thread.told, bytes_max)
  }

  onEvent({ data }: StreamEvent): void {
    if (this.#course.over) return
    // The service frames the lines as server-sent events for whoever asks for it.
    const json = readJsonObject(data.replace(/^data:/, ''), depth_max)
    const event = json === null ? null : readEvent(json)
    if (event === null) return this.#course.bad('a line that is no event')
    if (event.failure !== null) this.#course.detail(data.slice(0, detail_max))
    const ids = this.#begin(event)
    if (ids === null) return this.#course.bad('an error before the first event')
    if (event.failure !== null) return this.#close(ids, this.#course.status('TASK_STATE_FAILED', ids, event.failure))
    if (event.partial) this.#piece(ids, event)
    else this.#whole(ids, event)
  }

  onQuiet(): void {
    this.#course.quiet()
  }

  /** The stream has ended, which is all the service says about the end of the work. */
  end(): void {
    const ids = this.#ids
    if (ids === null) return this.#course.bad('a stream without events')
    // An engine whose app failed ends the stream like one whose app is done.
    const cut = this.#runs.size > 0 || (this.#open && this.#pending.length === 0)
    if (cut) return this.#course.fault(makeFault('truncated', 'the events ended in the middle of the work', true))
    if (this.#pending.length === 0) return this.#close(ids, this.#course.status('TASK_STATE_COMPLETED', ids))
    this.#remember(this.#pending)
    this.#close(ids, this.#asking(ids))
  }

  #begin({ invocation }: AdkEvent): TaskIds | null {
    if (this.#ids !== null || invocation === null) return this.#ids
    const { taskId, contextId, told } = this.#thread
    const ids = { taskId: taskId ?? invocation, contextId }
    this.#ids = ids
    this.#invocation = invocation
    this.#remember([])
    if (told) this.#course.say(taskEvent(ids, this.#course.status('TASK_STATE_WORKING', ids)))
    return ids
  }

  #piece(ids: TaskIds, event: AdkEvent): void {
    const { author, text } = event
    if (text === '') return this.#course.quiet()
    const run = this.#runs.get(author) ?? { artifactId: this.#artifactId(event), text: '' }
    run.text += text
    this.#runs.set(author, run)
    if (run.text.length > this.#bytes_max || this.#runs.size > runs_max) {
      return this.#course.fault(makeFault('too_large', 'the pieces of one text', true))
    }
    this.#shelf.add(ids, run.artifactId, text)
  }

  #whole(ids: TaskIds, event: AdkEvent): void {
    const { author, text, files, pending, usage, open } = event
    this.#open = open ?? this.#open
    this.#pending = [...this.#pending, ...pending].slice(0, pendingMax)
    this.#uses(usage)
    const run = this.#runs.get(author)
    this.#runs.delete(author)
    if (run === undefined) {
      if (text !== '') this.#shelf.put(ids, this.#artifactId(event), [{ text }])
    } else if (text !== '' && !text.startsWith(run.text)) this.#shelf.put(ids, run.artifactId, [{ text }])
    else if (text.length > run.text.length) this.#shelf.add(ids, run.artifactId, text.slice(run.text.length))
    if (files.length > 0) this.#shelf.put(ids, `${this.#artifactId(event)}-files`, files)
    this.#course.quiet()
  }

  #uses(usage: Usage | null): void {
    if (usage === null) return
    this.#used = withUsage(this.#used, usage)
    this.#course.uses(this.#used)
  }

  #close(ids: TaskIds, status: TaskStatus): void {
    const metadata = usageMetadata(this.#used.reduce(addUsage, null))
    const artifacts = this.#shelf.list()
    const rest = { ...(artifacts.length > 0 ? { artifacts } : {}), ...(metadata ? { metadata } : {}) }
    this.#course.say(this.#thread.told ? statusEvent(ids, status, metadata) : taskEvent(ids, status, rest))
    this.#course.end()
  }

  #asking(ids: TaskIds): TaskStatus {
    const needsLogin = this.#pending.some(({ wish }) => wish === 'credential')
    const state = needsLogin ? 'TASK_STATE_AUTH_REQUIRED' : 'TASK_STATE_INPUT_REQUIRED'
    const shown = this.#pending.map(shownOf)
    const text = shown.map(({ sentence }) => sentence).join('\n')
    return this.#course.status(state, ids, [{ text }, ...shown.map(({ data }) => ({ data }))])
  }

  #remember(pending: readonly Pending[]): void {
    const wished: readonly Wished[] = pending.map(({ wish, id, name }) => ({ wish, id, name }))
    const memo: VertexMemo = { contextId: this.#thread.contextId, pending: wished }
    this.#course.memo({ task: { ...memo } satisfies JsonObject })
  }

  /** An invocation goes on where the agent waited for its caller, so its id would name two artifacts. */
  #artifactId({ id }: AdkEvent): string {
    this.#made += 1
    return id ?? `${this.#invocation}-${this.#made}`
  }
}
