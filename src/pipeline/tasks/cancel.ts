/** CancelTask: the tasks it started first, the deepest of them before all others, then the task itself. */
import { isFault } from '../../domain/fault.ts'
import { phaseOf } from '../../domain/task.ts'
import { isDenial } from '../../domain/verdict.ts'
import { a2aErrors } from '../../protocol/a2a/errors.ts'
import { writeSaid } from '../../protocol/a2a/write-said.ts'
import { refuse } from '../refuse.ts'
import { watchOf } from '../standing.ts'
import type { Visit } from '../visit.ts'
import { denialOf } from '../../relay/faults.ts'
import { answer, answered, answerTask, failAsAgent, noSuchTask, refuseAsProtocol } from './answer.ts'
import { askAgent } from './ask.ts'
import { cancelEach, stopListening } from './cancel-each.ts'
import { claimTask, tasksBelow } from './claim.ts'
import type { Asking } from './asking.ts'

export async function cancel(visit: Visit, { party, target }: Asking): Promise<void> {
  const { road, call, inbound } = visit
  const claim = claimTask(visit, party)
  if (!claim) return noSuchTask(visit)
  visit.claim = claim
  if (phaseOf(claim.task.state) === 'terminal')
    return refuseAsProtocol(
      visit,
      { code: a2aErrors.task_not_cancelable.code, message: 'The task is over already' },
      'task.state',
    )
  await cancelEach(road, tasksBelow(road, claim.task))
  if (target.driver?.features.cancel === false) return answerTask(visit, stopListening(road, claim))
  const started = road.clock.monotonic()
  const asker = { headers: inbound.headers, standing: watchOf(visit) }
  const heard = await askAgent(road, target, { operation: 'cancel', claim, historyLength: null, asker })
  const told = { ...answered, upstream_ms: road.clock.monotonic() - started }
  if (isDenial(heard)) return await refuse(visit, heard)
  if (isFault(heard)) return await refuse(visit, denialOf(heard))
  const said = heard.answer
  if (said.kind === 'said') return answer(visit, writeSaid(said, call), told, heard.headers)
  return failAsAgent(visit, said, told)
}
