/**
 * Microsoft Foundry: an agent behind the Responses API of a project. A context is a conversation, a task is a response,
 * and goes on as a further response of the same conversation where the agent waited for its caller. Everything runs in
 * the background of the service, because only that can be asked about, heard again and cancelled.
 *
 *     send, stream  [POST conversations] -> POST responses {background, stream} -> events
 *     get           GET responses/{id}            cancel  POST responses/{id}/cancel
 *     subscribe     GET responses/{id}?stream=true, which tells everything again; else GET until it is over
 */
import { type JsonObject, isJsonObject } from '../../base/json.ts'
import type { FoundrySettings } from '../../config/settings-drivers.ts'
import { type Fault, isFault } from '../../domain/fault.ts'
import { phaseOf } from '../../domain/task.ts'
import type { Ask, Driver, Ear, Errand, Features, FollowAsk, Line, StartAsk } from '../driver.ts'
import type { Upstream } from '../wire/upstream.ts'
import { makeFault } from '../wire/transport.ts'
import { type FoundryMemo, FoundryTelling, type Thread } from './foundry-telling.ts'
import {
  adviceFor,
  afterDropped,
  answersTo,
  type FoundryResponse,
  inputOf,
  readResponse,
  type Wished,
} from './foundry-words.ts'
import { agentError, agentErrors, Course, type DriverBench } from './framework.ts'
import { isRefused, type Refused, refused } from './refused.ts'
import { messageOf, type Part, partsOf } from './message.ts'
import { returnsImmediately } from '../../protocol/a2a/params.ts'
import { taskEvent } from './neutral.ts'
import { refuse } from './refusals.ts'
import type { Answer, Hearer } from './request.ts'

/** Between two looks at a response that cannot be heard. Unit: milliseconds. */
const poll_ms = { first: 200, last: 2000 } as const

export class FoundryDriver implements Driver {
  readonly features: Features = { stream: true, get: true, subscribe: true, cancel: true, blocking: true }
  readonly #upstream: Upstream
  readonly #bench: DriverBench
  readonly #settings: FoundrySettings
  readonly #base: string
  /** Some models do not work in the background; the first that says so is believed for all. */
  #background = true

  constructor(upstream: Upstream, bench: DriverBench, settings: FoundrySettings) {
    this.#upstream = upstream
    this.#bench = bench
    this.#settings = settings
    this.#base = `${(upstream.path.split('?')[0] ?? '').replace(/\/+$/, '')}/openai/v1/`
  }

  open(ask: Ask, errand: Errand, ear: Ear): Line {
    // The service hands no header on to the agent, and our token would tell it who the person is.
    const anonymous = { ...errand, delivery: null }
    const course = new Course({ upstream: this.#upstream, bench: this.#bench, errand: anonymous, ear })
    return course.run(async () => {
      if ('call' in ask) return this.#start(ask, course)
      const memo = readMemo(ask.known.task)
      if (memo === null) return notFound(course)
      const thread = { taskId: ask.taskId, contextId: memo.contextId, told: ask.operation === 'subscribe' }
      const telling = this.#tell(course, thread)
      if (ask.operation === 'cancel') return this.#cancel(course, ask, memo, telling)
      if (ask.operation === 'get' || memo.canceled === true) return this.#get(course, memo, telling)
      return this.#subscribe(course, memo, telling)
    })
  }

  async #start(ask: StartAsk, course: Course): Promise<void> {
    const { call, known } = ask
    const memo = readMemo(known.task)
    if (call.taskId !== null && memo === null) return notFound(course)
    const params = ask.params()
    const input = readInput(memo?.pending ?? [], partsOf(messageOf(params)))
    if (isRefused(input)) return course.error(input.error)
    const conversation = await this.#conversation(course, known.context)
    if (conversation === null) return
    const contextId = call.contextId ?? memo?.contextId ?? conversation
    const dropped = call.taskId === null ? droppedIn(known.context) : []
    if (dropped.length > 0) course.memo({ context: { conversation } })
    const body = { conversation, input: afterDropped(dropped, input), agent_reference: this.#agent() }
    const told = ask.operation === 'stream'
    const remembered = conversation === known.context?.['conversation']
    const telling = this.#tell(course, { taskId: call.taskId, contextId, told })
    await this.#respond(course, { body, telling, remembered, immediately: !told && returnsImmediately(params) })
  }

  async #respond(course: Course, work: Work): Promise<void> {
    const { body, telling, immediately } = work
    const background = this.#background
    const waits = !(immediately && background)
    const asked = { ...body, ...(background ? { background } : {}), ...(waits ? { stream: true } : {}) }
    const answer = await this.#ask(course, { method: 'POST', path: 'responses', body: asked }, waits ? telling : null)
    if (answer === null) return
    if (background && refusesBackground(answer)) {
      // Nothing was started, so it may be asked once more.
      this.#background = false
      return this.#respond(course, work)
    }
    if (answer.streamed) return this.#endedEarly(course, telling)
    if (answer.status === 404) return gone(course, work.remembered)
    const response = read(course, answer)
    if (response !== null) telling.finish(response)
  }

  async #get(course: Course, memo: FoundryMemo, telling: FoundryTelling): Promise<void> {
    const response = await this.#look(course, memo)
    if (response === null) return
    const canceled = memo.canceled === true && phaseOf(response.state) !== 'terminal'
    telling.finish(canceled ? { ...response, state: 'TASK_STATE_CANCELED', pending: [] } : response)
  }

