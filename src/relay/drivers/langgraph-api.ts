/** The requests to a LangGraph server, and what its refusals mean. */
import type { LangGraphSettings } from '../../config/settings-drivers.ts'
import { type JsonObject, isJsonObject } from '../../base/json.ts'
import { type Fault, isFault } from '../../domain/fault.ts'
import type { Upstream } from '../wire/upstream.ts'
import { makeFault } from '../wire/transport.ts'
import { agentError, agentErrors, type Course, type Wanted } from './framework.ts'
import type { GraphTask } from './langgraph-memo.ts'
import { isGraphId, runIn, runStatus, type RunStatus } from './langgraph-words.ts'
import { refusalOf } from './refusals.ts'
import type { Answer, Hearer } from './request.ts'

/** How a run stands. */
interface Run {
  readonly kind: 'run'
  readonly status: RunStatus
}

/** A thread as the server tells it. */
interface Thread {
  readonly kind: 'thread'
  readonly json: JsonObject
}

/** The server knows no such run or thread. */
interface Unknown {
  readonly kind: 'unknown'
}

export class GraphApi {
  readonly course: Course
  readonly #options: LangGraphSettings
  readonly #base: string

  constructor(course: Course, options: LangGraphSettings, upstream: Upstream) {
    this.course = course
    this.#options = options
    this.#base = upstream.path.replace(/\?.*$/, '').replace(/\/+$/, '')
  }

  /** Starts a run and hears it to its end. */
  async stream(thread: string, input: JsonObject, hearer: Hearer): Promise<Answer | Fault> {
    return this.#ask({ ...this.#start(thread, input, '/stream'), accept: 'text/event-stream' }, hearer)
  }

  /** Starts a run and leaves it to itself; its id, or why there is none. */
  async begin(thread: string, input: JsonObject): Promise<string | Answer | Fault> {
    const answer = await this.#ask(this.#start(thread, input, ''))
    if (isFault(answer) || !succeeded(answer)) return answer
    const named = isJsonObject(answer.json) ? answer.json['run_id'] : null
    const run = runIn(answer.head['content-location']) ?? named
    return isGraphId(run) ? run : makeFault('bad_answer', 'a run without an id', true)
  }

  /** Hears a run that was started before, from its first event where the server kept them. */
  async join({ thread, run }: GraphTask, hearer: Hearer): Promise<Answer | Fault> {
    const headers = [['last-event-id', '-1']] as const
    const path = `/threads/${thread}/runs/${run}/stream`
    return this.#ask({ method: 'GET', path, body: null, accept: 'text/event-stream', headers }, hearer)
  }

  async run({ thread, run }: GraphTask): Promise<Run | Unknown | Fault> {
    const found = await this.#get(`/threads/${thread}/runs/${run}`)
    if (found.kind !== 'thread') return found
    const status = runStatus(found.json)
    return status === null ? makeFault('bad_answer', 'a run without a status', true) : { kind: 'run', status }
  }

  /** How a run ended whose stream is over; the server may need a moment to say so. */
  async ended(task: GraphTask): Promise<Run | Unknown | Fault> {
    for (const delay_ms of delays_ms) {
      const run = await this.run(task)
      if (run.kind !== 'run' || (run.status !== 'pending' && run.status !== 'running')) return run
      await this.course.wait(delay_ms)
    }
    return makeFault('truncated', 'the stream ended and its run goes on', true)
  }

  async thread(thread: string): Promise<Thread | Unknown | Fault> {
    return this.#get(`/threads/${thread}`)
  }

  /** Interrupts a run and waits until it stands. */
  async cancel({ thread, run }: GraphTask): Promise<Answer | Fault> {
    const path = `/threads/${thread}/runs/${run}/cancel?wait=1&action=interrupt`
    return this.#ask({ method: 'POST', path, body: {} })
  }

  /** Ends where nothing was found. */
  stop(found: Unknown | Fault): void {
    if (isFault(found)) this.course.fault(found)
    else this.course.error(agentError(agentErrors.task_not_found, 'The task is not known.'))
  }

  /** Ends with what a refused request means to the caller. */
  refuse(answer: Answer): void {
    if (answer.status === 404) return this.course.bad(`not found: ${answer.text.slice(0, text_max)}`)
    if (answer.status === 409 || answer.status === 422) return this.course.error(busy)
    const refusal = answer.status === 429 || answer.status === 413 ? refusalOf(answer.status, answer.head) : null
    if (refusal) return this.course.error(refusal)
    this.course.bad(`status ${answer.status}: ${answer.text.slice(0, text_max)}`)
  }

  #start(thread: string, input: JsonObject, kind: '' | '/stream'): Wanted {
    const body = {
      assistant_id: this.#options.assistant_id,
      multitask_strategy: 'reject',
      on_disconnect: 'continue',
      stream_resumable: true,
      stream_mode: ['messages-tuple', 'updates'],
      ...input,
    }
    return { method: 'POST', path: `/threads/${thread}/runs${kind}`, body }
  }

  async #get(path: string): Promise<Thread | Unknown | Fault> {
    const answer = await this.#ask({ method: 'GET', path, body: null })
    if (isFault(answer)) return answer
    if (answer.status === 404) return { kind: 'unknown' }
    if (succeeded(answer) && isJsonObject(answer.json)) return { kind: 'thread', json: answer.json }
    return makeFault('bad_answer', `status ${answer.status}: ${answer.text.slice(0, text_max)}`, true)
  }

  async #ask(wanted: Wanted, hearer: Hearer | null = null): Promise<Answer | Fault> {
    const { api_key } = this.#options
    const key = api_key === null ? [] : [['x-api-key', api_key.reveal()] as const]
    const headers = [...(wanted.headers ?? []), ...key]
    return this.course.ask({ ...wanted, path: this.#base + wanted.path, headers }, hearer)
  }
}

/** More than three seconds together. */
const delays_ms = [25, 50, 100, 200, 400, 800, 1600]

/** Records keep no more of an error's text. Unit: characters. */
const text_max = 300

const busy = agentError(agentErrors.unsupported, 'The agent still works on this conversation.')

export function succeeded({ status }: Answer): boolean {
  return status >= 200 && status < 300
}
