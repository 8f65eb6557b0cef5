/** What is done about a task that is somebody's already, while somebody reads what its agent says. */
import type { AgentId } from '../../domain/ids.ts'
import type { Claim } from '../../domain/verdict.ts'
import type { Said } from '../../protocol/a2a/said.ts'
import type { TaskSeen } from '../../relay/driver.ts'
import type { TaskWatch } from '../../relay/exchange.ts'
import type { AgentEntry, Road } from '../road.ts'
import { letGo, noteTask } from './book.ts'
import { notifyPush } from './push-tell.ts'

export function watchTask(road: Road, { task: row }: Claim, entry: AgentEntry): TaskWatch {
  const { target } = row
  return {
    onAnswer: () => undefined,
    own: ({ id }) => id === row.taskId,
    onContext: () => undefined,
    onSaid: (task, said) => see(road, target, task, said),
    onUnwatched: (task, snapshot) => letGo(road, target, task, keepsNothing(entry) ? snapshot() : null),
  }
}

/** Whether the agent cannot be asked how a task of it stands, so that what was seen last is all there is. */
export function keepsNothing({ driver }: AgentEntry): boolean {
  return driver?.features.get === false
}

/** Books what was said and tells those who want to hear of it. */
export function see(road: Road, target: AgentId, task: TaskSeen, said: Said): void {
  noteTask(road, target, task)
  notifyPush(road, target, task, said)
}
