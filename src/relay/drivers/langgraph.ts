/**
 * LangGraph by its own API (the Agent Server; LangGraph Platform and its development server). A conversation is a
 * thread, a task is a run, a question of the graph (`interrupt`) is a task that waits for input, and its answer is a
 * further run of the same task.
 */
import type { LangGraphSettings } from '../../config/settings-drivers.ts'
import { isFault } from '../../domain/fault.ts'
import type { JsonObject } from '../../base/json.ts'
import { targetName } from '../../domain/call.ts'
import type { Driver, StartAsk } from '../driver.ts'
import type { Upstream } from '../wire/upstream.ts'
import { agentError, agentErrors, Course, type DriverBench } from './framework.ts'
import { GraphApi, succeeded } from './langgraph-api.ts'
import { follow } from './langgraph-follow.ts'
import { type GraphTask, isNewest, readContext, readTask } from './langgraph-memo.ts'
import { announce, RunStream, settle } from './langgraph-run.ts'
import { contentOf, interruptsIn, messagesIn, resumeOf } from './langgraph-words.ts'
import { messageOf, partsOf } from './message.ts'
import { returnsImmediately } from '../../protocol/a2a/params.ts'
import { taskEvent } from './neutral.ts'
import { uuidNamed, uuidOf } from './uuid.ts'

export function openLangGraph(options: LangGraphSettings, upstream: Upstream, bench: DriverBench): Driver {
  return {
    features: { stream: true, get: true, subscribe: true, cancel: true, blocking: true },
    open(ask, errand, ear) {
      const course = new Course({ upstream, bench, errand, ear })
      const api = new GraphApi(course, options, upstream)
      if ('params' in ask) return course.run(async () => start(api, bench, ask))
      return course.run(async () => follow(api, bench, ask))
    },
  }
}

/** What a run is started with. */
interface Opening {
  readonly input: JsonObject
  /** A task as it will be once its run has an id. */
  readonly task: Omit<GraphTask, 'taskId' | 'run'> & { readonly taskId: string | null }
}

async function start(api: GraphApi, bench: DriverBench, ask: StartAsk): Promise<void> {
  const { course } = api
  const opening = ask.call.taskId === null ? fresh(ask, bench) : await resumed(api, ask, ask.call.taskId)
  if (opening === null) return
  const { input, task } = opening
  const named = (run: string): GraphTask => ({ ...task, taskId: task.taskId ?? run, run })
  if (ask.operation === 'send' && returnsImmediately(ask.params())) {
    const run = await api.begin(task.thread, input)
    if (typeof run !== 'string') return isFault(run) ? course.fault(run) : api.refuse(run)
    announce(course, named(run))
    course.say(taskEvent(named(run), course.status('TASK_STATE_SUBMITTED', named(run))))
    return course.end()
  }
  const stream = new RunStream(course, {
    told: ask.operation === 'stream',
    bytes_max: bench.settings.answer_bytes,
    named,
  })
  const answer = await api.stream(task.thread, input, stream)
  if (isFault(answer)) return course.fault(answer)
  if (!succeeded(answer)) return api.refuse(answer)
  return settle(api, stream)
}

/** The first message of a task: a run in the thread of its conversation. */
function fresh(ask: StartAsk, { dice }: DriverBench): Opening {
  const { call } = ask
  const contextId = call.contextId ?? uuidOf(dice.hex(16))
  // The name of a conversation is never an id of the server: else a caller could name a thread that was not made here.
  const thread = readContext(ask.known)?.thread ?? uuidNamed(`${targetName(call.target)} ${contextId}`)
  const content = contentOf(partsOf(messageOf(ask.params())))
  return {
    input: { if_not_exists: 'create', input: { messages: [{ role: 'user', content, id: call.id }] } },
    task: { taskId: null, contextId, thread, message: call.id, from: call.id, canceled: false, waiting: false },
  }
}

/** A further message: only a task that waits for one takes it. Null where the ask has ended. */
async function resumed(api: GraphApi, ask: StartAsk, taskId: string): Promise<Opening | null> {
  const { course } = api
  const task = readTask(taskId, ask.known)
  if (task === null) return endWith(() => api.stop({ kind: 'unknown' }))
  const thread = await api.thread(task.thread)
  if (thread.kind !== 'thread') return endWith(() => api.stop(thread))
  if (task.canceled || !isNewest(task, ask.known) || interruptsIn(thread.json) === null) {
    return endWith(() => course.error(idle))
  }
  const from = messagesIn(thread.json).at(-1)?.id ?? task.from
  const resume = resumeOf(partsOf(messageOf(ask.params())))
  return { input: { command: { resume } }, task: { ...task, from, waiting: false } }
}

const idle = agentError(agentErrors.unsupported, 'The task does not wait for a message.')

function endWith(end: () => void): null {
  end()
  return null
}
