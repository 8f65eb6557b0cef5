/** What every order of an operator says beside what is to be done: why, and who asks for it. */
import { type JsonObject, readJsonObject } from '../base/json.ts'
import type { AdminRequest } from './routes.ts'
import { writeProblem } from '../protocol/faces.ts'
import type { Written } from '../protocol/jsonrpc.ts'

export interface Order {
  readonly reason: string
  readonly actor: string
  /** The whole body, for what else a route asks for. */
  readonly asked: JsonObject
}

/** Characters of a reason and of an actor's name. */
const reasonMax = 500
const actorMax = 100

/**
 * Reads the order in a request body, or answers 400 with what is missing. Whoever has a token of their own is named by it,
 * whatever the body says.
 */
export function readOrder({ body, caller }: AdminRequest): Order | Written {
  const asked = readJsonObject(body.toString()) ?? {}
  const reason = textOf(asked['reason'], reasonMax)
  const said = asked['actor'] === undefined ? 'operator' : textOf(asked['actor'], actorMax)
  const actor = caller.actor ?? said
  if (reason !== null && actor !== null) return { reason, actor, asked }
  const detail = `Send JSON with a reason of 1 to ${reasonMax} characters, and, if you like, an actor of at most ${actorMax}.`
  return writeProblem(400, 'invalid_request', 'A reason is required', detail)
}

/** A text with something in it, at most so many characters long; else null. */
export function textOf(value: unknown, max: number): string | null {
  return typeof value === 'string' && value.trim() !== '' && value.length <= max ? value : null
}
