/** Errors of agents, in the shapes of all bindings: JSON-RPC, AIP-193 of 1.0, the bare one of 0.3, and problem details (RFC 9457). */
import { isJsonObject, type JsonObject, readJson } from '../../base/json.ts'
import type { Operation } from '../../domain/call.ts'
import { a2aErrors } from './errors.ts'
import type { RestSpans, RpcSpans } from './reading.ts'
import type { AgentError, Origin } from './said.ts'

/** Null if it is no error of JSON-RPC. */
export function readRpcError(spans: RpcSpans, origin: Origin): AgentError | null {
  if (spans.kindOf('error') !== 'object' || spans.kindOf('error.code') !== 'number') return null
  const code = Number(spans.raw('error.code'))
  return {
    kind: 'agent_error',
    code: Number.isSafeInteger(code) ? code : a2aErrors.internal_error.code,
    message: spans.text('error.message') ?? '',
    data: present(spans.raw('error.data')),
    origin,
  }
}

interface RestAnswer {
  readonly status: number
  readonly operation: Operation
}

/** Null if it is no error of REST. An event of a stream has status 200 and may be one all the same. */
export function readRestError(spans: RestSpans, answer: RestAnswer, origin: Origin): AgentError | null {
  const aip = spans.kindOf('error') === 'object'
  const bare = spans.kindOf('code') === 'number' && spans.kindOf('message') !== 'object'
  const message = spans.text('error.message') ?? spans.text('message') ?? spans.text('detail') ?? spans.text('title')
  // Servers of 0.3 in Python say a message and nothing else; what is wrong is in the status.
  const worded = answer.status >= 400 && !ofTheWay.has(answer.status) && message !== null
  if (!aip && !bare && !worded) return null
  const data = aip ? (spans.raw('error.details') ?? spans.raw('error.data')) : bare ? spans.raw('data') : null
  const said = Number(spans.raw(aip ? 'error.code' : 'code'))
  return { kind: 'agent_error', code: codeOf(said, data, answer), message: message ?? '', data: present(data), origin }
}

/** What gateways and load balancers on the way say, of an agent that was not reached. */
const ofTheWay: ReadonlySet<number> = new Set([429, 502, 503, 504])

/** Details deeper than this are looked into no further. */
const detailsDepthMax = 32

/** The reason is exact. A number may be a code of JSON-RPC or an HTTP status, and without one there is the status itself. */
function codeOf(said: number, data: string | null, { status, operation }: RestAnswer): number {
  const reason = data === null ? null : reasonIn(data)
  const known = reason === null ? undefined : byReason.get(reason)
  if (known !== undefined) return known
  if (Number.isSafeInteger(said) && said < 0) return said
  return codeOfStatus(Number.isSafeInteger(said) && said >= 400 ? said : status, operation)
}

const byReason: ReadonlyMap<string, number> = new Map(
  Object.values(a2aErrors).map(({ reason, code }) => [reason, code]),
)

function reasonIn(data: string): string | null {
  const read = readJson(data, detailsDepthMax)
  if (!read.ok || !Array.isArray(read.value)) return null
  const reasons = read.value.filter(isJsonObject).map((detail: JsonObject) => detail['reason'])
  return reasons.find((reason): reason is string => typeof reason === 'string') ?? null
}

const codes: Readonly<Record<number, number>> = {
  400: a2aErrors.invalid_request.code,
  405: a2aErrors.method_not_found.code,
  415: a2aErrors.content_type_not_supported.code,
  422: a2aErrors.invalid_params.code,
  501: a2aErrors.unsupported_operation.code,
}

function codeOfStatus(status: number, operation: Operation): number {
  const starts = operation === 'send' || operation === 'stream'
  // A path that leads to no task and one that leads nowhere have the same status.
  if (status === 404) return (starts ? a2aErrors.method_not_found : a2aErrors.task_not_found).code
  if (status === 409 && operation === 'cancel') return a2aErrors.task_not_cancelable.code
  return codes[status] ?? a2aErrors.internal_error.code
}

function present(raw: string | null): string | null {
  return raw === 'null' ? null : raw
}
