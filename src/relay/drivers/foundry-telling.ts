/** Tells the events of one response, or what it came to, as A2A. */
import { type JsonObject, isJsonObject, readJsonObject } from '../../base/json.ts'
import { artifactOf, type FoundryResponse, readResponse, type Wished } from './foundry-words.ts'
import type { Course } from './framework.ts'
import { statusEvent, taskEvent, type TaskIds, type TaskStatus, usageMetadata } from './neutral.ts'
import type { Hearer } from './request.ts'
import { Shelf } from './shelf.ts'
import type { StreamEvent } from './splitters.ts'

/** Whose response it is. */
export interface Thread {
  /** The task it goes on with; null for one that is named after this response. */
  readonly taskId: string | null
  readonly contextId: string
  /** Whether it is told while it comes, or once as a whole task. */
  readonly told: boolean
}

/** What is remembered of a task: the response that works on it now, and what that waits for. */
export interface FoundryMemo {
  readonly response: string
  readonly contextId: string
  readonly pending: readonly Wished[]
  /** Its caller has given up a question: the service has no word for that. */
  readonly canceled?: boolean
}

export class FoundryTelling implements Hearer {
  readonly framing = 'sse'
  readonly #course: Course
  readonly #thread: Thread
  readonly #shelf: Shelf
  #ids: TaskIds | null = null
  #response: string | null = null
  #queued = false
  /** Whole items that are no messages. */
  readonly #offered: JsonObject[] = []

  constructor(course: Course, thread: Thread, bytes_max: number) {
    this.#course = course
    this.#thread = thread
    this.#shelf = new Shelf(course, thread.told, bytes_max)
  }

  onEvent({ name, data }: StreamEvent): void {
    const event = readJsonObject(data, depth_max)
    if (event === null) return this.#course.bad('an event that is no JSON object')
    const handle = this.#handlers[typeof event['type'] === 'string' ? event['type'] : name]
    if (handle) handle(event)
    else this.#course.quiet()
  }

  onQuiet(): void {
    this.#course.quiet()
  }

  /** The response that is told; null before it has an id. */
  get response(): string | null {
    return this.#response
  }

  /** The task is there; told once. */
  begin(response: FoundryResponse): TaskIds {
    if (this.#ids !== null) return this.#ids
    const { taskId, contextId, told } = this.#thread
    const ids = { taskId: taskId ?? response.id, contextId }
    this.#ids = ids
    this.#response = response.id
    this.#remember(response)
    this.#queued = response.state === 'TASK_STATE_SUBMITTED'
    const state = this.#queued ? response.state : 'TASK_STATE_WORKING'
    if (told) this.#course.say(taskEvent(ids, this.#course.status(state, ids)))
    return ids
  }

  /** What it came to, or where it stands for who asked for no more; ends the ask. */
  finish(response: FoundryResponse): void {
    const ids = this.begin(response)
    for (const { artifactId, parts } of response.artifacts) {
      if (!this.#shelf.has(artifactId)) this.#shelf.put(ids, artifactId, parts)
    }
    if (response.pending.length > 0) this.#remember(response)
    if (response.detail !== null) this.#course.detail(response.detail)
    const status = this.#statusOf(ids, response)
    const metadata = usageMetadata(response.usage)
    this.#course.uses([response.usage])
    this.#course.say(this.#thread.told ? statusEvent(ids, status, metadata) : this.#whole(ids, status, metadata))
    this.#course.end()
  }

  readonly #handlers: Readonly<Record<string, (event: JsonObject) => void>> = {
    'response.created': (event) => this.#stands(event),
    'response.queued': (event) => this.#stands(event),
    'response.in_progress': (event) => this.#stands(event),
    'response.output_text.delta': (event) => this.#adds(event),
    'response.refusal.delta': (event) => this.#adds(event),
    'response.output_item.done': (event) => this.#shelves(event),
    'response.oauth_consent_requested': (event) => this.#offers({ ...event, type: 'oauth_consent_request' }),
    'response.completed': (event) => this.#ends(event, 'completed'),
    'response.failed': (event) => this.#ends(event, 'failed'),
    'response.incomplete': (event) => this.#ends(event, 'incomplete'),
    'response.cancelled': (event) => this.#ends(event, 'cancelled'),
    error: (event) => this.#breaks(event),
  }

  #stands({ response }: JsonObject): void {
    const read = readResponse(response)
    if (read === null) return this.#course.bad('an event without its response')
    const ids = this.#ids
    if (ids === null) return void this.begin(read)
    const moved = this.#queued && read.state === 'TASK_STATE_WORKING'
    if (!moved) return this.#course.quiet()
    this.#queued = false
    if (this.#thread.told) this.#course.say(statusEvent(ids, this.#course.status(read.state, ids)))
  }

  #adds({ item_id, delta }: JsonObject): void {
    if (this.#ids === null || typeof item_id !== 'string' || typeof delta !== 'string') {
      return this.#course.bad('a piece of text without its response or item')
    }
    if (delta !== '') this.#shelf.add(this.#ids, item_id, delta)
  }

