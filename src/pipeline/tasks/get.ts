/** GetTask: the agent's own answer, or what was seen last where it cannot be asked. */
import { isJsonObject } from '../../base/json.ts'
import { isFault } from '../../domain/fault.ts'
import { isDenial } from '../../domain/verdict.ts'
import { a2aErrors } from '../../protocol/a2a/errors.ts'
import { paramsOf } from '../../protocol/a2a/params.ts'
import { trimHistory } from '../../protocol/a2a/fold.ts'
import { neutralOf } from '../../protocol/a2a/neutral.ts'
import type { Said } from '../../protocol/a2a/said.ts'
import { writeSaid } from '../../protocol/a2a/write-said.ts'
import { writeTask } from '../../protocol/a2a/write-task.ts'
import { watchOf } from '../standing.ts'
import type { Visit } from '../visit.ts'
import { answer, answered, answerTask, failAsAgent, noSuchTask, refusalOf } from './answer.ts'
import { askAgent, remembered, stale } from './ask.ts'
import { claimTask } from './claim.ts'
import type { Asking } from './asking.ts'

export async function getTask(visit: Visit, { party, target }: Asking): Promise<void> {
  const { road, call, inbound } = visit
  const claim = claimTask(visit, party)
  if (!claim) return noSuchTask(visit)
  visit.claim = claim
  const length = paramsOf(call)['historyLength']
  const historyLength = typeof length === 'number' ? length : null
  if (target.driver?.features.get === false)
    return answerTask(visit, trimHistory(remembered(road, claim.task), historyLength))
  const started = road.clock.monotonic()
  const asker = { headers: inbound.headers, standing: watchOf(visit) }
  const heard = await askAgent(road, target, { operation: 'get', claim, historyLength, asker })
  const told = { ...answered, upstream_ms: road.clock.monotonic() - started }
  if (isDenial(heard) || isFault(heard)) {
    const why = isDenial(heard)
      ? refusalOf(heard)
      : { code: null, detail: `${heard.code}: ${heard.detail}`, rule: null }
    return answerTask(visit, stale(trimHistory(remembered(road, claim.task), historyLength)), { ...told, refusal: why })
  }
  const said = heard.answer
  if (said.kind === 'said')
    return answer(visit, shorter(visit, said, historyLength) ?? writeSaid(said, call), told, heard.headers)
  // An agent that has forgotten a task of its caller did not lose it for us.
  if (said.code === a2aErrors.task_not_found.code && claim.task.snapshot !== null)
    return answerTask(visit, stale(trimHistory(remembered(road, claim.task), historyLength)), told)
  return failAsAgent(visit, said, told)
}

/** Agents show more of the history than they were asked for: servers of SDK 0.3.14 take 0 for everything. Null for bytes that may pass. */
function shorter({ call }: Visit, said: Said, historyLength: number | null): Buffer | null {
  if (historyLength === null) return null
  const { task } = neutralOf(said)
  if (!isJsonObject(task)) return null
  const { history } = task
  const isLonger = Array.isArray(history) && history.length > historyLength
  return isLonger ? writeTask(trimHistory(task, historyLength), call) : null
}
