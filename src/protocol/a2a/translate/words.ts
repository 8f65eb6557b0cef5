/** The words of A2A that every revision spells in its own way: states of a task and roles of a message. */
import { isTaskState, type TaskState } from '../../../domain/task.ts'
import type { Grammar } from '../said.ts'

/** As A2A 0.3 over JSON-RPC spells them (0.3 section 6.3). */
const states03: Readonly<Record<TaskState, string>> = {
  TASK_STATE_UNSPECIFIED: 'unknown',
  TASK_STATE_SUBMITTED: 'submitted',
  TASK_STATE_WORKING: 'working',
  TASK_STATE_COMPLETED: 'completed',
  TASK_STATE_FAILED: 'failed',
  TASK_STATE_CANCELED: 'canceled',
  TASK_STATE_INPUT_REQUIRED: 'input-required',
  TASK_STATE_REJECTED: 'rejected',
  TASK_STATE_AUTH_REQUIRED: 'auth-required',
}

/** Every spelling that was seen: that of 0.3, with underscores as some gateways write it, and two of one cancellation. */
const spellings: ReadonlyMap<string, TaskState> = new Map([
  ...Object.entries(states03).flatMap(([state, spelling]) =>
    isTaskState(state) ? [[spelling, state] as const, [spelling.replace('-', '_'), state] as const] : [],
  ),
  ['cancelled', 'TASK_STATE_CANCELED'],
  ['TASK_STATE_CANCELLED', 'TASK_STATE_CANCELED'],
])

/** The state whatever the revision that spells it; one that nobody knows is `TASK_STATE_UNSPECIFIED`. */
export function stateTo10(spelling: string): TaskState {
  return isTaskState(spelling) ? spelling : (spellings.get(spelling) ?? 'TASK_STATE_UNSPECIFIED')
}

/** Whether the spelling is one of a state, so that nothing is lost by reading it. */
export function isStateWord(spelling: string): boolean {
  return isTaskState(spelling) || spellings.has(spelling)
}

/** The enum of the 0.3 protobuf has its own spelling of one state, and its parsers know no other. */
export function stateFrom10(state: TaskState, to: Grammar): string {
  if (to === '0.3') return states03[state]
  return to === '0.3-proto' && state === 'TASK_STATE_CANCELED' ? 'TASK_STATE_CANCELLED' : state
}

const roles: ReadonlyMap<unknown, string> = new Map([
  ['user', 'ROLE_USER'],
  ['agent', 'ROLE_AGENT'],
  ['ROLE_USER', 'ROLE_USER'],
  ['ROLE_AGENT', 'ROLE_AGENT'],
])

/** Null for what is no role. */
export function roleTo10(spelling: unknown): string | null {
  return roles.get(spelling) ?? null
}

export function roleFrom10(role: unknown, to: Grammar): string {
  const user = role === 'ROLE_USER'
  if (to === '0.3') return user ? 'user' : 'agent'
  return user ? 'ROLE_USER' : 'ROLE_AGENT'
}