  /** A whole item: a text that was not told in pieces, or something the agent waits for. */
  #shelves({ item }: JsonObject): void {
    if (!isJsonObject(item)) return this.#course.quiet()
    const artifact = artifactOf(item)
    if (artifact === null) return this.#offers(item)
    if (this.#ids === null || this.#shelf.has(artifact.artifactId)) return this.#course.quiet()
    this.#shelf.put(this.#ids, artifact.artifactId, artifact.parts)
  }

  #offers(item: JsonObject): void {
    if (this.#offered.length < offered_max) this.#offered.push(item)
    this.#course.quiet()
  }

  /** The name of the event counts where the response inside says something else. */
  #ends({ response }: JsonObject, status: string): void {
    const read = isJsonObject(response) ? readResponse({ ...response, status, output: this.#allOf(response) }) : null
    if (read === null) this.#course.bad('a last event without its response')
    else this.finish(read)
  }

  /** Hosted agents tell a request for consent in an event of its own, and not always in the response as well. */
  #allOf({ output }: JsonObject): readonly JsonObject[] {
    const known = Array.isArray(output) ? output.filter(isJsonObject) : []
    const ids = new Set(known.map(({ id }) => id))
    return [...known, ...this.#offered.filter(({ id }) => !ids.has(id) && ids.add(id))]
  }

  /** The service failed by itself. Without a task there is nothing that could have failed. */
  #breaks(event: JsonObject): void {
    const ids = this.#ids
    this.#course.detail(JSON.stringify(event).slice(0, detail_max))
    if (ids === null) return this.#course.bad('an error event')
    const status = this.#course.status('TASK_STATE_FAILED', ids, 'The agent failed.')
    this.#course.say(this.#thread.told ? statusEvent(ids, status) : this.#whole(ids, status, undefined))
    this.#course.end()
  }

  #whole(ids: TaskIds, status: TaskStatus, metadata: JsonObject | undefined): JsonObject {
    const artifacts = this.#shelf.list()
    return taskEvent(ids, status, { ...(artifacts.length > 0 ? { artifacts } : {}), ...(metadata ? { metadata } : {}) })
  }

  #statusOf(ids: TaskIds, { state, sentence, pending }: FoundryResponse): TaskStatus {
    if (pending.length === 0) return this.#course.status(state, ids, sentence)
    const text = pending.map((wish) => wish.sentence).join('\n')
    return this.#course.status(state, ids, [{ text }, ...pending.map(({ shown }) => ({ data: shown }))])
  }

  #remember({ id, pending, state }: FoundryResponse): void {
    const wished = pending.map((one) => ({ wish: one.wish, id: one.id }))
    const canceled = state === 'TASK_STATE_CANCELED' ? { canceled: true } : {}
    const memo: FoundryMemo = { response: id, contextId: this.#thread.contextId, pending: wished, ...canceled }
    this.#course.memo({ task: { ...memo } })
  }
}

const depth_max = 64
/** More than can be remembered; calls that were answered inside the service are among them. */
const offered_max = 256
/** Unit: characters. */
const detail_max = 500
