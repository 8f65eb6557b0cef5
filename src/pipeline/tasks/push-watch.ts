/** Follows tasks for those who asked to be told of them, and tells them. */
import type { AgentId } from '../../domain/ids.ts'
import { phaseOf, type TaskRow } from '../../domain/task.ts'
import { isDenial } from '../../domain/verdict.ts'
import type { Said } from '../../protocol/a2a/said.ts'
import { writePushBody } from '../../protocol/a2a/write-said.ts'
import type { TaskSeen } from '../../relay/exchange.ts'
import { isCallable, type Road } from '../road.ts'
import { claimForWeir } from './claim.ts'
import { errandFor, knownOf, weirItself } from './mission.ts'
import { watchTask } from './watch.ts'

/** Every agent can be followed, also one that knows no push notifications itself. */
export async function followForPush(road: Road, row: TaskRow): Promise<void> {
  const entry = road.snapshot.agents.get(row.target)
  if (!isCallable(entry) || phaseOf(row.state) !== 'open' || road.relay.hub.find(row.target, row.taskId)) return
  const errand = await errandFor(road, row, weirItself)
  if (isDenial(errand)) {
    road.log.warn('a task is not followed for its push notifications', { hop: row.hop, detail: errand.detail })
    return
  }
  const claim = claimForWeir(row)
  const { driver } = entry
  const watch = watchTask(road, claim, entry)
  road.relay.watch(claim, { driver, errand, known: knownOf(road, row), params: () => ({}), watch })
}

/** Hands an event to those who want to hear of its task. */
export function notifyPush(road: Road, target: AgentId, { id }: TaskSeen, said: Said): void {
  const { push } = road.tasks
  if (push.list(target, id).length === 0) return
  void push.notify(target, id, road.nextEvent(), (version) => writePushBody(said, version))
}
