/** Push notification configs that calls bring along, judged before anything of the call leaves. */
import { readJsonObject } from '../../base/json.ts'
import type { Call } from '../../domain/call.ts'
import { versionOf } from '../../protocol/a2a/methods.ts'
import { readPushConfig } from '../../tasks/push/draft.ts'
import type { PushDraft } from '../../tasks/push/contract.ts'
import type { Road } from '../road.ts'

/** A config that may be kept, or why not, as a sentence for its client: its form is right and its address may be posted to. */
export async function judgedPush(road: Road, call: Call): Promise<PushDraft | string> {
  const draft = draftOf(call)
  if (typeof draft === 'string') return draft
  return (await road.judgeWebhook(draft.url)) ?? draft
}

/** What was judged when the call came in; null for a call that brings nothing. */
export function inlinePush(call: Call): PushDraft | null {
  if (call.push === null) return null
  const draft = draftOf(call)
  return typeof draft === 'string' ? null : draft
}

/** Why a call must not be sent with the config it brings along; null where it may. */
export async function refusalOfPush(road: Road, call: Call): Promise<string | null> {
  if (call.push === null) return null
  const judged = await judgedPush(road, call)
  return typeof judged === 'string' ? judged : null
}

function draftOf({ push, dialect }: Call): PushDraft | string {
  const config = push === null ? null : readJsonObject(push)
  return config ? readPushConfig(config, versionOf(dialect)) : 'The config must be an object'
}
