/** Which answers of a target are answers: everything else is a Fault, and nothing of it reaches the caller. */
import type { Fault } from '../domain/fault.ts'
import type { Call } from '../domain/call.ts'
import { revisionOf } from '../protocol/a2a/dialect.ts'
import { type Answer, isInternal, readAnswer } from '../protocol/a2a/observe.ts'
import { rpcCodes, writeRpcError } from '../protocol/jsonrpc.ts'
import type { Tally } from './tally.ts'
import { type Head, makeFault } from './transport.ts'

/** What a status and its headers already rule out, or null. */
export function headFault(status: number, head: Head): Fault | null {
  const encoding = head['content-encoding'] ?? 'identity'
  if (status === 401 || status === 403) return badAnswer(`the target refused the gateway's credentials with ${status}`)
  if (status >= 300 && status < 400) return badAnswer(`the target redirects with ${status}`)
  if (encoding.toLowerCase() !== 'identity') return badAnswer(`the answer is encoded as ${encoding.slice(0, 40)}`)
  return null
}

/** A whole JSON answer. A JSON-RPC error is one whatever its status; a result needs a status of success. */
export function readWhole(status: number, body: Buffer, call: Call): Answer | Fault {
  const answer = readAnswer(body, call.rpcId, revisionOf(call.dialect))
  if (answer === null) return badAnswer(`status ${status} and no JSON-RPC answer`)
  if (answer.errorCode === null && (status < 200 || status > 299)) return badAnswer(`status ${status} with a result`)
  return answer
}

/** Books what an answer says and returns the bytes the caller may see. */
export function passOn(answer: Answer, call: Call, tally: Tally): Buffer {
  tally.see(answer.seen)
  tally.errorCode = answer.errorCode
  if (answer.errorCode !== null) tally.detail = answer.errorText
  if (!isInternal(answer)) return answer.bytes
  const message = `The target failed while it worked on this call. ref ${call.id}`
  return Buffer.from(writeRpcError(call.rpcId, { code: rpcCodes.internal_error, message }))
}

export function badAnswer(detail: string): Fault {
  return makeFault('bad_answer', detail, true)
}
