/**
 * Vertex AI Agent Engine: an ADK app behind `:query` and `:streamQuery`. A context is a session of a user, a task is an
 * invocation, and goes on as a further invocation where the agent waited for its caller. The service knows no task: it
 * cannot be asked about one, and cannot cancel one.
 *
 *     send, stream  [:query async_create_session] -> :streamQuery async_stream_query -> events, one a line
 */
import { hash } from 'node:crypto'
import { type JsonObject, isJsonObject } from '../../base/json.ts'
import type { VertexSettings } from '../../config/settings-drivers.ts'
import { isFault } from '../../domain/fault.ts'
import type { Hop, Probe } from '../../domain/verdict.ts'
import type { Ask, Driver, Ear, Errand, Features, Line, StartAsk } from '../driver.ts'
import type { Upstream } from '../wire/upstream.ts'
import { agentError, agentErrors, Course, type DriverBench } from './framework.ts'
import { isRefused, type Refused, refused } from './refused.ts'
import { messageOf, type Part, partsOf } from './message.ts'
import { refuse } from './refusals.ts'
import type { Answer, Hearer } from './request.ts'
import { type VertexMemo, VertexTelling } from './vertex-telling.ts'
import { adviceFor, messageFor, responsesTo, type Wished } from './vertex-words.ts'

/** Why there is no cancel, for whoever asks what this agent can do. */
export const vertexCannotCancel =
  'Agent Engine cannot stop an invocation: Weir closes the connection and marks the task as canceled, and the agent may go on.'

export class VertexDriver implements Driver {
  /** Agent Engine cannot stop an invocation, nor tell of one: the relay lets go of it and says that it may go on. */
  readonly features: Features = { stream: true, get: false, subscribe: false, cancel: false, blocking: true }
  readonly #upstream: Upstream
  readonly #bench: DriverBench
  readonly #settings: VertexSettings
  /** What pseudonyms are made with, so that nobody who knows a name can tell its pseudonym. */
  readonly #salt: string
  readonly #base: string

  constructor(upstream: Upstream, bench: DriverBench, options: VertexOptions) {
    this.#upstream = upstream
    this.#bench = bench
    this.#settings = options.settings
    this.#salt = options.salt
    this.#base = (upstream.path.split('?')[0] ?? '').replace(/\/+$/, '')
  }

