/** Who asks which agent about a task. */
import type { Principal } from '../../domain/principal.ts'
import type { Party } from '../../domain/task.ts'
import type { AgentEntry } from '../road.ts'

export interface Asking {
  readonly principal: Principal
  readonly party: Party
  readonly target: AgentEntry
}
