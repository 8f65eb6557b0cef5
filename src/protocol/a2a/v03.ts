/** A2A 0.3 over JSON-RPC: `kind` says what a result is, `final` says when a stream is over (A2A 0.3 sections 6 and 7). */
import type { JsonSpans } from '../../base/json-scan.ts'
import { phaseOf } from '../../domain/task.ts'
import { progressMark } from './mark.ts'
import type { AnswerPath, Observation, Revision } from './revision.ts'
import { stateTo10 } from './translate/words.ts'

export const a2a03: Revision = {
  dialect: 'a2a-0.3-jsonrpc',
  version: '0.3',
  operations: new Map([
    ['message/send', 'send'],
    ['message/stream', 'stream'],
  ]),
  refused: new Set([
    'tasks/get',
    'tasks/list',
    'tasks/cancel',
    'tasks/resubscribe',
    'tasks/pushNotificationConfig/set',
    'tasks/pushNotificationConfig/get',
    'tasks/pushNotificationConfig/list',
    'tasks/pushNotificationConfig/delete',
    'agent/getAuthenticatedExtendedCard',
  ]),
  cancelMethod: 'tasks/cancel',
  observe(spans) {
    const read = readers[spans.text('result.kind') ?? '']
    return read ? read(spans) : null
  },
  writeCanceled({ taskId, contextId, messageId, sentence, code, run }) {
    const parts = [{ kind: 'text', text: sentence }]
    const message = { kind: 'message', messageId, taskId, contextId, role: 'agent', parts }
    const status = { state: 'canceled', message }
    const metadata = { 'weir.dev/run': { code, run } }
    return JSON.stringify({ kind: 'status-update', taskId, contextId, status, final: true, metadata })
  },
}

type Reader = (spans: JsonSpans<AnswerPath>) => Observation | null

const readers: Readonly<Record<string, Reader>> = {
  task(spans) {
    const spelling = spans.text('result.status.state')
    if (spelling === null) return null
    const state = stateTo10(spelling)
    const kind = phaseOf(state)
    const taskId = spans.text('result.id')
    const contextId = spans.text('result.contextId')
    return { kind, taskId, contextId, state, last: kind === 'terminal', mark: progressMark(spelling, null) }
  },
  message(spans) {
    return { kind: 'message', ...taskOf(spans), state: null, last: true, mark: progressMark('message', null) }
  },
  'status-update'(spans) {
    const spelling = spans.text('result.status.state')
    if (spelling === null) return null
    const state = stateTo10(spelling)
    const phase = phaseOf(state)
    const last = spans.kindOf('result.final') === 'true'
    // A final update in a state that is still open ends the stream, though not the task.
    const kind = last && phase === 'open' ? 'interrupted' : phase
    return {
      kind,
      ...taskOf(spans),
      state,
      last,
      mark: progressMark(spelling, spans.slice('result.status.message.parts')),
    }
  },
  'artifact-update'(spans) {
    const mark = progressMark('artifact', spans.slice('result.artifact.parts'))
    return { kind: 'open', ...taskOf(spans), state: null, last: false, mark }
  },
}

function taskOf(spans: JsonSpans<AnswerPath>): Pick<Observation, 'taskId' | 'contextId'> {
  return { taskId: spans.text('result.taskId'), contextId: spans.text('result.contextId') }
}
