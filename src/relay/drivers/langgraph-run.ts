/** One run while it is heard, and how its end is told. */
import type { TaskState } from '../../domain/task.ts'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { Head } from '../wire/transport.ts'
import type { Course } from './framework.ts'
import type { GraphApi } from './langgraph-api.ts'
import { RunFold } from './langgraph-fold.ts'
import { type GraphTask, writeTask } from './langgraph-memo.ts'
import {
  answersTo,
  earlierThan,
  eventJson,
  interruptsIn,
  isGraphId,
  isLast,
  messagesIn,
  questionOf,
  runIn,
  type RunStatus,
} from './langgraph-words.ts'
import { statusEvent, taskEvent, usageMetadata } from './neutral.ts'
import type { Hearer } from './request.ts'
import { Shelf } from './shelf.ts'
import type { StreamEvent } from './splitters.ts'

export interface RunStreamParts {
  /** Whether the caller hears events, or one task at the end. */
  readonly told: boolean
  /** What is kept for a caller who waits. Unit: bytes. */
  readonly bytes_max: number
  /** The task, once its run has an id. */
  readonly named: (run: string) => GraphTask
}

export class RunStream implements Hearer {
  readonly framing = 'sse'
  readonly shelf: Shelf
  readonly fold: RunFold
  readonly #course: Course
  readonly #parts: RunStreamParts
  task: GraphTask | null = null

  constructor(course: Course, parts: RunStreamParts) {
    this.#course = course
    this.#parts = parts
    this.shelf = new Shelf(course, parts.told, parts.bytes_max)
    this.fold = new RunFold(this.shelf)
  }

  onHead(head: Head): void {
    const run = runIn(head['content-location'])
    if (run !== null) this.begin(run)
  }

  onEvent(event: StreamEvent): void {
    if (this.task === null) this.#name(event)
    if (this.task === null) return
    this.fold.take(this.task, event)
    // A node that is done has left there what its model used.
    if (event.name.startsWith('updates')) this.#course.uses(this.fold.used)
  }

  onQuiet(): void {
    this.#course.quiet()
  }

  /** The last word: an event for who hears events, the whole task for who waited. */
  finish(state: TaskState, said: string | readonly JsonObject[] = []): void {
    const { task } = this
    if (task === null) return this.#course.bad('a run without an id')
    const metadata = usageMetadata(this.fold.usage)
    this.#course.uses(this.fold.used)
    const status = this.#course.status(state, task, said)
    const rest = { artifacts: this.shelf.list(), ...(metadata ? { metadata } : {}) }
    this.#course.say(this.#parts.told ? statusEvent(task, status, metadata) : taskEvent(task, status, rest))
    this.#course.end()
  }

  /** Where no header names the run, its first event does. */
  #name({ name, data }: StreamEvent): void {
    const value = name === 'metadata' ? eventJson(data) : null
    const run = isJsonObject(value) ? value['run_id'] : null
    if (isGraphId(run)) this.begin(run)
  }

  begin(run: string): void {
    if (this.task !== null) return
    const task = this.#parts.named(run)
    this.task = task
    announce(this.#course, task)
    if (this.#parts.told) this.#course.say(taskEvent(task, this.#course.status('TASK_STATE_WORKING', task)))
  }
}

/** What the road has to remember before anybody hears of the task. */
export function announce(course: Course, task: GraphTask): void {
  course.memo({ task: writeTask(task), context: { thread: task.thread, run: task.run } })
}

/**
 * Tells how a run ended whose stream is over. An end of the stream alone is no success, and what was cut off or never
 * replayed stands in the thread.
 */
export async function settle(api: GraphApi, stream: RunStream): Promise<void> {
  const { course } = api
  const { task, fold } = stream
  if (task === null) return course.bad('a run without an id')
  if (fold.failure !== null) return fail(course, stream, fold.failure)
  if (fold.interrupts !== null) return ask(course, stream, fold.interrupts)
  const run = await api.ended(task)
  if (run.kind !== 'run') return api.stop(run)
  if (run.status === 'interrupted') return stream.finish('TASK_STATE_CANCELED')
  if (run.status !== 'success') return fail(course, stream, `the run ended as ${run.status}`)
  const thread = await api.thread(task.thread)
  if (thread.kind !== 'thread') return api.stop(thread)
  const messages = messagesIn(thread.json)
  for (const message of answersTo(task.from, messages)) fold.takeWhole(task, message)
  fold.knewBefore(earlierThan(task.from, messages))
  const interrupts = isLast(task.from, messages) ? interruptsIn(thread.json) : null
  if (interrupts !== null) return ask(course, stream, interrupts)
  stream.finish('TASK_STATE_COMPLETED')
}

/** The sentences of a graph's exceptions are for operators: they name files, hosts and secrets. */
function fail(course: Course, stream: RunStream, detail: string): void {
  course.detail(detail)
  stream.finish('TASK_STATE_FAILED', failed)
}

function ask(course: Course, stream: RunStream, interrupts: readonly JsonObject[]): void {
  if (stream.task) course.memo({ task: writeTask({ ...stream.task, waiting: true }) })
  stream.finish('TASK_STATE_INPUT_REQUIRED', questionOf(interrupts))
}

export const failed = 'The agent failed while it worked on this task.'

/** States of a task whose run needs no look into its thread. */
export const plainStates: Readonly<Partial<Record<RunStatus, TaskState>>> = {
  pending: 'TASK_STATE_SUBMITTED',
  running: 'TASK_STATE_WORKING',
  error: 'TASK_STATE_FAILED',
  timeout: 'TASK_STATE_FAILED',
}
