/** One invocation of an AgentCore app: a whole answer or a stream of events, told as a task of ours. */
import { type Fault, isFault } from '../../domain/fault.ts'
import { type JsonObject, readJson } from '../../base/json.ts'
import type { AgentCoreSettings } from '../../config/settings-drivers.ts'
import type { TaskState } from '../../domain/task.ts'
import { isAppFailure, refusalIn } from './agentcore-errors.ts'
import { answerPart, eventPart, failureIn, questionIn, usageIn } from './agentcore-words.ts'
import type { Course, DriverBench, Wanted } from './framework.ts'
import { statusEvent, taskEvent, type TaskIds, type Usage, usageMetadata } from './neutral.ts'
import type { Answer, Hearer } from './request.ts'
import { Shelf } from './shelf.ts'
import type { StreamEvent } from './splitters.ts'

export interface Invocation {
  readonly ids: TaskIds
  readonly session: string
  readonly wanted: Wanted
  /** Whether the caller hears events, or one task at the end. */
  readonly told: boolean
  readonly options: AgentCoreSettings
}

/** The tasks that are heard right now, by their sessions. Never more than calls are open. */
export class LiveSessions {
  readonly #sessions = new Map<string, Set<string>>()
  readonly #stopped = new Set<string>()

  /** Keeps a task until the function it returns is called. */
  enter(session: string, taskId: string): () => void {
    const tasks = this.#sessions.get(session) ?? new Set<string>()
    this.#sessions.set(session, tasks.add(taskId))
    return () => {
      this.#stopped.delete(taskId)
      tasks.delete(taskId)
      if (tasks.size === 0 && this.#sessions.get(session) === tasks) this.#sessions.delete(session)
    }
  }

  othersIn(session: string, taskId: string): boolean {
    return [...(this.#sessions.get(session) ?? [])].some((other) => other !== taskId)
  }

  /** Notes that a task is being stopped, so that the end of its answer is not taken for success. */
  stopping(session: string, taskId: string): () => void {
    if (!this.#sessions.get(session)?.has(taskId)) return () => undefined
    this.#stopped.add(taskId)
    return () => this.#stopped.delete(taskId)
  }

  isStopped(taskId: string): boolean {
    return this.#stopped.has(taskId)
  }
}

/** What is remembered of a task: its session, and whether the app waits for its caller. */
export function memoOf({ session, ids }: Pick<Invocation, 'session' | 'ids'>, waiting: boolean): JsonObject {
  return { session, context: ids.contextId, ...(waiting ? { waiting } : {}) }
}

/** So long an app that answers whole may be silent before its task is told to whoever hears events. */
const announce_ms = 300

export async function invoke(
  course: Course,
  bench: DriverBench,
  live: LiveSessions,
  invocation: Invocation,
): Promise<void> {
  const { ids, session, wanted } = invocation
  const telling = new Telling(course, bench, invocation)
  const leave = live.enter(session, ids.taskId)
  const early = bench.wheel.after(announce_ms, () => {
    if (course.sent) telling.announce()
  })
  course.atEnd(() => {
    early.cancel()
    leave()
  })
  course.memo({ task: memoOf(invocation, false) })
  const answer = await course.ask(wanted, telling)
  if (live.isStopped(ids.taskId)) telling.finish('TASK_STATE_CANCELED')
  else telling.settle(answer)
}

class Telling implements Hearer {
  readonly framing = 'sse'
  readonly #course: Course
  readonly #invocation: Invocation
  readonly #shelf: Shelf
  #announced = false
  #usage: Usage | null = null
  #failure: string | null = null
  #pieces = 0
  #question: JsonObject | null = null

  constructor(course: Course, bench: DriverBench, invocation: Invocation) {
    this.#course = course
    this.#invocation = invocation
    this.#shelf = new Shelf(course, invocation.told, bench.settings.answer_bytes)
  }

  onHead(): void {
    this.announce()
  }

  onEvent({ name, data }: StreamEvent): void {
    if (this.#failure !== null) return
    const value = valueOf(data)
    const failure = failureIn(value)
    if (name === 'error' || failure !== null) {
      this.#failure = failure ?? data
      return
    }
    this.#usage = usageIn(value) ?? this.#usage
    const { options } = this.#invocation
    this.#question = questionIn(value, options.question_pointer) ?? this.#question
    const part = eventPart(value, options)
    if (part === null) this.#course.quiet()
    else if (typeof part['text'] === 'string') this.#shelf.add(this.#invocation.ids, 'answer', part['text'])
    else this.#shelf.put(this.#invocation.ids, `data-${(this.#pieces += 1)}`, [part])
  }

  onQuiet(): void {
    this.#course.quiet()
  }

  /** Tells the task to whoever hears events, once. */
  announce(): void {
    const { ids, told } = this.#invocation
    if (this.#announced || !told || this.#course.over) return
    this.#announced = true
    this.#course.say(taskEvent(ids, this.#course.status('TASK_STATE_WORKING', ids)))
  }

  settle(answer: Answer | Fault): void {
    if (isFault(answer)) return this.#course.fault(answer)
    const { ids, options } = this.#invocation
    if (answer.status > 299) return this.#refuse(answer)
    if (this.#failure !== null) return this.#fail(this.#failure)
    if (!answer.streamed) {
      const value = answer.json === undefined ? answer.text : answer.json
      const failure = failureIn(value)
      if (failure !== null) return this.#fail(failure)
      this.announce()
      this.#usage = usageIn(value)
      this.#question = questionIn(value, options.question_pointer)
      const part = answerPart(value, options)
      if (part !== null) this.#shelf.put(ids, 'answer', [part])
    }
    if (this.#question === null) return this.finish('TASK_STATE_COMPLETED')
    this.#course.memo({ task: memoOf(this.#invocation, true) })
    this.finish('TASK_STATE_INPUT_REQUIRED', [this.#question])
  }

  /** The last word: an event for who hears events, the whole task for who waited. */
  finish(state: TaskState, said: string | readonly JsonObject[] | null = null): void {
    const { ids } = this.#invocation
    const metadata = usageMetadata(this.#usage)
    this.#course.uses([this.#usage])
    const status = this.#course.status(state, ids, said)
    const rest = { artifacts: this.#shelf.list(), ...(metadata ? { metadata } : {}) }
    this.#course.say(this.#announced ? statusEvent(ids, status, metadata) : taskEvent(ids, status, rest))
    this.#course.end()
  }

  #refuse(answer: Answer): void {
    if (isAppFailure(answer)) return this.#fail(`status ${answer.status}: ${answer.text}`)
    const refusal = refusalIn(answer)
    if (isFault(refusal)) this.#course.fault(refusal)
    else this.#course.error(refusal)
  }

  /** The sentences of an app's exceptions are for operators: they name files, hosts and secrets. */
  #fail(detail: string): void {
    this.#course.detail(detail.slice(0, detail_max))
    this.finish('TASK_STATE_FAILED', 'The agent failed while it worked on this task.')
  }
}

/** Records keep no more of what an app failed with. Unit: characters. */
const detail_max = 500

/** An event is JSON or a bare text; a bare number is a token of text as well. */
function valueOf(data: string): unknown {
  const read = readJson(data, depth_max)
  const told = read.ok && (typeof read.value === 'object' || typeof read.value === 'string')
  return told ? read.value : data
}

/** Events of apps nest no deeper. */
const depth_max = 64
