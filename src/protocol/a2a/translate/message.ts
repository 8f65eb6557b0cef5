/** Messages: `kind`, roles and parts differ between the revisions, and 0.3 over HTTP calls the parts `content`. */
import { isJsonObject, type JsonObject } from '../../../base/json.ts'
import type { Grammar } from '../said.ts'
import { objectsOf, pick, textOf } from './members.ts'
import { partFrom10, partTo10 } from './part.ts'
import { roleFrom10, roleTo10 } from './words.ts'

/** Members with the same name and meaning in every grammar. */
const shared = ['messageId', 'contextId', 'taskId', 'metadata', 'extensions', 'referenceTaskIds'] as const

/** A message in 1.0; null for what is no message: without an id, a known role, or a list of parts that all can be read. */
export function messageTo10(message: JsonObject, from: Grammar): JsonObject | null {
  const parts = partsOf(message, from)
  if (textOf(message['messageId']) === null || roleTo10(message['role']) === null || !Array.isArray(parts)) return null
  if (!parts.every((part) => isJsonObject(part) && partTo10(part, from) !== null)) return null
  return from === '1.0' ? message : readMessage(message, from)
}

/** A message of an agent in 1.0, whatever it lacks: what cannot be read as a part is kept as data. */
export function readMessage(message: JsonObject, from: Grammar): JsonObject {
  if (from === '1.0') return message
  const parts = objectsOf(partsOf(message, from)).map((part) => partTo10(part, from) ?? { data: part })
  return { ...pick(message, shared), role: roleTo10(message['role']) ?? 'ROLE_AGENT', parts }
}

export function messageFrom10(message: JsonObject, to: Grammar): JsonObject {
  if (to === '1.0') return message
  const parts = objectsOf(message['parts']).map((part) => partFrom10(part, to))
  const role = roleFrom10(message['role'], to)
  if (to === '0.3') return { kind: 'message', ...pick(message, shared), role, parts }
  const { referenceTaskIds: _, ...known } = pick(message, shared)
  return { ...known, role, content: parts }
}

function partsOf(message: JsonObject, from: Grammar): unknown {
  return from === '0.3-proto' ? (message['content'] ?? message['parts']) : message['parts']
}
