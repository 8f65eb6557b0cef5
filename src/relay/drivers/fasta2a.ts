/**
 * Pydantic AI behind FastA2A: A2A 0.2.5 over JSON-RPC with ways of its own. A message is answered with a task that has
 * only been taken on, results are found by asking again, and a message to a task starts another one; here the first
 * task's name is kept and the newest does the work.
 *
 *     caller's task   t1 ---------------- t1        the conversation is the same,
 *     server's task   t1 input-required   t2        which is all the server goes by
 */
import type { JsonObject } from '../../base/json.ts'
import { isFault } from '../../domain/fault.ts'
import { phaseOf } from '../../domain/task.ts'
import type { Ask, Driver, Ear, Errand, Features, FollowAsk, Line, StartAsk } from '../driver.ts'
import type { Upstream } from '../wire/upstream.ts'
import { readRpc, sendParams, type WireTask, writeRpc } from './fasta2a-wire.ts'
import { agentError, agentErrors, Course, type DriverBench } from './framework.ts'
import { messageOf, partsOf } from './message.ts'
import { refuse } from './refusals.ts'

/** What is remembered of a task: the server's task that works on it now. */
interface FastA2aMemo {
  readonly task: string
  readonly contextId: string
  /** Its caller has given up a question: the server has no word for that. */
  readonly canceled?: boolean
}

/** Unit: characters. */
const detail_max = 500

type RpcOperation = Parameters<typeof writeRpc>[0]

export class FastA2aDriver implements Driver {
  readonly features: Features = { stream: false, get: true, subscribe: false, cancel: true, blocking: false }
  readonly #upstream: Upstream
  readonly #bench: DriverBench

  constructor(upstream: Upstream, bench: DriverBench) {
    this.#upstream = upstream
    this.#bench = bench
  }

  open(ask: Ask, errand: Errand, ear: Ear): Line {
    const course = new Course({ upstream: this.#upstream, bench: this.#bench, errand, ear })
    return course.run(() => ('call' in ask ? this.#start(ask, course) : this.#follow(ask, course)))
  }

  async #start(ask: StartAsk, course: Course): Promise<void> {
    const { call, known } = ask
    const memo = readMemo(known.task)
    if (ask.operation === 'stream') return unsupported(course)
    const params = ask.params()
    if (partsOf(messageOf(params)).length === 0) {
      return course.error(agentError(agentErrors.content_type, 'The message holds nothing that this agent can read.'))
    }
    const wire = sendParams(params, call.contextId ?? memo?.contextId ?? null)
    const task = await this.#ask(course, 'send', wire)
    if (task !== null) tell(course, task, call.taskId)
  }

  async #follow(ask: FollowAsk, course: Course): Promise<void> {
    if (ask.operation === 'subscribe') return unsupported(course)
    const memo = readMemo(ask.known.task)
    const id = memo?.task ?? ask.taskId
    const history = ask.historyLength === null ? {} : { historyLength: ask.historyLength }
    const task = await this.#ask(course, ask.operation, { id, ...(ask.operation === 'get' ? history : {}) })
    if (task === null) return
    const gaveUp = ask.operation === 'cancel' && phaseOf(task.state) === 'interrupted'
    tell(course, task, ask.taskId, gaveUp || memo?.canceled === true)
  }

  /** Null once the ask has ended. */
  async #ask(course: Course, operation: RpcOperation, params: JsonObject): Promise<WireTask | null> {
    const rpc = writeRpc(operation, params, this.#bench.dice.hex(16))
    const answer = await course.ask({ method: 'POST', path: this.#upstream.path, body: rpc })
    if (isFault(answer)) {
      course.fault(answer)
      return null
    }
    const read = readRpc(answer.json, answer.status)
    if (read !== null && 'task' in read) return read
    if (read === null) refuse(course, answer)
    else {
      course.detail(answer.text.slice(0, detail_max))
      course.error(read)
    }
    return null
  }
}

/** Says the server's task under the name its caller knows. */
function tell(course: Course, { id, contextId, task }: WireTask, named: string | null, canceled = false): void {
  const memo: FastA2aMemo = { task: id, contextId, ...(canceled ? { canceled } : {}) }
  course.memo({ task: { ...memo } })
  const shown = named === null || named === id ? task : renamed(task, named)
  const ids = { taskId: named ?? id, contextId }
  course.say({ task: canceled ? { ...shown, status: course.status('TASK_STATE_CANCELED', ids) } : shown })
  course.end()
}

function renamed(task: JsonObject, taskId: string): JsonObject {
  const { status, history } = task as { readonly status: JsonObject; readonly history?: readonly JsonObject[] }
  const message = status['message'] as JsonObject | undefined
  return {
    ...task,
    id: taskId,
    status: message ? { ...status, message: { ...message, taskId } } : status,
    ...(history ? { history: history.map((one) => ({ ...one, taskId })) } : {}),
  }
}

function readMemo(memo: JsonObject | null): FastA2aMemo | null {
  const { task, contextId, canceled } = memo ?? {}
  if (typeof task !== 'string' || typeof contextId !== 'string') return null
  return { task, contextId, canceled: canceled === true }
}

function unsupported(course: Course): void {
  course.error(agentError(agentErrors.unsupported, 'This agent tells nothing while it works.'))
}