  async #cancel(course: Course, ask: FollowAsk, memo: FoundryMemo, telling: FoundryTelling): Promise<void> {
    if (memo.pending.length > 0) return this.#giveUp(course, ask, memo)
    const path = `responses/${encodeURIComponent(memo.response)}/cancel`
    const answer = await this.#ask(course, { method: 'POST', path, body: null }, null)
    if (answer === null) return
    if (answer.status === 404) return notFound(course)
    if (answer.status === 400 || answer.status === 409) return notCancelable(course)
    const response = read(course, answer)
    if (response === null) return
    if (phaseOf(response.state) === 'terminal' && response.state !== 'TASK_STATE_CANCELED') return notCancelable(course)
    telling.finish(response)
  }

  /** The service is done with a response that waits for its caller; nothing runs that could be stopped. */
  #giveUp(course: Course, { taskId, known }: FollowAsk, memo: FoundryMemo): void {
    const ids = { taskId, contextId: memo.contextId }
    course.memo({ task: { ...memo, pending: [], canceled: true } })
    if (known.context) course.memo({ context: { ...known.context, dropped: memo.pending } })
    course.say(taskEvent(ids, course.status('TASK_STATE_CANCELED', ids)))
    course.end()
  }

  async #subscribe(course: Course, memo: FoundryMemo, telling: FoundryTelling): Promise<void> {
    const path = `responses/${encodeURIComponent(memo.response)}`
    const answer = await this.#ask(course, { method: 'GET', path, body: null, query: 'stream=true' }, telling)
    if (answer === null) return
    if (answer.streamed) return this.#endedEarly(course, telling)
    if (answer.status === 404) return notFound(course)
    for (let delay_ms: number = poll_ms.first; ; delay_ms = Math.min(2 * delay_ms, poll_ms.last)) {
      const response = await this.#look(course, memo)
      if (response === null) return
      if (phaseOf(response.state) !== 'open') return telling.finish(response)
      telling.begin(response)
      course.quiet()
      await course.wait(delay_ms)
    }
  }

  /**
   * The service has no event for a response that was cancelled: its stream just ends. Everything else was lost, and is
   * heard again from the beginning, for nobody knows which pieces of text are missing.
   */
  async #endedEarly(course: Course, telling: FoundryTelling): Promise<void> {
    const { response: id } = telling
    const wanted = { method: 'GET', path: `responses/${encodeURIComponent(id ?? '')}`, body: null } as const
    const answer = id === null ? null : await this.#request(course, wanted, null)
    const response = answer === null || isFault(answer) || answer.status > 299 ? null : readResponse(answer.json)
    if (response?.state === 'TASK_STATE_CANCELED') return telling.finish(response)
    course.fault(makeFault('truncated', 'the events ended before the last one', true))
  }

  async #look(course: Course, { response }: FoundryMemo): Promise<FoundryResponse | null> {
    const path = `responses/${encodeURIComponent(response)}`
    const answer = await this.#ask(course, { method: 'GET', path, body: null }, null)
    if (answer?.status !== 404) return answer && read(course, answer)
    notFound(course)
    return null
  }

  /** The conversation to go on with, or a new one; null once the ask has ended. */
  async #conversation(course: Course, known: JsonObject | null): Promise<string | null> {
    const { conversation } = known ?? {}
    if (typeof conversation === 'string') return conversation
    const answer = await this.#ask(course, { method: 'POST', path: 'conversations', body: {} }, null)
    if (answer === null) return null
    const id = answer.status < 300 && isJsonObject(answer.json) ? answer.json['id'] : null
    if (typeof id === 'string' && id !== '' && id.length <= 256) {
      course.memo({ context: { conversation: id } })
      return id
    }
    refuse(course, answer)
    return null
  }

  /** Null once the ask has ended with a fault. */
  async #ask(course: Course, wanted: FoundryWanted, hearer: Hearer | null): Promise<Answer | null> {
    const answer = await this.#request(course, wanted, hearer)
    if (!isFault(answer)) return answer
    course.fault(answer)
    return null
  }

  #request(course: Course, wanted: FoundryWanted, hearer: Hearer | null): Promise<Answer | Fault> {
    const { api_version } = this.#settings
    const query = new URLSearchParams(wanted.query)
    if (api_version !== null) query.set('api-version', api_version)
    const path = `${this.#base}${wanted.path}${query.size > 0 ? `?${query.toString()}` : ''}`
    const accept = hearer === null ? {} : { accept: 'text/event-stream' }
    return course.ask({ method: wanted.method, path, body: wanted.body, ...accept }, hearer)
  }

  #tell(course: Course, thread: Thread): FoundryTelling {
    return new FoundryTelling(course, thread, this.#bench.settings.answer_bytes)
  }

  #agent(): JsonObject {
    const { agent_name, agent_version } = this.#settings
    return { name: agent_name, ...(agent_version === null ? {} : { version: agent_version }), type: 'agent_reference' }
  }
}

