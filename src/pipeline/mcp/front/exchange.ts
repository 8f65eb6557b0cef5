/**
 * One request of a client and what comes of it. It hears the talk with whatever is behind and writes to the line of its
 * client; how things are said in the client's era, and what becomes of a question, its manner knows.
 */
import type { Clock } from '../../../base/clock.ts'
import type { McpCall } from '../../../domain/call.ts'
import type { RunId } from '../../../domain/ids.ts'
import type { Denial } from '../../../domain/verdict.ts'
import type { RefusalSaid } from '../../../protocol/http.ts'
import { writeMcpDenial } from '../../../protocol/mcp/faces.ts'
import { codeOf } from '../../../protocol/mcp/results.ts'
import { writeError } from '../../../protocol/mcp/write-message.ts'
import type { ExchangeOutcome } from '../../../relay/exchange.ts'
import { denialOf } from '../../../relay/faults.ts'
import type { Json } from '../../../relay/mcp/channel.ts'
import type { Answer as ToQuestion, Ask, Asking, End, Hearer, Talk, Warrant } from '../../../relay/mcp/link.ts'
import { type Ending, Tally } from '../../../relay/tally.ts'
import type { Behind, Meant } from '../behind.ts'
import { type Answer, jsonAnswer, type Line } from './line.ts'
import { Ear, type ParkedTalk } from './parked.ts'

/** How a client of one era is spoken to. */
export interface Manner {
  /** The message, or null where this client does not hear of it. */
  notice(method: string, params: Json | null): Json | null
  /** Sees to it that the exchange goes on, or ends. */
  ask(exchange: FrontExchange, ask: Ask): void
  result(result: Json): Answer
  /** Null where it is no end: the manner has seen to that. */
  error(exchange: FrontExchange, error: Json): Answer | null
}

export interface Exchanged {
  readonly call: McpCall
  readonly run: () => RunId | null
  readonly warrant: Warrant
  readonly behind: Pick<Behind, 'ask'>
  readonly meant: Meant
  readonly asking: Asking
  readonly line: Line
  readonly manner: Manner
  readonly clock: Clock
  /** What its caller gets in place of a result. */
  check(result: Json): Json
  /** Asked before anything is passed on: why it must not go on, or null. */
  standing(): Denial | null
  /** Before the first byte of an answer is handed on. */
  onAnswer(): void
  /** Once: gives back and records; `tell` answers the client and says how many bytes that took. */
  settle(outcome: ExchangeOutcome, tell: () => number): void
}

export class FrontExchange implements Hearer {
  readonly #parts: Exchanged
  readonly #tally: Tally
  readonly #after: (() => void)[] = []
  #talk: Talk | null = null
  #ear: Ear
  #answer: Answer | null = null
  #said: RefusalSaid | null = null
  #bytesIn = 0
  #firstByteAt: number | null = null
  /** How often the client was asked. */
  rounds = 0

  constructor(parts: Exchanged) {
    this.#parts = parts
    this.#ear = new Ear(this)
    this.#tally = new Tally(parts.clock, (outcome) => parts.settle(outcome, () => this.#tell()))
    parts.line.events = {
      onFull: () => this.#talk?.pause(),
      onRoom: () => this.#talk?.resume(),
      onGone: () => this.leave('the caller left'),
      onSilence: () => void this.#mayGoOn(),
    }
  }

  get over(): boolean {
    return this.#tally.told
  }

  get call(): McpCall {
    return this.#parts.call
  }

  begin(): void {
    const { behind, warrant, meant, asking } = this.#parts
    this.#talk = behind.ask(warrant, meant, asking, this.#ear)
  }

  /** Asks anew with the answers to what was asked; the one before is over. */
  again(resume: NonNullable<Asking['resume']>): void {
    if (this.over) return
    const { behind, warrant, meant, asking } = this.#parts
    this.#ear = new Ear(this)
    this.#talk = behind.ask(warrant, meant, { ...asking, resume }, this.#ear)
  }

  /** Goes on with a talk whose server waits; it is told the answers before anything more of it is heard. */
  adopt({ talk, ear }: ParkedTalk, answers: ReadonlyMap<string, ToQuestion>): void {
    this.#talk = talk
    this.#ear = ear
    if (answers.size > 0) talk.answer(answers)
    ear.use(this)
  }

