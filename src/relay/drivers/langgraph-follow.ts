/** What is asked of a task at LangGraph after it was started: how it stands, to be heard again, to be stopped. */
import type { JsonObject } from '../../base/json.ts'
import { isFault } from '../../domain/fault.ts'
import { phaseOf, type TaskState } from '../../domain/task.ts'
import type { FollowAsk } from '../driver.ts'
import { agentError, agentErrors, type DriverBench } from './framework.ts'
import type { GraphApi } from './langgraph-api.ts'
import { succeeded } from './langgraph-api.ts'
import { type GraphTask, isNewest, readTask, writeTask } from './langgraph-memo.ts'
import { failed, plainStates, RunStream, settle } from './langgraph-run.ts'
import {
  answersTo,
  type GraphMessage,
  interruptsIn,
  messagesIn,
  questionOf,
  type RunStatus,
} from './langgraph-words.ts'
import { addUsage, taskEvent, type Usage, usageMetadata } from './neutral.ts'

export async function follow(api: GraphApi, bench: DriverBench, ask: FollowAsk): Promise<void> {
  const task = readTask(ask.taskId, ask.known)
  if (task === null) return api.stop({ kind: 'unknown' })
  const run = await api.run(task)
  if (run.kind !== 'run') return api.stop(run)
  const view = await viewOf(api, ask, task, run.status)
  if (view === null) return undefined
  return chains[ask.operation]({ api, bench, task, view })
}

interface Following {
  readonly api: GraphApi
  readonly bench: DriverBench
  readonly task: GraphTask
  readonly view: View
}

const chains: Readonly<Record<FollowAsk['operation'], (following: Following) => void | Promise<void>>> = {
  get,
  subscribe,
  cancel,
}

/** How a task stands. */
interface View {
  readonly state: TaskState
  /** What the agent says beside it. */
  readonly said: string | readonly JsonObject[]
  /** What models have written since the caller's message. */
  readonly messages: readonly GraphMessage[]
  /** Those of them that the newest run has written. */
  readonly priced: readonly GraphMessage[]
}

/** Null where the ask has ended. */
async function viewOf(api: GraphApi, ask: FollowAsk, task: GraphTask, run: RunStatus): Promise<View | null> {
  if (task.canceled) return { state: 'TASK_STATE_CANCELED', said: [], messages: [], priced: [] }
  const plain = plainStates[run]
  if (plain) return { state: plain, said: plain === 'TASK_STATE_FAILED' ? failed : [], messages: [], priced: [] }
  const thread = await api.thread(task.thread)
  if (thread.kind === 'thread') return endOf(ask, task, run, thread.json)
  api.stop(thread)
  return null
}

function endOf(ask: FollowAsk, task: GraphTask, run: RunStatus, thread: JsonObject): View {
  const all = messagesIn(thread)
  const messages = answersTo(task.message, all)
  const priced = answersTo(task.from, all)
  const newest = isNewest(task, ask.known)
  const interrupts = newest ? interruptsIn(thread) : null
  if (interrupts !== null) return { state: 'TASK_STATE_INPUT_REQUIRED', said: questionOf(interrupts), messages, priced }
  const dropped = task.waiting && !newest
  if (dropped || run === 'interrupted')
    return { state: 'TASK_STATE_CANCELED', said: dropped ? left : [], messages, priced }
  return { state: 'TASK_STATE_COMPLETED', said: [], messages, priced }
}

const left = 'The conversation went on without an answer to this task.'

function get({ api, task, view }: Following): void {
  api.course.say(snapshot(api, task, view))
  api.course.end()
}

function snapshot(api: GraphApi, task: GraphTask, { state, said, messages, priced }: View): JsonObject {
  if (state === 'TASK_STATE_INPUT_REQUIRED') api.course.memo({ task: writeTask({ ...task, waiting: true }) })
  const artifacts = messages
    .filter(({ text }) => text !== '')
    .map(({ id, text }) => ({ artifactId: id ?? 'answer', parts: [{ text }] }))
  const usage = priced.reduce((sum: Usage | null, each) => addUsage(sum, each.usage), null)
  const metadata = phaseOf(state) === 'open' ? undefined : usageMetadata(usage)
  return taskEvent(task, api.course.status(state, task, said), { artifacts, ...(metadata ? { metadata } : {}) })
}

/** First how the task stands, then its run from the first event on. */
async function subscribe({ api, bench, task, view }: Following): Promise<void> {
  const { course } = api
  const phase = phaseOf(view.state)
  if (phase === 'terminal') return course.error(agentError(agentErrors.unsupported, 'The task is over.'))
  if (phase === 'interrupted') return get({ api, bench, task, view })
  const stream = new RunStream(course, { told: true, bytes_max: bench.settings.answer_bytes, named: () => task })
  stream.begin(task.run)
  const answer = await api.join(task, stream)
  if (isFault(answer)) return course.fault(answer)
  if (!succeeded(answer)) return api.refuse(answer)
  return settle(api, stream)
}

async function cancel({ api, bench, task, view }: Following): Promise<void> {
  const { course } = api
  if (phaseOf(view.state) === 'terminal') return course.error(over)
  if (phaseOf(view.state) === 'open') {
    const answer = await api.cancel(task)
    if (isFault(answer)) return course.fault(answer)
    if (!succeeded(answer)) return api.refuse(answer)
    const run = await api.run(task)
    if (run.kind !== 'run') return api.stop(run)
    if (run.status === 'success') return course.error(over)
  }
  const canceled = { ...task, canceled: true, waiting: false }
  course.memo({ task: writeTask(canceled) })
  return get({ api, bench, task: canceled, view: { ...view, state: 'TASK_STATE_CANCELED', said: [] } })
}

const over = agentError(agentErrors.not_cancelable, 'The task is over.')
