/** Push notification configs of a task, kept and served by Weir: neither webhook nor secret of a caller reaches an agent. */
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { TaskRow } from '../../domain/task.ts'
import { a2aErrors } from '../../protocol/a2a/errors.ts'
import { versionOf } from '../../protocol/a2a/methods.ts'
import { paramsOf } from '../../protocol/a2a/params.ts'
import { writeNothing, writePush, writePushList } from '../../protocol/a2a/write-task.ts'
import type { PushConfig, PushDraft, PushVersion } from '../../tasks/push/contract.ts'
import type { Road } from '../road.ts'
import type { Visit } from '../visit.ts'
import { answer, noSuchTask, refuseAsProtocol } from './answer.ts'
import { claimTask } from './claim.ts'
import { followForPush } from './push-watch.ts'
import type { Asking } from './serve-task.ts'

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

/** What a call brings along to be told of its task; null where it brings nothing or nothing that can be told. */
export function inlinePush(call: Visit['call']): PushDraft | null {
  if (call.push === null) return null
  const read: unknown = JSON.parse(call.push)
  return isJsonObject(read) ? draftOf(read, versionOf(call.dialect)) : null
}

/** Why a call must not be sent with the config it brings along; null where it may. */
export async function refusalOfPush(road: Road, call: Visit['call']): Promise<string | null> {
  if (call.push === null) return null
  const draft = inlinePush(call)
  return draft === null ? 'The push notification config needs a url' : await road.judgeWebhook(draft.url)
}

export function refusePush(visit: Visit, sentence: string): void {
  refuseAsProtocol(visit, { code: a2aErrors.invalid_params.code, message: sentence }, 'push.config')
}

function configIdOf({ call }: Visit): string {
  const { id } = paramsOf(call)
  return typeof id === 'string' ? id : ''
}

function draftOf({ id, url, token, authentication }: JsonObject, version: PushVersion): PushDraft | null {
  if (typeof url !== 'string' || url === '') return null
  const { scheme, credentials } = isJsonObject(authentication) ? authentication : {}
  return {
    id: textOf(id),
    url,
    token: textOf(token),
    scheme: textOf(scheme),
    credentials: textOf(credentials),
    version,
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

/** Without what proves who we are: nobody needs to read back its own secret. */
function shownOf({ taskId }: TaskRow, { id, url, scheme }: PushConfig): JsonObject {
  return { taskId, id, url, ...(scheme === null ? {} : { authentication: { scheme } }) }
}
