/**
 * What an attempt that gave no answer says: of the model, of the key, and where the call goes next. Tables, no state.
 *
 * A request that has left may have cost money even where nobody answered it. So one that timed out is not sent to the
 * same model again, which would be silent once more and bill it twice, but only to whoever is the fallback. One that was
 * lost with its connection is: nearly always the provider had closed an idle one.
 */
import type { Fault, FaultCode } from '../../domain/fault.ts'
import type { KeyTrouble } from './places.ts'
import type { Verdict } from '../pool/breaker.ts'

export interface Finding {
  readonly place: Verdict
  /** `limited`: the provider asks for patience with it. `barred`: it may not use this model. */
  readonly key: 'well' | 'nothing' | 'limited' | 'barred' | KeyTrouble
  /**
   * `same`: whoever has not been asked yet, or the same model after a while. `other`: never the same model again.
   * `key`: the same model at once, with another key. `none`: that was the answer.
   */
  readonly next: 'same' | 'other' | 'key' | 'none'
}

const findings = {
  answered: { place: 'well', key: 'well', next: 'none' },
  limited: { place: 'nothing', key: 'limited', next: 'same' },
  broken: { place: 'ill', key: 'nothing', next: 'same' },
  odd: { place: 'ill', key: 'nothing', next: 'other' },
  refused: { place: 'nothing', key: 'refused', next: 'key' },
  barred: { place: 'nothing', key: 'barred', next: 'key' },
  out_of_quota: { place: 'nothing', key: 'out_of_quota', next: 'key' },
} as const satisfies Record<string, Finding>

/** Everything else below 500 is between the caller and the provider: what it says goes back. */
const statuses: Readonly<Record<number, keyof typeof findings>> = {
  401: 'refused',
  // To pay for our account is not for callers, and a 402 of ours says that their budget is spent.
  402: 'out_of_quota',
  403: 'barred',
  408: 'broken',
  429: 'limited',
}

/** An answer taken whole. */
export interface Whole {
  readonly status: number
  readonly head: Readonly<Record<string, string | undefined>>
  readonly body: Buffer
}

export function findingOf({ status, head, body }: Whole): Finding {
  // A redirect would lead callers past us, and a page in place of an answer is from whoever stands before the provider.
  if (status < 200 || (status >= 300 && status < 400)) return findings.odd
  if (status < 300) return looksLikeJson(body) ? findings.answered : findings.odd
  if (status === 429 && isOutOfQuota(body)) return findings.out_of_quota
  const found = findings[statuses[status] ?? (status >= 500 ? 'broken' : 'answered')]
  return found.next === 'same' && head['x-should-retry'] === 'false' ? { ...found, next: 'other' } : found
}

/** Whether a provider's error is told to callers: not what is wrong with our account there. */
export function isTold({ key }: Finding): boolean {
  return key !== 'refused' && key !== 'barred' && key !== 'out_of_quota'
}

export function looksLikeJson(body: Buffer): boolean {
  const first = body.findIndex((byte) => !spaces.has(byte))
  return body[first] === 0x7b || body[first] === 0x5b
}

const spaces: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d])

/** OpenAI says it in `error.code` and `error.type`; both are in the first part of a short body. */
function isOutOfQuota(body: Buffer): boolean {
  return /"insufficient_quota"|"billing_hard_limit_reached"|"billing_error"/.test(
    body.subarray(0, 4096).toString('latin1'),
  )
}

/** A stream that begins with an error, or breaks off. */
export const brokenStream: Finding = findings.broken
export const answered: Finding = findings.answered
/** The caller left, or was stopped. */
export const givenUp: Finding = { place: 'nothing', key: 'nothing', next: 'none' }

const faults: Readonly<Record<FaultCode, Finding>> = {
  connect_failed: findings.broken,
  connect_timeout: findings.broken,
  reset: findings.broken,
  truncated: findings.broken,
  bad_answer: findings.broken,
  first_byte_timeout: findings.odd,
  idle_timeout: findings.odd,
  stalled: findings.odd,
  refused_address: findings.odd,
  overloaded: { place: 'nothing', key: 'nothing', next: 'other' },
  // What is too large here is too large everywhere, and was paid for.
  too_large: { place: 'nothing', key: 'nothing', next: 'none' },
  aborted: { place: 'nothing', key: 'nothing', next: 'none' },
}

export function findingOfFault({ code }: Fault): Finding {
  return faults[code]
}
