/**
 * What of a result of a tool is not passed on: more than it may say, or something else than the schema of its tool promises.
 * In its place stands an error that says so, which the model reads. Pure: whoever calls it tells the log.
 */
import { editJson } from '../../base/json-edit.ts'
import { scanJson } from '../../base/json-scan.ts'
import { jsonShape } from '../../base/json-shape.ts'

export interface ResultChecks {
  /** What comes of a structured result that does not fit. */
  readonly mode: 'off' | 'warn' | 'strict'
  /** Why `structuredContent` does not fit the output schema; null where the tool has none, or nobody knows it. */
  readonly misfit: ((structured: Buffer) => string | null) | null
  /** Bytes of the whole result; null for no other limit than that of every answer. */
  readonly max: number | null
}

/** `why` is a sentence for the log: nothing of the result stands in it but what the checker of the schema quotes. */
export type ResultVerdict =
  | { readonly verdict: 'passes' }
  | { readonly verdict: 'warns'; readonly why: string }
  | { readonly verdict: 'replaced'; readonly why: string; readonly result: Buffer }

const passes: ResultVerdict = { verdict: 'passes' }
const shape = jsonShape(['resultType', 'isError', 'structuredContent'], 'ignore')

/** Checks the object that is the `result` of a call of a tool; never that of anything else. */
export function checkResult(result: Buffer, { mode, misfit, max }: ResultChecks): ResultVerdict {
  if (max !== null && result.length > max) {
    const why = `The result is ${result.length} bytes, and no more than ${max} are passed on`
    return replaced(result, `${why}. Ask for less, or for it in parts.`, why)
  }
  if (mode === 'off' || misfit === null) return passes
  const why = misfitOf(result, misfit)
  if (why === null) return passes
  if (mode === 'warn') return { verdict: 'warns', why }
  return replaced(result, `The result does not fit the output schema of the tool: ${why}`, why)
}

/** Errors, rounds that go on and tasks promise no structure. */
function misfitOf(result: Buffer, misfit: (structured: Buffer) => string | null): string | null {
  const spans = scanJson(result, shape)
  if (spans.kind === 'mistake') return `it has more than one reading (${spans.what})`
  if (spans.raw('isError') === 'true' || (spans.text('resultType') ?? 'complete') !== 'complete') return null
  const structured = spans.slice('structuredContent')
  return structured === null ? 'it has no structuredContent' : misfit(structured)
}

function replaced(result: Buffer, text: string, why: string): ResultVerdict {
  const spans = scanJson(result, shape)
  const isModern = spans.kind === 'spans' && spans.has('resultType')
  const error = {
    ...(isModern && { resultType: 'complete' }),
    content: [{ type: 'text', text: `[weir:result_refused] ${text}` }],
    isError: true,
  }
  return { verdict: 'replaced', why, result: Buffer.from(JSON.stringify(error)) }
}

const answerShape = jsonShape(['id', 'result', 'error'], 'ignore')

/** The message with the result that is passed on; the same bytes where it answers another request, or passes as it is. */
export function checkAnswer(
  message: Buffer,
  rpcId: string,
  checks: ResultChecks,
): { readonly message: Buffer; readonly why: string | null } {
  const spans = scanJson(message, answerShape)
  if (spans.kind === 'mistake' || spans.raw('id') !== rpcId) return { message, why: null }
  const result = spans.slice('result')
  if (result === null) return { message, why: null }
  const said = checkResult(result, checks)
  if (said.verdict === 'passes') return { message, why: null }
  if (said.verdict === 'warns') return { message, why: said.why }
  return { message: editJson(message, [{ path: ['result'], value: said.result }]), why: said.why }
}
