/**
 * How a client of the modern era is spoken to. It has no requests to answer: a question ends its request, and the answer
 * comes with a new one. What the server has to know by then travels in the sealed state, or waits as a parked talk.
 */
import { editJson } from '../../../base/json-edit.ts'
import type { JsonObject } from '../../../base/json.ts'
import { targetName } from '../../../domain/call.ts'
import { codeOf, errorForModern, resultForModern, urlElicitationsOf } from '../../../protocol/mcp/results.ts'
import { missingFor, type Questions, writeInputRequired } from '../../../protocol/mcp/rounds.ts'
import { codes, mayAsk } from '../../../protocol/mcp/words.ts'
import { writeError, writeNotice, writeResult } from '../../../protocol/mcp/write-message.ts'
import type { Json } from '../../../relay/mcp/channel.ts'
import type { Ask } from '../../../relay/mcp/link.ts'
import type { FrontExchange, Manner } from './exchange.ts'
import type { Fronts } from './fronts.ts'
import { isHeard } from './levels.ts'
import { type Answer, jsonAnswer } from './line.ts'
import type { Going, RoundPlace } from './round-state.ts'

/** What is known of a request. */
export interface ModernRequest {
  readonly rpcId: string
  readonly method: string
  readonly logLevel: string | null
  /** As it stands in the request; null for a client that wants to hear of none. */
  readonly progressToken: string | null
  /** What the client declared that it can be asked. */
  declared(): JsonObject
  /** Null where nobody could tell the request from others, and so it is never asked about. */
  place(): RoundPlace | null
}

/** Statuses of errors that clients read before the body. */
const statuses: Readonly<Record<number, number>> = {
  [codes.method]: 404,
  [codes.headerMismatch]: 400,
  [codes.missingCapability]: 400,
  [codes.version]: 400,
}

export class ModernManner implements Manner {
  readonly #fronts: Fronts
  readonly #request: ModernRequest

  constructor(fronts: Fronts, request: ModernRequest) {
    this.#fronts = fronts
    this.#request = request
  }

  notice(method: string, params: Json | null): Json | null {
    const { logLevel, progressToken } = this.#request
    if (method !== 'notifications/progress')
      return isHeard(method, params, logLevel) ? writeNotice(method, params) : null
    // A talk that was parked still tells it under the token of the request that began it.
    if (progressToken === null || params === null) return null
    return writeNotice(method, editJson(params, [{ path: ['progressToken'], value: progressToken }]))
  }

  result(result: Json): Answer {
    const { rpcId, method } = this.#request
    return jsonAnswer(writeResult(rpcId, resultForModern(result, method, this.#fronts.serverInfo)))
  }

  error(exchange: FrontExchange, error: Json): Answer | null {
    const pages = urlElicitationsOf(error)
    if (pages !== null && this.#request.place() !== null) {
      const entries = pages.map((params, i) => [`page-${i + 1}`, { method: 'elicitation/create', params }] as const)
      this.#put(exchange, new Map(entries), () => ({ kind: 'again' }))
      return null
    }
    const said = errorForModern(error)
    return jsonAnswer(writeError(this.#request.rpcId, said), statuses[codeOf(said)] ?? 200)
  }

  ask(exchange: FrontExchange, ask: Ask): void {
    this.#put(exchange, ask.questions, (place) => {
      if (ask.rests) return { kind: 'rested', state: ask.state }
      const parked = exchange.parked(ask)
      return parked && { kind: 'parked', id: this.#fronts.parked.park(place.owner, parked) }
    })
  }

  /** Ends the request with the questions, where its client can answer all of them. */
  #put(exchange: FrontExchange, questions: Questions, roundAt: (place: RoundPlace) => Going | null): void {
    const { rpcId, method } = this.#request
    const place = this.#request.place()
    const missing = missingFor(questions, this.#request.declared())
    if (missing !== null) {
      const data = { requiredCapabilities: missing }
      const message = 'The server has to ask something that this client did not say it can answer'
      return exchange.breakWith({ code: codes.missingCapability, message, data }, 400)
    }
    const round = place !== null && mayAsk.has(method) ? roundAt(place) : null
    if (place === null || round === null)
      return exchange.breakWith({ code: codes.internal, message: 'The server asks where nothing may be asked' })
    const target = targetName(exchange.call.target)
    const state = this.#fronts.states.close({ ...round, target }, place)
    exchange.finish(jsonAnswer(writeResult(rpcId, writeInputRequired(questions, state, this.#fronts.serverInfo))))
  }
}