  /** For a server that waits. */
  tellServer(answers: ReadonlyMap<string, ToQuestion>): void {
    if (!this.over) this.#talk?.answer(answers)
  }

  /** The talk, for whoever goes on with it when the exchange is over. */
  parked(ask: Ask): ParkedTalk | null {
    return this.#talk && { talk: this.#talk, ear: this.#ear, ask }
  }

  /** A message to the client before the answer. */
  say(message: Json): void {
    if (!this.over && this.#mayGoOn()) this.#parts.line.say(message)
  }

  /** Done when the exchange is over, however it ends. */
  afterwards(work: () => void): void {
    if (this.over) work()
    else this.#after.push(work)
  }

  onNotice(method: string, params: Json | null): void {
    this.#heard(params)
    const message = this.over ? null : this.#parts.manner.notice(method, params)
    if (message !== null) this.say(message)
  }

  onAsk(ask: Ask): void {
    this.#heard(null)
    if (this.over || !this.#mayGoOn()) return
    this.rounds += 1
    this.#parts.manner.ask(this, ask)
  }

  onEnd(end: End): void {
    if (this.over) return
    if (end.kind === 'denial') {
      this.#said = end.said ?? null
      return this.#end({ kind: 'halted', sent: this.#sent, denial: end.denial })
    }
    if (end.kind === 'fault') {
      const denial = denialOf(end.fault)
      return this.#end({ kind: 'fault', sent: end.fault.sent, fault: end.fault, denial })
    }
    this.#heard(end.kind === 'result' ? end.result : end.error)
    if (!this.#mayGoOn()) return
    if (end.kind === 'result') return this.finish(this.#parts.manner.result(this.#parts.check(end.result)))
    const answer = this.#parts.manner.error(this, end.error)
    if (answer !== null) this.finish(answer, codeOf(end.error))
  }

  /** Ends it with an answer that is none of the server's; the server is told where it still works. */
  break(answer: Answer, reason: string): void {
    if (this.over) return
    this.#talk?.cancel(reason)
    this.finish(answer)
  }

  /** `error` is the object of a JSON-RPC error. */
  breakWith(error: object, status = 200): void {
    const text = JSON.stringify(error)
    this.break(jsonAnswer(writeError(this.call.rpcId, text), status), 'it cannot go on')
  }

  /** Ends it with an answer; whatever the talk does is the business of somebody else. */
  finish(answer: Answer, errorCode: number | null = null): void {
    this.#answer = answer
    this.#end({ kind: 'answered', sent: this.#sent, errorCode })
  }

  /** Nobody wants the answer any more. */
  leave(reason: string): void {
    if (this.over) return
    this.#talk?.cancel(reason)
    this.#end({ kind: 'gone', sent: this.#sent })
  }

  halt(denial: Denial): void {
    if (this.over) return
    this.#talk?.cancel('it may not go on')
    this.#end({ kind: 'halted', sent: this.#sent, denial })
  }

  get #sent(): boolean {
    return this.#talk?.sent === true
  }

  #mayGoOn(): boolean {
    if (this.over) return false
    const denial = this.#parts.standing()
    if (denial) this.halt(denial)
    return denial === null
  }

  #heard(bytes: Json | null): void {
    if (this.over) return
    this.#bytesIn += bytes?.length ?? 0
    if (this.#firstByteAt !== null) return
    this.#firstByteAt = this.#parts.clock.monotonic()
    this.#parts.onAnswer()
  }

  #end(ending: Ending): void {
    if (ending.denial) {
      const run = this.#said?.run ?? this.#parts.run()
      const refused = { call: this.call, run, sentence: this.#said?.sentence }
      const { status, headers, body } = writeMcpDenial(ending.denial, refused)
      this.#answer = { status, headers, body: Buffer.from(body) }
    }
    const { bytesOut } = this.#parts.line
    this.#tally.tell(ending, { task: null, bytesIn: this.#bytesIn, bytesOut, firstByteAt: this.#firstByteAt })
    for (const work of this.#after.splice(0)) work()
  }

  #tell(): number {
    const { line } = this.#parts
    if (this.#answer === null) line.drop()
    else line.answer(this.#answer)
    return line.bytesOut
  }
}
