/** What the table is told of a task while it is worked on. */
import type { AgentId } from '../../domain/ids.ts'
import type { TaskRow } from '../../domain/task.ts'
import type { TaskSeen } from '../../relay/driver.ts'
import type { Road } from '../road.ts'

/** Books how a task stands; one that is over no longer holds its run open. */
export function noteTask(road: Road, target: AgentId, task: TaskSeen): void {
  const row = road.tasks.find(target, task.id)
  if (!row || task.state === null) return
  const memo = task.memo?.task ? JSON.stringify(task.memo.task) : row.memo
  if (row.state === task.state && row.memo === memo) return
  const updatedAt = row.state === task.state ? row.updatedAt : road.clock.now()
  road.tasks.update(target, task.id, { state: task.state, updatedAt, memo })
  if (!task.open) release(road, row)
}

/** A task that is over or waits for its caller does not hold its run open. */
export function release(road: Road, { owner, hop }: TaskRow): void {
  if (owner.run !== null) road.runs.find(owner.run)?.release(hop)
}
