/** Push notification configs of a task, kept and served by Weir: neither webhook nor secret of a caller reaches an agent. */
import { a2aErrors } from '../../protocol/a2a/errors.ts'
import { paramsOf } from '../../protocol/a2a/params.ts'
import { writeNothing, writePush, writePushList } from '../../protocol/a2a/write-task.ts'
import { writePushConfig } from '../../tasks/push/draft.ts'
import type { Visit } from '../visit.ts'
import { answer, noSuchTask, refuseAsProtocol } from './answer.ts'
import { claimTask } from './claim.ts'
import { judgedPush } from './push-draft.ts'
import { followForPush } from './push-watch.ts'
import type { Asking } from './asking.ts'

export async function createPush(visit: Visit, { party }: Asking): Promise<void> {
  const { road, call } = visit
  const claim = claimTask(visit, party)
  if (!claim) return noSuchTask(visit)
  visit.claim = claim
  const draft = await judgedPush(road, call)
  if (typeof draft === 'string') return refusePush(visit, draft)
  const kept = await road.tasks.push.put(draft, claim.task, party)
  if ('kind' in kept) return kept.reason === 'not_yours' ? noSuchTask(visit) : refusePush(visit, kept.sentence)
  answer(visit, writePush(writePushConfig(kept, claim.task.taskId), call))
  await followForPush(road, claim.task)
}

export function getPush(visit: Visit, { party }: Asking): void {
  const { road, call } = visit
  const claim = claimTask(visit, party)
  const config = claim && road.tasks.push.get(claim.task.target, claim.task.taskId, configIdOf(visit))
  if (!claim || !config) return noSuchTask(visit)
  visit.claim = claim
  answer(visit, writePush(writePushConfig(config, claim.task.taskId), call))
}

export function listPush(visit: Visit, { party }: Asking): void {
  const { road, call } = visit
  const claim = claimTask(visit, party)
  if (!claim) return noSuchTask(visit)
  visit.claim = claim
  const { target, taskId } = claim.task
  const configs = road.tasks.push.list(target, taskId).map((config) => writePushConfig(config, taskId))
  answer(visit, writePushList(configs, call))
}

/** Deleting what is gone already is fine (A2A 1.0 section 3.1.10). */
export async function deletePush(visit: Visit, { party }: Asking): Promise<void> {
  const { road, call } = visit
  const claim = claimTask(visit, party)
  if (!claim) return noSuchTask(visit)
  visit.claim = claim
  const { target, taskId } = claim.task
  await road.tasks.push.delete(target, taskId, configIdOf(visit))
  answer(visit, writeNothing(call))
}

export function refusePush(visit: Visit, sentence: string): void {
  refuseAsProtocol(visit, { code: a2aErrors.invalid_params.code, message: sentence }, 'push.config')
}

function configIdOf({ call }: Visit): string {
  const { id } = paramsOf(call)
  return typeof id === 'string' ? id : ''
}
