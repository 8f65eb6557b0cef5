/** Which faults say something against an instance, and after which an ask may be made again. Tables, no state. */
import type { Fault, FaultCode } from '../../domain/fault.ts'
import type { Ask } from '../driver.ts'

interface Rule {
  /** It is held against the instance, and not against this one piece of work. */
  readonly blames: boolean
  /** Nothing arrived; it can be asked of another instance, or even another agent, as if nothing had happened. */
  readonly unsent: boolean
  /** What can be asked twice may be asked again after it. */
  readonly passing: boolean
}

const rules: Readonly<Record<FaultCode, Rule>> = {
  connect_failed: { blames: true, unsent: true, passing: true },
  connect_timeout: { blames: true, unsent: true, passing: true },
  first_byte_timeout: { blames: true, unsent: false, passing: true },
  // An agent that works silently for long is not ill.
  idle_timeout: { blames: false, unsent: false, passing: true },
  stalled: { blames: false, unsent: false, passing: false },
  reset: { blames: true, unsent: false, passing: true },
  truncated: { blames: true, unsent: false, passing: true },
  bad_answer: { blames: true, unsent: false, passing: true },
  too_large: { blames: false, unsent: false, passing: false },
  aborted: { blames: false, unsent: false, passing: false },
  overloaded: { blames: false, unsent: true, passing: false },
  refused_address: { blames: false, unsent: true, passing: false },
}

export function blames(fault: Fault): boolean {
  return rules[fault.code].blames
}

/** What does no harm if an agent gets it twice. A second cancel could be refused, as if the first had failed. */
const repeatable: Readonly<Record<Ask['operation'], 'always' | 'where_idempotent' | 'never'>> = {
  get: 'always',
  subscribe: 'always',
  send: 'where_idempotent',
  stream: 'where_idempotent',
  cancel: 'never',
}

export function isRepeatable({ operation }: Ask, idempotent_sends: boolean): boolean {
  const when = repeatable[operation]
  return when === 'always' || (when === 'where_idempotent' && idempotent_sends)
}

/** Whether an ask of which nothing was said yet may be made again after this fault. */
export function mayRepeat(fault: Fault, repeatable: boolean): boolean {
  const { unsent, passing } = rules[fault.code]
  return passing && (fault.sent ? repeatable : unsent)
}

/** Whether another agent may be called in place of the one that gave this fault: no byte of the call reached anybody. */
export function fallbackFor(fault: Fault): boolean {
  return !fault.sent && rules[fault.code].unsent
}
