/** Push notification configs as clients hand them in. */
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { Call } from '../../domain/call.ts'
import { versionOf } from '../../protocol/a2a/methods.ts'
import type { PushDraft, PushVersion } from '../../tasks/push/contract.ts'
import type { Road } from '../road.ts'

/** What a call brings along to be told of its task; null where it brings nothing or nothing that can be told. */
export function inlinePush(call: Call): PushDraft | null {
  if (call.push === null) return null
  const read: unknown = JSON.parse(call.push)
  return isJsonObject(read) ? draftOf(read, versionOf(call.dialect)) : null
}

/** Why a call must not be sent with the config it brings along; null where it may. */
export async function refusalOfPush(road: Road, call: Call): Promise<string | null> {
  if (call.push === null) return null
  const draft = inlinePush(call)
  return draft === null ? 'The push notification config needs a url' : await road.judgeWebhook(draft.url)
}

/** Null for a config without a URL. */
export function draftOf({ id, url, token, authentication }: JsonObject, version: PushVersion): PushDraft | null {
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
