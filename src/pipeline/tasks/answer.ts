/** How questions about tasks are answered: the bytes, the marks of ours beside them, and the one record. */
import type { JsonObject } from '../../base/json.ts'
import type { Outcome } from '../../domain/record.ts'
import type { Denial } from '../../domain/verdict.ts'
import { type Failure, writeFailure } from '../../protocol/a2a/failure.ts'
import { writeAgentFailure } from '../../protocol/a2a/agent-failure.ts'
import type { AgentError } from '../../protocol/a2a/said.ts'
import { a2aErrors } from '../../protocol/a2a/errors.ts'
import { answerHeaders, answerStatus } from '../../protocol/a2a/answer-head.ts'
import { writeTask } from '../../protocol/a2a/write-task.ts'
import type { HeaderList } from '../../protocol/http.ts'
import { sendWritten, type Written } from '../../protocol/jsonrpc.ts'
import { leaveRecord, type Refusal, unsent, type Visit } from '../visit.ts'

/** What is told beside the answer; for the record. */
export interface Told {
  readonly status: Outcome['status']
  readonly refusal: Refusal | null
  readonly upstream_ms: number
}

export const answered: Told = { status: 'answered', refusal: null, upstream_ms: 0 }

/** Writes an answer in the dialect of the caller, and its record. */
export function answer(visit: Visit, body: Uint8Array | string, told: Told = answered, more: HeaderList = []): void {
  const { call, reply } = visit
  const headers = [...answerHeaders(call, call.accept ?? null), ...more, ...marks(visit)]
  reply.send(answerStatus(call), headers, body)
  leave(visit, Buffer.byteLength(body), told)
}

export function answerTask(visit: Visit, task: JsonObject, told: Told = answered): void {
  answer(visit, writeTask(task, visit.call), told)
}

/** Answers with an error of the protocol. */
function fail(visit: Visit, failure: Failure, told: Told): void {
  write(visit, writeFailure(visit.call, failure), told)
}

/** Answers with what an agent said in refusal. */
export function failAsAgent(visit: Visit, error: AgentError, told: Told): void {
  write(visit, writeAgentFailure(visit.call, error), told)
}

/** The answer for a task that is not there, or not for this caller: both alike, byte for byte. */
export function noSuchTask(visit: Visit): void {
  refuseAsProtocol(visit, { code: a2aErrors.task_not_found.code, message: 'There is no such task' }, 'task.owner')
}

/** The answer for a task that is over, to whoever wants to go on with it. */
export function taskIsOver(visit: Visit): void {
  refuseAsProtocol(
    visit,
    { code: a2aErrors.unsupported_operation.code, message: 'The task is over already' },
    'task.state',
  )
}

/** An answer the protocol prescribes that is a refusal of ours. */
export function refuseAsProtocol(visit: Visit, failure: Failure, rule: string): void {
  fail(visit, failure, { status: 'refused', refusal: { code: null, detail: failure.message, rule }, upstream_ms: 0 })
}

export function refusalOf({ code, detail, rule }: Denial): Refusal {
  return { code, detail, rule }
}

/** How a caller finds its question in the records. */
export function marks({ call }: Visit): HeaderList {
  return [['weir-hop-id', call.id]]
}

function write(visit: Visit, written: Written, told: Told): void {
  sendWritten(visit.reply, written, marks(visit))
  leave(visit, Buffer.byteLength(written.body), told)
}

function leave(visit: Visit, bytes_out: number, { status, refusal, upstream_ms }: Told): void {
  const outcome = { ...unsent(visit, status, bytes_out), upstream_ms, task: visit.call.taskId }
  leaveRecord(visit, refusal, outcome)
}
