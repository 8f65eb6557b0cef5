/** What a caller hears of a Fault. */
import type { DenialCode } from '../domain/denials.ts'
import type { Fault, FaultCode } from '../domain/fault.ts'
import { deny, type Denial } from '../domain/verdict.ts'
import { makeFault } from './wire/transport.ts'

const codes: Readonly<Record<FaultCode, DenialCode>> = {
  connect_failed: 'upstream_unavailable',
  refused_address: 'upstream_unavailable',
  connect_timeout: 'child_timeout',
  first_byte_timeout: 'child_timeout',
  idle_timeout: 'child_timeout',
  stalled: 'stalled',
  reset: 'upstream_unavailable',
  truncated: 'upstream_unavailable',
  bad_answer: 'upstream_unavailable',
  too_large: 'upstream_unavailable',
  aborted: 'upstream_unavailable',
  overloaded: 'busy',
}

/** The Denial that tells the caller of a Fault; the fault's detail stays with operators. */
export function denialOf(fault: Fault): Denial {
  return deny(codes[fault.code], `${fault.code}: ${fault.detail}`)
}

/** An agent that mixes its callers up: what it says of somebody else's task is told to nobody. */
export function foreignTask(): Fault {
  return makeFault('bad_answer', "the agent answers with a task that is somebody else's", true)
}

/** Of a task that could not be written down nothing is told. */
export function noRoomForTask(): Denial {
  return deny('busy', 'it could not be written down whose the task is', { rule: 'tasks.room' })
}
