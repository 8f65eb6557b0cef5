/** What is done about a task that is somebody's already, while somebody reads what its agent says. */
import type { AgentId } from '../../domain/ids.ts'
import type { Claim } from '../../domain/verdict.ts'
import type { Said } from '../../protocol/a2a/said.ts'
import type { TaskSeen } from '../../relay/driver.ts'
import type { LastSight, TaskWatch } from '../../relay/exchange.ts'
import type { AgentEntry, Road } from '../road.ts'
import { noteTask, release } from './book.ts'
import { notifyPush } from './push-tell.ts'
import { canceled, endUnseen, keepsNothing, lost } from './unseen.ts'

export function watchTask(road: Road, { task: row }: Claim, entry: AgentEntry): TaskWatch {
  const { target } = row
  return {
    onAnswer: () => undefined,
    own: ({ id }) => id === row.taskId,
    onContext: () => undefined,
    onSaid: (task, said) => see(road, target, task, said),
    onUnwatched: (task, last) => letGo(road, entry, task, last),
  }
}

/** Nobody reads of the task any more. Of one whose agent cannot be asked, what was seen last is kept, and how it ended. */
export function letGo(road: Road, entry: AgentEntry, task: TaskSeen, { snapshot, why }: LastSight): void {
  const { id: target } = entry.settings
  const row = road.tasks.find(target, task.id)
  if (!row) return
  if (!task.open) release(road, row)
  const kept = keepsNothing(entry) ? snapshot() : null
  if (!kept) return
  if (task.open) endUnseen(road, row, kept, why === 'halted' ? canceled(entry) : lost)
  else road.tasks.update(target, task.id, { snapshot: JSON.stringify(kept) })
}

/** Books what was said and tells those who want to hear of it. */
export function see(road: Road, target: AgentId, task: TaskSeen, said: Said): void {
  noteTask(road, target, task)
  notifyPush(road, target, task, said)
}
