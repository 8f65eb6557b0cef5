/** What the answers of an agent have in common in the shapes of OpenAI. */
import type { JsonObject } from '../../base/json.ts'
import type { HopId } from '../../domain/ids.ts'
import type { BridgeFailure } from './bridge-failure.ts'
import type { BridgeAsk } from './bridge-request.ts'
import type { Telling } from './bridge-telling.ts'

/** Who is answered, and to what. */
export interface BridgeAsker {
  readonly hop: HopId
  /** The slug of the agent. */
  readonly agent: string
  /** The model as the caller spelt it. */
  readonly model: string
  /** Seconds since the epoch. */
  readonly created: number
  readonly ask: Pick<BridgeAsk, 'usage' | 'previous' | 'conversation'>
}

/** One of the two APIs. Events are whole server-sent events. */
export interface BridgeFace {
  /** The whole answer as one JSON text. */
  whole(telling: Telling): string
  /** What a stream begins with. */
  open(telling: Telling): string
  delta(text: string): string
  /** What it ends with. */
  close(telling: Telling): string
  /** What it ends with where something went wrong. */
  fail(failure: BridgeFailure): string
}

export type OpenFace = (asker: BridgeAsker) => BridgeFace

/** Where the conversation stands, beside what OpenAI has words for. */
export function a2aMember({ contextId, taskId, state }: Telling): JsonObject {
  const word = state === null ? null : state.slice('TASK_STATE_'.length).toLowerCase()
  return { a2a: { context_id: contextId, task_id: taskId, state: word } }
}
