/** An answer that is no stream, as it goes back: byte for byte, but for what the caller must not see. */
import { retryAfterCeiling_ms } from '../../domain/denials.ts'
import type { Fault } from '../../domain/fault.ts'
import { familyOf, type ModelCall } from '../../domain/call.ts'
import type { HeaderList } from '../../protocol/http.ts'
import { modelHeadersBack } from '../../protocol/llm/headers.ts'
import type { ExchangeOutcome } from '../exchange.ts'
import { makeFault } from '../wire/transport.ts'
import { type Finding, looksLikeJson, type Whole } from './findings.ts'
import { retryAfterOf } from './retry-after.ts'
import type { ProviderSecrets } from './secrets.ts'

/** What is needed to write it. */
interface Writing {
  readonly call: ModelCall
  readonly secrets: ProviderSecrets
  /** Milliseconds since the epoch. */
  readonly now: number
}

export function answerOf(
  whole: Whole,
  { call, secrets, now }: Writing,
): NonNullable<ExchangeOutcome['answer']> | Fault {
  const { status, head, body } = whole
  const isOurs = status < 300 || status >= 500 || status === 429 || status === 408
  // A page of whoever stands before the provider is no error that an SDK could read.
  if (isOurs && !looksLikeJson(body)) return makeFault('bad_answer', `status ${status} without JSON`, true)
  if (status < 300 && secrets.isIn(body)) return makeFault('bad_answer', 'the answer held a credential of ours', true)
  const back = patient(secrets.outOf(modelHeadersBack(head, familyOf(call.dialect))), retryAfterOf(head, now))
  const headers: HeaderList = [['content-type', typeOf(whole)], ['cache-control', 'no-store'], ...back]
  return { status, headers, body: status < 400 ? body : secrets.without(body) }
}

/** A page in place of an error is shown as text, wherever it is shown. */
function typeOf({ head, body }: Whole): string {
  const type = head['content-type'] ?? ''
  if (/^application\/[\w.+-]*json\b[\x20-\x7e]*$/i.test(type)) return type
  return looksLikeJson(body) ? 'application/json' : 'text/plain; charset=utf-8'
}

/** SDKs sleep through whatever a Retry-After asks for, so none asks for long. */
function patient(headers: HeaderList, retryAfter_ms: number | null): HeaderList {
  if (retryAfter_ms === null) return headers
  const others = headers.filter(([name]) => name !== 'retry-after' && name !== 'retry-after-ms')
  const capped_ms = Math.min(retryAfter_ms, retryAfterCeiling_ms)
  return [
    ...others,
    ['retry-after', String(Math.ceil(capped_ms / 1000))],
    ['retry-after-ms', String(Math.ceil(capped_ms))],
  ]
}

const troubles: Readonly<Record<Finding['key'], string>> = {
  well: 'nothing that could be handed on',
  nothing: 'nothing that could be handed on',
  limited: 'too many requests',
  refused: 'our key is refused',
  barred: 'our key may not use this model',
  out_of_quota: 'the quota of our key is used up',
}

/** An answer that callers are not told, as what it is to them: nobody could be reached. */
export function failureOf({ status }: Whole, { key }: Finding): Fault {
  return makeFault('bad_answer', `status ${status}: ${troubles[key]}`, true)
}
