/** What the outside did to us. Made only in `relay/`; a value, never thrown. */
export interface Fault {
  readonly kind: 'fault'
  readonly code: FaultCode
  /** For operators and the Record; never for the caller. */
  readonly detail: string
  /** Whether any byte of the request may have reached the target; if so, the call is never repeated. */
  readonly sent: boolean
}

export type FaultCode =
  | 'connect_failed'
  | 'refused_address'
  | 'connect_timeout'
  | 'first_byte_timeout'
  | 'idle_timeout'
  | 'stalled'
  | 'reset'
  | 'truncated'
  | 'bad_answer'
  | 'too_large'
  | 'aborted'
  | 'overloaded'

export function isFault(value: object | null): value is Fault {
  return value !== null && 'kind' in value && value.kind === 'fault'
}
