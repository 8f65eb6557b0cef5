/** What the road has to know of a message before it lets it through, read without building the message. */
import { type JsonObject, readJson, readJsonObject } from '../../base/json.ts'
import type { Member, RequestMembers } from './request-members.ts'
import type { Grammar } from './said.ts'
import type { Subject } from './subject.ts'
import {
  type BadParams,
  badParams,
  isBadParams,
  isName,
  isNothing,
  isWhole,
  noTenant,
  readPush,
} from './task-params.ts'

/** A message that refers to more tasks is none a person wrote. */
const referencesMax = 64

/** Where a client hands in its own webhook, by revision. It never reaches an agent, in whichever spelling it came. */
const pushPlaces: Readonly<Partial<Record<Member, Grammar>>> = {
  'configuration.taskPushNotificationConfig': '1.0',
  'configuration.pushNotificationConfig': '0.3',
  'configuration.pushNotification': '0.3-proto',
}
export const pushMembers = Object.keys(pushPlaces) as readonly Member[]
/** Their names inside of the configuration. */
export const pushMemberNames: ReadonlySet<string> = new Set(pushMembers.map((member) => member.split('.')[1] ?? ''))

export function readSend(params: RequestMembers): Subject | BadParams {
  const mistake = mistakeIn(params)
  if (mistake) return mistake
  const referenceTaskIds = readReferences(params)
  if (!referenceTaskIds) return badParams(`message.referenceTaskIds must be a list of at most ${referencesMax} ids`)
  const push = readInlinePush(params)
  if (push !== null && isBadParams(push)) return push
  return {
    taskId: params.text('message.taskId') || null,
    contextId: params.text('message.contextId') || null,
    referenceTaskIds,
    push: push && JSON.stringify(push),
  }
}

function mistakeIn(params: RequestMembers): BadParams | null {
  if (params.kindOf('message') !== 'object') return badParams('message must be an object')
  for (const member of ['message.taskId', 'message.contextId'] as const) {
    if (!isOptionalId(params, member)) return badParams(`${member} must be a string of at most 256 characters`)
  }
  if (!params.lacks('tenant') && params.text('tenant') !== '') return noTenant
  if (!params.lacks('metadata') && params.kindOf('metadata') !== 'object')
    return badParams('metadata must be an object')
  return params.isEmpty('configuration') ? null : mistakeInConfiguration(params)
}

function mistakeInConfiguration(params: RequestMembers): BadParams | null {
  if (params.kindOf('configuration') !== 'object') return badParams('configuration must be an object')
  for (const member of ['configuration.returnImmediately', 'configuration.blocking'] as const) {
    const kind = params.kindOf(member) ?? 'null'
    if (kind !== 'null' && kind !== 'true' && kind !== 'false') return badParams(`${member} must be true or false`)
  }
  const length = params.raw('configuration.historyLength')
  return length === null || length === 'null' || isWhole(numberOf(length))
    ? null
    : badParams('configuration.historyLength must be a whole number that is not negative')
}

function isOptionalId(params: RequestMembers, member: Member): boolean {
  if (params.lacks(member)) return true
  const text = params.text(member)
  return text === '' || isName(text)
}

/** A string is no number, even one of digits. */
function numberOf(token: string): number {
  return token.startsWith('"') ? Number.NaN : Number(token)
}

function readReferences(params: RequestMembers): readonly string[] | null {
  if (params.lacks('message.referenceTaskIds')) return []
  const read = readJson(params.raw('message.referenceTaskIds') ?? '')
  if (!read.ok || !Array.isArray(read.value) || read.value.length > referencesMax) return null
  const ids: readonly unknown[] = read.value
  return ids.every(isName) ? ids : null
}

function readInlinePush(params: RequestMembers): JsonObject | BadParams | null {
  if (params.isEmpty('configuration')) return null
  const found = pushMembers.filter((member) => !params.lacks(member))
  const [member] = found
  if (member === undefined) return null
  if (found.length > 1) return badParams('There is more than one push notification config')
  const value = readJsonObject(params.raw(member) ?? '')
  const push = value && readPush(value, pushPlaces[member] ?? '1.0', false)
  if (!push) return badParams('A push notification config must be an object')
  // The task is that of the message, or one that does not exist yet.
  return isBadParams(push) || isNothing(push['taskId']) || push['taskId'] === params.text('message.taskId')
    ? push
    : badParams('The push notification config names another task than the message')
}
