/** Follows tasks for those who asked to be told of them. */
import { phaseOf, type TaskRow } from '../../domain/task.ts'
import { isDenial } from '../../domain/verdict.ts'
import { isCallable, type Road } from '../road.ts'
import { claimForWeir } from './claim.ts'
import { errandFor, knownOf, weirItself } from './mission.ts'
import { watchTask } from './watch-task.ts'

/** Every agent can be followed, also one that knows no push notifications itself. Never rejects. */
export async function followForPush(road: Road, row: TaskRow): Promise<void> {
  try {
    await follow(road, row)
  } catch (bug) {
    road.log.error('a bug while a task was to be followed', { hop: row.hop, error: String(bug) })
  }
}

async function follow(road: Road, row: TaskRow): Promise<void> {
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