interface Work {
  readonly body: JsonObject
  readonly telling: FoundryTelling
  readonly immediately: boolean
  /** Whether the conversation is an earlier one. */
  readonly remembered: boolean
}

interface FoundryWanted {
  readonly method: 'GET' | 'POST'
  /** Below the API of the project. */
  readonly path: string
  readonly body: JsonObject | null
  readonly query?: string
}

type Input = ReturnType<typeof inputOf> | Refused

function readInput(wished: readonly Wished[], parts: readonly Part[]): Input {
  const { content_type, invalid_params } = agentErrors
  if (parts.length === 0) return refused(content_type, 'The message holds nothing that this agent can read.')
  // A consent is given elsewhere; what comes then is the message once more.
  const asked = wished.filter(({ wish }) => wish !== 'consent')
  if (asked.length === 0) return inputOf(parts)
  return answersTo(asked, parts) ?? refused(invalid_params, adviceFor(asked))
}

function readMemo(memo: JsonObject | null): FoundryMemo | null {
  const { response, contextId, pending, canceled } = memo ?? {}
  if (typeof response !== 'string' || typeof contextId !== 'string' || !Array.isArray(pending)) return null
  return { response, contextId, pending: pending as readonly Wished[], canceled: canceled === true }
}

/** Questions of the conversation that nobody answers any more. */
function droppedIn(context: JsonObject | null): readonly Wished[] {
  const { dropped } = context ?? {}
  return Array.isArray(dropped) ? (dropped as readonly Wished[]) : []
}

/** The response in an answer; null once the ask has ended with what it is instead. */
function read(course: Course, answer: Answer): FoundryResponse | null {
  const response = answer.status < 300 ? readResponse(answer.json) : null
  if (response === null) refuse(course, answer)
  return response
}

function refusesBackground({ status, json }: Answer): boolean {
  const error = status === 400 && isJsonObject(json) ? json['error'] : null
  return isJsonObject(error) && (error['param'] === 'background' || /background/i.test(String(error['message'])))
}

function notFound(course: Course): void {
  course.error(agentError(agentErrors.task_not_found, 'There is no such task.'))
}

/** A conversation can be lost there; an agent that is missing is a mistake in our configuration. */
function gone(course: Course, remembered: boolean): void {
  if (!remembered) return course.bad('status 404: no such agent')
  course.error(agentError(agentErrors.invalid_params, 'The agent does not know this conversation any more.'))
}

function notCancelable(course: Course): void {
  course.error(agentError(agentErrors.not_cancelable, 'The task cannot be cancelled any more.'))
}
