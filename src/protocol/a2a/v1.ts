/** A2A 1.0 over JSON-RPC: ProtoJSON, one wrapper member says what a result is (A2A 1.0 sections 4 and 9). */
import type { JsonSpans } from '../../base/json-scan.ts'
import { phaseOf } from '../../domain/task.ts'
import { progressMark } from './mark.ts'
import type { AnswerPath, Observation, Revision } from './revision.ts'
import { stateTo10 } from './translate/words.ts'

type Wrapper = 'statusUpdate' | 'artifactUpdate'

export const a2a10: Revision = {
  dialect: 'a2a-1.0-jsonrpc',
  version: '1.0',
  operations: new Map([
    ['SendMessage', 'send'],
    ['SendStreamingMessage', 'stream'],
  ]),
  refused: new Set([
    'GetTask',
    'ListTasks',
    'CancelTask',
    'SubscribeToTask',
    'CreateTaskPushNotificationConfig',
    'GetTaskPushNotificationConfig',
    'ListTaskPushNotificationConfigs',
    'DeleteTaskPushNotificationConfig',
    'GetExtendedAgentCard',
  ]),
  cancelMethod: 'CancelTask',
  observe(spans) {
    if (spans.kindOf('result.task.status.state') === 'string') return observeTask(spans)
    if (spans.kindOf('result.message') === 'object') return observeMessage(spans)
    if (spans.kindOf('result.statusUpdate.status.state') === 'string') return observeStatus(spans)
    if (spans.kindOf('result.artifactUpdate.taskId') === 'string') return observeArtifact(spans)
    return null
  },
  writeCanceled({ taskId, contextId, messageId, sentence, code, run }) {
    const message = { messageId, taskId, contextId, role: 'ROLE_AGENT', parts: [{ text: sentence }] }
    const status = { state: 'TASK_STATE_CANCELED', message }
    return JSON.stringify({ statusUpdate: { taskId, contextId, status, metadata: { 'weir.dev/run': { code, run } } } })
  },
}

function observeTask(spans: JsonSpans<AnswerPath>): Observation {
  const spelling = spans.text('result.task.status.state') ?? ''
  const state = stateTo10(spelling)
  const kind = phaseOf(state)
  const taskId = spans.text('result.task.id')
  const contextId = spans.text('result.task.contextId')
  // A snapshot may show the interruption this very call ends, so only a terminal one is the last event.
  return { kind, taskId, contextId, state, last: kind === 'terminal', mark: progressMark(spelling, null) }
}

function observeMessage(spans: JsonSpans<AnswerPath>): Observation {
  const taskId = spans.text('result.message.taskId')
  const contextId = spans.text('result.message.contextId')
  return { kind: 'message', taskId, contextId, state: null, last: true, mark: progressMark('message', null) }
}

function observeStatus(spans: JsonSpans<AnswerPath>): Observation {
  const spelling = spans.text('result.statusUpdate.status.state') ?? ''
  const state = stateTo10(spelling)
  const kind = phaseOf(state)
  const mark = progressMark(spelling, spans.slice('result.statusUpdate.status.message.parts'))
  return { kind, ...taskOf(spans, 'statusUpdate'), state, last: kind !== 'open', mark }
}

function observeArtifact(spans: JsonSpans<AnswerPath>): Observation {
  const mark = progressMark('artifact', spans.slice('result.artifactUpdate.artifact.parts'))
  return { kind: 'open', ...taskOf(spans, 'artifactUpdate'), state: null, last: false, mark }
}

function taskOf(spans: JsonSpans<AnswerPath>, wrapper: Wrapper): Pick<Observation, 'taskId' | 'contextId'> {
  return { taskId: spans.text(`result.${wrapper}.taskId`), contextId: spans.text(`result.${wrapper}.contextId`) }
}
