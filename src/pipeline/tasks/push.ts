/** Push notification configs of a task, kept and served by Weir: neither webhook nor secret of a caller reaches an agent. */
import type { JsonObject } from '../../base/json.ts'
import type { TaskRow } from '../../domain/task.ts'
import { a2aErrors } from '../../protocol/a2a/errors.ts'
import { versionOf } from '../../protocol/a2a/methods.ts'
import { paramsOf } from '../../protocol/a2a/params.ts'
import { writeNothing, writePush, writePushList } from '../../protocol/a2a/write-task.ts'
import type { PushConfig } from '../../tasks/push/contract.ts'
import type { Visit } from '../visit.ts'
import { answer, noSuchTask, refuseAsProtocol } from './answer.ts'
import { claimTask } from './claim.ts'
import { draftOf } from './push-draft.ts'
import { followForPush } from './push-watch.ts'
import type { Asking } from './asking.ts'

export async function createPush(visit: Visit, { party }: Asking): Promise<void> {
  const { road, call } = visit
  const claim = claimTask(visit, party)
  if (!claim) return noSuchTask(visit)
  visit.claim = claim
  const draft = draftOf(paramsOf(call), versionOf(call.dialect))
  const bad = draft === null ? 'The config needs a url' : await road.judgeWebhook(draft.url)
  if (draft === null || bad !== null) return refusePush(visit, bad ?? '')
  const kept = await road.tasks.push.put(draft, claim.task, party)
  if ('kind' in kept) return kept.reason === 'not_yours' ? noSuchTask(visit) : refusePush(visit, kept.sentence)
  answer(visit, writePush(shownOf(claim.task, kept), call))
  await followForPush(road, claim.task)
}

export function getPush(visit: Visit, { party }: Asking): void {
  const { road, call } = visit
  const claim = claimTask(visit, party)
  const config = claim && road.tasks.push.get(claim.task.target, claim.task.taskId, configIdOf(visit))
  if (!claim || !config) return noSuchTask(visit)
  visit.claim = claim
  answer(visit, writePush(shownOf(claim.task, config), call))
}

export function listPush(visit: Visit, { party }: Asking): void {
  const { road, call } = visit
  const claim = claimTask(visit, party)
  if (!claim) return noSuchTask(visit)
  visit.claim = claim
  const { target, taskId } = claim.task
  const configs = road.tasks.push.list(target, taskId).map((config) => shownOf(claim.task, config))
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

/** Without what proves who we are: nobody needs to read back its own secret. */
function shownOf({ taskId }: TaskRow, { id, url, scheme }: PushConfig): JsonObject {
  return { taskId, id, url, ...(scheme === null ? {} : { authentication: { scheme } }) }
}
