/** Looks into an answer or event of a target without building it, and gives it the id its caller asked with. */
import { jsonShape } from '../../base/json-shape.ts'
import { type JsonSpans, scanJson } from '../../base/json-scan.ts'
import { rpcCodes } from '../jsonrpc.ts'
import { progressMark } from './mark.ts'
import { type AnswerPath, answerPaths, type Observation, type Revision } from './revision.ts'

const answerShape = jsonShape(answerPaths, 'ignore')

/** Records keep no more of an error's text. Unit: characters. */
const errorTextMax = 500

/** One answer or event that was understood. */
export interface Answer {
  readonly kind: 'answer'
  readonly seen: Observation
  /** The JSON-RPC error code if it is an error. */
  readonly errorCode: number | null
  /** What the error says, for operators. */
  readonly errorText: string | null
  /** The text to forward: the very buffer that was read unless the id had to be put right. */
  readonly bytes: Buffer
}

/** Reads an answer of a target; null if it is none. `rpcId` is the raw token of the caller's id. */
export function readAnswer(bytes: Buffer, rpcId: string, revision: Revision): Answer | null {
  const spans = scanJson(bytes, answerShape)
  if (spans.kind === 'mistake') return null
  const failed = spans.kindOf('error') === 'object'
  const seen = failed ? observeError(spans) : revision.observe(spans)
  if (seen === null) return null
  const echoed = spans.raw('id') === rpcId
  const errorCode = failed ? Number(spans.raw('error.code')) : null
  const errorText = failed ? (spans.text('error.message') ?? '').slice(0, errorTextMax) : null
  return { kind: 'answer', seen, errorCode, errorText, bytes: echoed ? bytes : withId(spans, rpcId) }
}

/** An agent's own exception text is not for its callers: it names files, hosts and secrets. */
export function isInternal(answer: Answer): boolean {
  return answer.errorCode === rpcCodes.internal_error
}

function observeError(spans: JsonSpans<AnswerPath>): Observation | null {
  if (spans.kindOf('error.code') !== 'number') return null
  return { kind: 'error', taskId: null, contextId: null, state: null, last: true, mark: progressMark('error', null) }
}

/** Targets that parse numbers echo `9007199254740993` as another number; the caller gets its own token back. */
function withId(spans: JsonSpans<AnswerPath>, rpcId: string): Buffer {
  const { bytes } = spans
  const start = spans.start('id')
  if (start >= 0) return Buffer.concat([bytes.subarray(0, start), Buffer.from(rpcId), bytes.subarray(spans.end('id'))])
  const open = bytes.indexOf('{') + 1
  return Buffer.concat([bytes.subarray(0, open), Buffer.from(`"id":${rpcId},`), bytes.subarray(open)])
}
