/**
 * How a client of the legacy era is spoken to. It is asked by real requests while its own waits; a server that let go of the
 * request is asked anew with what the client answered.
 */
import type { McpCall } from '../../../domain/call.ts'
import { errorForLegacy, resultForLegacy } from '../../../protocol/mcp/results.ts'
import { codes } from '../../../protocol/mcp/words.ts'
import { writeError, writeNotice, writeResult } from '../../../protocol/mcp/write-message.ts'
import type { Json } from '../../../relay/mcp/channel.ts'
import type { Answer as ToQuestion, Ask } from '../../../relay/mcp/link.ts'
import type { FrontExchange, Manner } from './exchange.ts'
import { isHeard } from './levels.ts'
import { type Answer, jsonAnswer } from './line.ts'
import type { LiveSession } from './live-session.ts'
import { askClient, cannotAnswer, methodNotKnown } from './questions.ts'

/** A server that asks for ever is not answered for ever. */
const rounds_max = 32
/** Nor is one that asks everything at once. */
const questions_max = 64

export class LegacyManner implements Manner {
  readonly #live: LiveSession
  readonly #call: McpCall

  constructor(live: LiveSession, call: McpCall) {
    this.#live = live
    this.#call = call
  }

  notice(method: string, params: Json | null): Json | null {
    return isHeard(method, params, this.#live.level) ? writeNotice(method, params) : null
  }

  result(result: Json): Answer {
    const said = resultForLegacy(result)
    if (said === null) return this.#trouble('The server answered in words that this revision of MCP has not')
    return jsonAnswer(writeResult(this.#call.rpcId, said))
  }

  error(_exchange: FrontExchange, error: Json): Answer {
    return jsonAnswer(writeError(this.#call.rpcId, errorForLegacy(error, this.#call.method)))
  }

  ask(exchange: FrontExchange, ask: Ask): void {
    const end = (sentence: string): void => exchange.break(this.#trouble(sentence), sentence)
    if (exchange.rounds > rounds_max || ask.questions.size > questions_max) return end('The server asks without end')
    const refusals = new Map<string, ToQuestion>()
    for (const [key, question] of ask.questions) {
      const why = cannotAnswer(this.#live, question)
      // A server that rests hears of no errors.
      if (why !== null && ask.rests) return end(why)
      if (why !== null) refusals.set(key, methodNotKnown(why))
    }
    const questions = new Map([...ask.questions].filter(([key]) => !refusals.has(key)))
    const goOn = (answers: ReadonlyMap<string, ToQuestion>): void => {
      const all = new Map([...refusals, ...answers])
      if (ask.rests) goOnRested(exchange, ask, all, end)
      else exchange.tellServer(all)
    }
    // A server that wants to be asked again without any question has its reasons.
    if (questions.size === 0) return goOn(new Map())
    const withdraw = askClient(this.#live, {
      questions,
      endsAtError: ask.rests,
      say: (message) => exchange.say(message),
      onAnswers: goOn,
      onLate: () => end('Nobody answered what the server asked in time'),
    })
    exchange.afterwards(withdraw)
  }

  /** A call of a tool fails in words that the model reads. */
  #trouble(sentence: string): Answer {
    const { rpcId, operation } = this.#call
    if (operation !== 'call_tool')
      return jsonAnswer(writeError(rpcId, JSON.stringify({ code: codes.internal, message: sentence })))
    const result = { content: [{ type: 'text', text: sentence }], isError: true }
    return jsonAnswer(writeResult(rpcId, JSON.stringify(result)))
  }
}

/** Nothing is open at the server, so an error of the client is the end of it. */
function goOnRested(
  exchange: FrontExchange,
  ask: Ask,
  answers: ReadonlyMap<string, ToQuestion>,
  end: (sentence: string) => void,
): void {
  const results = new Map<string, Json>()
  for (const [key, answer] of answers) {
    if (answer.kind === 'error') return end('The client did not answer what the server asked')
    results.set(key, answer.result)
  }
  exchange.again({ state: ask.state, answers: results })
}
