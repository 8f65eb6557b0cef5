/**
 * Bedrock AgentCore in HTTP mode: one request is one task, and the session it runs in is the conversation. The platform
 * knows no tasks, so their ids are ours; nothing can be asked of one, and all that can be stopped is its session.
 */
import { isFault } from '../../domain/fault.ts'
import type { AgentCoreSettings } from '../../config/settings-drivers.ts'
import type { Driver, Errand, FollowAsk, Known, StartAsk } from '../driver.ts'
import type { Upstream } from '../wire/upstream.ts'
import { refusalIn } from './agentcore-errors.ts'
import { type Invocation, invoke, LiveSessions, memoOf } from './agentcore-invoke.ts'
import { deliveryHeader, requestBody, sessionHeader, sessionOf } from './agentcore-words.ts'
import { agentError, agentErrors, Course, type CourseParts, type DriverBench, type Wanted } from './framework.ts'
import { messageOf, partsOf, textOf } from './message.ts'
import { taskEvent } from './neutral.ts'
import { awsSigner } from './sigv4.ts'
import { uuidOf } from './uuid.ts'

export function openAgentCore(options: AgentCoreSettings, upstream: Upstream, bench: DriverBench): Driver {
  const runtime = new Runtime(options, upstream, bench)
  const signer = options.aws === null ? null : awsSigner(options.aws, agentCoreService, bench.clock)
  return {
    features: { stream: true, get: false, subscribe: false, cancel: options.runtime_arn !== null, blocking: true },
    open(ask, errand, ear) {
      const parts: CourseParts = { upstream, bench, errand, ear, ...(signer ? { sign: signer } : {}) }
      const course = new Course(parts)
      const starts = 'params' in ask
      return course.run(async () => (starts ? runtime.start(course, ask, errand) : runtime.follow(course, ask)))
    },
  }
}

/** The service that requests are signed for, in both modes. */
export const agentCoreService = 'bedrock-agentcore'

class Runtime {
  readonly #options: AgentCoreSettings
  readonly #bench: DriverBench
  readonly #base: string
  readonly #live = new LiveSessions()

  constructor(options: AgentCoreSettings, upstream: Upstream, bench: DriverBench) {
    this.#options = options
    this.#bench = bench
    const root = upstream.path.replace(/\?.*$/, '').replace(/\/+$/, '')
    this.#base = options.runtime_arn === null ? root : `${root}/runtimes/${encodeURIComponent(options.runtime_arn)}`
  }

  async start(course: Course, ask: StartAsk, { delivery }: Errand): Promise<void> {
    const { taskId } = ask.call
    const task = readTask(ask.known)
    if (taskId !== null && task === null) return course.error(unknown)
    // A task is over with its one answer, unless that was a question.
    if (taskId !== null && task?.waiting !== true) return course.error(over)
    const parts = partsOf(messageOf(ask.params()))
    if (parts.some(({ kind }) => kind === 'raw')) return course.error(noBytes)
    const contextId = task?.contextId ?? ask.call.contextId ?? uuidOf(this.#bench.dice.hex(16))
    const session = task?.session ?? sessionOf(contextId)
    const wanted = this.#request('invocations', session, requestBody(this.#options, textOf(parts)))
    const token = delivery === null ? [] : [[deliveryHeader, delivery] as const]
    const invocation: Invocation = {
      ids: { taskId: taskId ?? uuidOf(this.#bench.dice.hex(16)), contextId },
      session,
      wanted: { ...wanted, headers: [...(wanted.headers ?? []), ...token] },
      told: ask.operation === 'stream',
      options: this.#options,
    }
    return invoke(course, this.#bench, this.#live, invocation)
  }

  async follow(course: Course, { operation, taskId, known }: FollowAsk): Promise<void> {
    const task = readTask(known)
    if (task === null) return course.error(unknown)
    if (operation !== 'cancel' || this.#options.runtime_arn === null) {
      return course.error(agentError(agentErrors.unsupported, 'The agent does not offer this for a task.'))
    }
    if (task.waiting) return giveUp(course, task, taskId)
    // Whatever runs in a session ends with it, so a task that is not alone there is not stopped.
    if (this.#live.othersIn(task.session, taskId)) return course.error(shared)
    const release = this.#live.stopping(task.session, taskId)
    const body = { clientToken: uuidOf(this.#bench.dice.hex(16)) }
    const answer = await course.ask(this.#request('stopruntimesession', task.session, body))
    const stopped = !isFault(answer) && (answer.status < 300 || answer.status === 404)
    if (!stopped) {
      release()
      const refusal = isFault(answer) ? answer : refusalIn(answer)
      return isFault(refusal) ? course.fault(refusal) : course.error(refusal)
    }
    cancelled(course, task, taskId)
  }

  #request(verb: string, session: string, body: unknown): Wanted {
    const query = this.#options.runtime_arn === null ? '' : `?qualifier=${encodeURIComponent(this.#options.qualifier)}`
    return {
      method: 'POST',
      path: `${this.#base}/${verb}${query}`,
      body,
      headers: [[sessionHeader, session]],
      // An app that streams refuses callers that do not take events, and one that does not stream answers JSON.
      accept: 'text/event-stream, application/json',
    }
  }
}

/** Nothing runs where the app waits for its caller, and its session may hold more than this task. */
function giveUp(course: Course, task: CoreTask, taskId: string): void {
  course.memo({ task: memoOf({ session: task.session, ids: { taskId, contextId: task.contextId } }, false) })
  cancelled(course, task, taskId)
}

function cancelled(course: Course, { contextId }: CoreTask, taskId: string): void {
  const ids = { taskId, contextId }
  course.say(taskEvent(ids, course.status('TASK_STATE_CANCELED', ids)))
  course.end()
}

interface CoreTask {
  readonly session: string
  readonly contextId: string
  /** Whether the app has asked its caller something. */
  readonly waiting: boolean
}

function readTask({ task }: Known): CoreTask | null {
  const { session, context, waiting } = task ?? {}
  if (typeof session !== 'string' || typeof context !== 'string') return null
  return { session, contextId: context, waiting: waiting === true }
}

const noBytes = agentError(agentErrors.content_type, 'The agent takes text, data and URLs of files only.')
const over = agentError(agentErrors.unsupported, 'The task is over.')
const unknown = agentError(agentErrors.task_not_found, 'The task is not known.')
const shared = agentError(agentErrors.unsupported, 'Another task of this conversation would be stopped as well.')