  open(ask: Ask, errand: Errand, ear: Ear): Line {
    // The service hands no header on to the agent, and our token would tell it who the person is.
    const anonymous = { ...errand, delivery: null }
    const course = new Course({ upstream: this.#upstream, bench: this.#bench, errand: anonymous, ear })
    return course.run(async () => {
      if ('call' in ask) return this.#start(ask, course)
      course.error(agentError(agentErrors.unsupported, 'This agent cannot be asked about its tasks.'))
    })
  }

  async #start(ask: StartAsk, course: Course): Promise<void> {
    const { call, known, warrant } = ask
    const memo = readMemo(known.task)
    if (call.taskId !== null && memo === null) {
      return course.error(agentError(agentErrors.task_not_found, 'There is no such task.'))
    }
    const message = readMessage(memo?.pending ?? [], partsOf(messageOf(ask.params())))
    if (isRefused(message)) return course.error(message.error)
    const contextId = call.contextId ?? memo?.contextId ?? null
    const session = await this.#session(course, known.context, () => this.#userOf(warrant, contextId))
    if (session === null) return
    const told = ask.operation === 'stream'
    const pieces = told && this.#settings.token_stream ? { run_config: { streaming_mode: 'sse' } } : {}
    const input = { message, user_id: session.user, session_id: session.id, ...pieces }
    const thread = { taskId: call.taskId, contextId: contextId ?? session.id, told }
    const telling = new VertexTelling(course, thread, this.#bench.settings.answer_bytes)
    const body = { class_method: this.#settings.class_method, input }
    const answer = await this.#ask(course, { path: ':streamQuery?alt=sse', body }, telling)
    if (answer === null) return
    if (answer.streamed) telling.end()
    else refuseAnswer(course, answer)
  }

  /** The session to go on with, or a new one; null once the ask has ended. */
  async #session(course: Course, known: JsonObject | null, user: () => string): Promise<Session | null> {
    const remembered = readSession(known)
    if (remembered !== null) return remembered
    const user_id = user()
    const class_method = this.#settings.class_method.startsWith('async_') ? 'async_create_session' : 'create_session'
    const answer = await this.#ask(course, { path: ':query', body: { class_method, input: { user_id } } }, null)
    if (answer === null) return null
    const output = answer.status < 300 && isJsonObject(answer.json) ? answer.json['output'] : null
    const session = readSession({ session: isJsonObject(output) ? output['id'] : null, user: user_id })
    if (session === null) refuseAnswer(course, answer)
    else course.memo({ context: { session: session.id, user: session.user } })
    return session
  }

  /** Null once the ask has ended with a fault. */
  async #ask(course: Course, wanted: VertexWanted, hearer: Hearer | null): Promise<Answer | null> {
    const path = `${this.#base}${wanted.path}`
    const answer = await course.ask({ method: 'POST', path, body: wanted.body }, hearer)
    if (!isFault(answer)) return answer
    course.fault(answer)
    return null
  }

  /** Never a name: the service and everybody who reads its sessions would learn it. */
  #userOf(warrant: Hop | Probe, contextId: string | null): string {
    if (warrant.kind === 'probe') return pseudonymOf(['probe', warrant.id], this.#salt)
    const { run, principal } = warrant
    const agent = ['agent', principal.proof.agent] as const
    const users = {
      person: run.person === null ? agent : (['person', run.person] as const),
      agent,
      context: ['context', contextId ?? this.#bench.dice.hex(32)] as const,
    }
    return pseudonymOf(users[this.#settings.user_id], this.#salt)
  }
}

export interface VertexOptions {
  readonly settings: VertexSettings
  /** Must stay the same for as long as sessions are to be those of the same users. */
  readonly salt: string
}

/** The same for the same somebody, for ever, and nobody's name. */
export function pseudonymOf([kind, name]: readonly [kind: string, name: string], salt: string): string {
  return hash('sha256', JSON.stringify([salt, kind, name]), 'hex')
}

interface VertexWanted {
  readonly path: ':query' | ':streamQuery?alt=sse'
  readonly body: JsonObject
}

interface Session {
  readonly id: string
  readonly user: string
}

type Message = ReturnType<typeof messageFor> | Refused

function readMessage(wished: readonly Wished[], parts: readonly Part[]): Message {
  const { content_type, invalid_params } = agentErrors
  if (parts.length === 0) return refused(content_type, 'The message holds nothing that this agent can read.')
  if (wished.length === 0) return messageFor(parts)
  return responsesTo(wished, parts) ?? refused(invalid_params, adviceFor(wished))
}

function readMemo(memo: JsonObject | null): VertexMemo | null {
  const { contextId, pending } = memo ?? {}
  if (typeof contextId !== 'string' || !Array.isArray(pending)) return null
  return { contextId, pending: pending as readonly Wished[] }
}

function readSession(memo: JsonObject | null): Session | null {
  const { session, user } = memo ?? {}
  if (typeof session !== 'string' || session === '' || session.length > 256 || typeof user !== 'string') return null
  return { id: session, user }
}

/** A failed precondition is what the service calls an app that failed, or that is not awake yet: no fault of the caller. */
function refuseAnswer(course: Course, answer: Answer): void {
  const error = isJsonObject(answer.json) ? answer.json['error'] : null
  const failed = isJsonObject(error) && error['status'] === 'FAILED_PRECONDITION'
  refuse(course, failed ? { ...answer, status: 500 } : answer)
}
