/** Reads what agents say, of every dialect, into the one form in which answers cross. One pass over the bytes. */
import type { DialectName, Operation } from '../../domain/call.ts'
import { isRest } from './methods.ts'
import { readRestError, readRpcError } from './read-error.ts'
import { scanRest, scanRpc, type View, viewRest, viewRpc } from './reading.ts'
import { type AgentError, type Grammar, grammars, type Origin, type Said } from './said.ts'
import { observe } from './seen.ts'

/** Where an answer comes from. */
interface Source {
  readonly dialect: DialectName
  readonly operation: Operation
  /** The raw token of the id that was sent; agents echo another now and then, and are answers all the same. */
  readonly rpcId: string
  readonly status: number
  /** The whole server-sent event around the bytes; null for a whole answer. */
  readonly event: Buffer | null
}

/** A whole answer, or the data of one event; null if it is no answer of that dialect. */
export function readSaid(bytes: Buffer, from: Source): Said | AgentError | null {
  return isRest(from.dialect) ? readRest(bytes, from) : readRpc(bytes, from)
}

function readRpc(bytes: Buffer, { dialect, status, event }: Source): Said | AgentError | null {
  const spans = scanRpc(bytes)
  if (spans.kind === 'mistake') return null
  const origin = { dialect, rpcId: spans.raw('id') ?? '', bytes, event }
  // A JSON-RPC error is one whatever its status; a result needs a status of success.
  if (spans.kindOf('error') === 'object') return readRpcError(spans, origin)
  const result = spans.kindOf('result') === 'object' ? spans.slice('result') : null
  return result === null || !isSuccess(status) ? null : saidOf(result, viewRpc(spans), grammars[dialect], origin)
}

function readRest(bytes: Buffer, { dialect, operation, status, event }: Source): Said | AgentError | null {
  const spans = scanRest(bytes)
  if (spans.kind === 'mistake') return null
  const origin = { dialect, rpcId: 'null', bytes, event }
  const error = readRestError(spans, { status, operation }, origin)
  if (error !== null || !isSuccess(status)) return error
  return saidOf(bytes, viewRest(spans), grammars[dialect], origin)
}

function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299
}

function saidOf(value: Buffer, view: View, grammar: Grammar, origin: Origin | null): Said | null {
  const sighting = observe(view, grammar)
  if (sighting === null) return null
  const { seen, bare } = sighting
  if (!bare) return { kind: 'said', grammar, payload: value, seen, origin, neutral: null }
  const payload = Buffer.concat([taskOpens, value, closes])
  return { kind: 'said', grammar, payload, seen, origin: origin && { ...origin, bare }, neutral: null }
}

const taskOpens = Buffer.from('{"task":')
const closes = Buffer.from('}')

/**
 * What an agent posts to a webhook: an event of 1.0, or the bare task or event of 0.3. Null for anything else. The
 * version is read off the body, because senders do not name it.
 */
export function readPushBody(bytes: Buffer): Said | null {
  const spans = scanRest(bytes)
  if (spans.kind === 'mistake') return null
  const view = viewRest(spans)
  const state = view.text('status.state')
  const is03 = view.text('kind') !== null || (state !== null && !state.startsWith('TASK_STATE_'))
  return saidOf(bytes, view, is03 ? '0.3' : grammarOfEvent(view), null)
}

/** Agents of 0.3 over HTTP may post the protobuf of an event: only there parts are called content. */
function grammarOfEvent(view: View): Grammar {
  return view.slice('statusUpdate.status.message.content') === null && view.slice('statusUpdate.final') === null
    ? '1.0'
    : '0.3-proto'
}
