/** What was said as A2A 1.0 JSON: parsed when it is first asked for, and remembered for as long as it is held. */
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { Said } from './said.ts'
import { observeNeutral } from './seen.ts'
import { eventTo10 } from './translate/event.ts'

/** The event in 1.0: an object with one of `task`, `message`, `statusUpdate` and `artifactUpdate`. Not to be changed. */
export function neutralOf(said: Said): JsonObject {
  return (said.neutral ??= readNeutral(said))
}

/** The same for whoever looks only once: it is not remembered. */
export function readNeutral(said: Said): JsonObject {
  if (said.neutral) return said.neutral
  const parsed = JSON.parse(said.payload.toString('utf8')) as unknown
  return isJsonObject(parsed) ? (eventTo10(parsed, said.grammar) ?? parsed) : {}
}

/** The task or the message that was said; null for an event that is a part of one. */
export function wholeOf(said: Said): JsonObject | null {
  const { task, message } = neutralOf(said)
  const whole = task ?? message
  return isJsonObject(whole) ? whole : null
}

/** An event of 1.0 that was made here, as if an agent had said it. */
export function sayNeutral(event: JsonObject): Said {
  const payload = Buffer.from(JSON.stringify(event))
  return { kind: 'said', grammar: '1.0', payload, seen: observeNeutral(event), origin: null, neutral: event }
}
