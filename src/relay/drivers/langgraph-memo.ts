/** What is remembered of a task at LangGraph: the thread it lives in and the runs that worked on it. */
import { type JsonObject, isJsonObject } from '../../base/json.ts'
import type { Known } from '../driver.ts'
import { isGraphId } from './langgraph-words.ts'

export interface GraphTask {
  /** The first run; the id of the task. */
  readonly taskId: string
  readonly contextId: string
  readonly thread: string
  /** The newest run. */
  readonly run: string
  /** The id of the caller's message in the state of the thread; what the graph says stands behind it. */
  readonly message: string
  /** The last message before the newest run, where that went on with the task; else the caller's. */
  readonly from: string
  /** Whether it was cancelled: the server has no word of its own for that. */
  readonly canceled: boolean
  /** Whether it was last seen to wait for an answer. */
  readonly waiting: boolean
}

export interface GraphContext {
  readonly thread: string
  /** The newest run of the thread; null before the first. */
  readonly run: string | null
}

/** Null for a task that was never started here. A call that is stopped before it was answered knows no id of its task yet. */
export function readTask(asked: string, { task }: Known): GraphTask | null {
  if (!isJsonObject(task)) return null
  const { id, context: contextId, thread, run, message, from, canceled, waiting } = task
  const taskId = isGraphId(id) ? id : asked
  if (!isGraphId(taskId) || !isGraphId(thread) || !isGraphId(run)) return null
  if (typeof contextId !== 'string' || typeof message !== 'string') return null
  const since = typeof from === 'string' ? from : message
  return {
    taskId,
    contextId,
    thread,
    run,
    message,
    from: since,
    canceled: canceled === true,
    waiting: waiting === true,
  }
}

export function writeTask(task: GraphTask): JsonObject {
  const { taskId: id, contextId, thread, run, message, from, canceled, waiting } = task
  return { id, context: contextId, thread, run, message, from, canceled, waiting }
}

export function readContext({ context }: Known): GraphContext | null {
  const { thread, run } = context ?? {}
  return isGraphId(thread) ? { thread, run: isGraphId(run) ? run : null } : null
}

/** Whether the thread still stands where this task left it: another task of the conversation drops its question. */
export function isNewest({ run }: GraphTask, known: Known): boolean {
  return (readContext(known)?.run ?? run) === run
}
