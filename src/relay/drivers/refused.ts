/** A caller's message that a framework cannot take, found before anything of it was sent. */
import type { AgentError } from '../../protocol/a2a/said.ts'
import { agentError } from './framework.ts'

export interface Refused {
  readonly kind: 'refused'
  readonly error: AgentError
}

/** `code` is one of A2A 1.0 section 5.4. */
export function refused(code: number, message: string): Refused {
  return { kind: 'refused', error: agentError(code, message) }
}

export function isRefused(value: object | string): value is Refused {
  return typeof value === 'object' && 'kind' in value && value.kind === 'refused'
}
