/**
 * Push notification configs: flat in 1.0, nested in 0.3, and named by a path in the protobuf of 0.3. Of several schemes
 * 1.0 has room for the first.
 */
import { isJsonObject, type JsonObject } from '../../../base/json.ts'
import type { Grammar } from '../said.ts'
import { pick, textOf, textsOf, withNote, withoutNote } from './members.ts'

const flat = ['id', 'url', 'token'] as const
/** Where the schemes beyond the first are kept. */
const schemesNote = 'a2a.schemes'
const nameForm = /^tasks\/([^/]+)\/pushNotificationConfigs\/([^/]+)$/

/**
 * A config in 1.0; null for what is none. A bare config of 0.3, as a message brings it along, is taken as well; it has no
 * `taskId`.
 */
export function pushTo10(value: JsonObject, from: Grammar): JsonObject | null {
  if (from === '1.0') return textOf(value['url']) === null ? null : value
  const nested = value['pushNotificationConfig']
  const config = isJsonObject(nested) ? nested : value
  if (textOf(config['url']) === null) return null
  const [, taskOfName, idOfName] = nameForm.exec(textOf(value['name']) ?? '') ?? []
  const taskId = textOf(value['taskId']) ?? taskOfName ?? null
  const named = textOf(config['id']) === null && idOfName !== undefined ? { id: idOfName } : {}
  return {
    ...(taskId === null ? {} : { taskId }),
    ...named,
    ...pick(config, flat),
    ...authenticationTo10(config['authentication']),
  }
}

export function pushFrom10(value: JsonObject, to: Grammar): JsonObject {
  if (to === '1.0') return withoutSchemes(value)
  const pushNotificationConfig = configFrom10(value)
  const taskId = textOf(value['taskId']) ?? ''
  if (to === '0.3') return { taskId, pushNotificationConfig }
  return { name: `tasks/${taskId}/pushNotificationConfigs/${textOf(value['id']) ?? ''}`, pushNotificationConfig }
}

/** 1.0 has no metadata here, and its stricter readers refuse a member they do not know. */
function withoutSchemes(value: JsonObject): JsonObject {
  const { metadata, ...rest } = value
  const isNoted = isJsonObject(metadata) && Object.hasOwn(metadata, schemesNote)
  return isNoted ? { ...rest, ...withoutNote(metadata, schemesNote) } : value
}

/** The config as a message of 0.3 brings it along, without the name of a task. */
export function configFrom10(value: JsonObject): JsonObject {
  return { ...pick(value, flat), ...authenticationFrom10(value) }
}

function authenticationTo10(authentication: unknown): JsonObject {
  if (!isJsonObject(authentication)) return {}
  const names = textsOf(authentication['schemes'])
  const read = { scheme: names[0] ?? '', ...pick(authentication, ['credentials']) }
  return { authentication: read, ...(names.length > 1 ? withNote(null, schemesNote, names.slice(1)) : {}) }
}

function authenticationFrom10({ authentication, metadata }: JsonObject): JsonObject {
  if (!isJsonObject(authentication)) return {}
  const more = isJsonObject(metadata) ? textsOf(metadata[schemesNote]) : []
  const first = textOf(authentication['scheme'])
  const schemes = [...(first === null ? [] : [first]), ...more]
  return { authentication: { schemes, ...pick(authentication, ['credentials']) } }
}
