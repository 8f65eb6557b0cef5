/** SubscribeToTask: one more reader of a task, who sees it first as it stands. */
import { phaseOf } from '../../domain/task.ts'
import { isDenial } from '../../domain/verdict.ts'
import type { ExchangeOutcome } from '../../relay/exchange.ts'
import { refuse } from '../refuse.ts'
import { watchOf } from '../standing.ts'
import { guarded, marked, recordOutcome } from '../settle.ts'
import type { Visit } from '../visit.ts'
import { marks, noSuchTask, taskIsOver } from './answer.ts'
import { claimTask } from './claim.ts'
import { errandFor, knownOf } from './mission.ts'
import type { Asking } from './asking.ts'
import { watchTask } from './watch-task.ts'

export async function subscribe(visit: Visit, { party, target }: Asking): Promise<void> {
  const { road, call, inbound, reply } = visit
  const claim = claimTask(visit, party)
  if (!claim) return noSuchTask(visit)
  visit.claim = claim
  const { task } = claim
  const live = road.relay.hub.find(task.target, task.taskId)
  if (phaseOf(task.state) === 'terminal') return taskIsOver(visit)
  const standing = watchOf(visit)
  const errand = await errandFor(road, task, { headers: inbound.headers, standing })
  if (isDenial(errand)) return await refuse(visit, errand)
  const { driver } = target
  if (!driver || (!live && !driver.features.get && !driver.features.subscribe)) return noSuchTask(visit)
  const mission = {
    driver,
    errand,
    known: knownOf(road, task),
    params: () => ({}),
    watch: watchTask(road, claim, target),
  }
  const done = (outcome: ExchangeOutcome): void =>
    guarded(visit, () => {
      road.followers.end(call.id)
      recordOutcome(visit, outcome)
    })
  const exchange = road.relay.follow(claim, call, mission, { reply: marked(reply, marks(visit)), done })
  road.followers.begin({ id: call.id, standing, halt: (denial) => exchange.halt(denial) })
}
